"""What a notice says. It is made of our own words and the job's fields, never of a raw answer:
what DashScope writes may hold anything."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from jobs.choices import Happening
from jobs.models import ImportJob, Notice
from jobs.services.explaining import explanation_of
from jobs.services.notice_formats import Message

WITH_EXPLANATION = (Happening.FAILED, Happening.REJECTED, Happening.UNKNOWN)


def message_of(notice: Notice) -> Message:
    """The message in the language of its rule."""
    with translation.override(notice.rule.language):
        if notice.job is None:
            return _test(notice)
        return _about(notice, notice.job)


def _test(notice: Notice) -> Message:
    return Message(
        title=_("Import Desk: a test"),
        lines=[_("Notices reach this place.")],
        url=settings.SITE_URL,
        data={"type": Happening.TEST.value, "at": _time(notice.created_at), "job": None},
    )


def _about(notice: Notice, job: ImportJob) -> Message:
    happening = Happening(notice.happening)
    url = settings.SITE_URL + reverse("job-detail", args=[job.pk])
    lines = [_("%(workspace)s · %(model)s") % {"workspace": job.workspace, "model": job.base_model}]
    if job.submitted_by_label:
        lines.append(_("Submitted by %(who)s") % {"who": job.submitted_by_label})
    explanation = explanation_of(job) if happening in WITH_EXPLANATION else None
    if explanation:
        language = notice.rule.language
        lines += [explanation.title.in_language(language), explanation.fix.in_language(language)]
    return Message(
        title=_("%(happening)s: %(job)s") % {"happening": happening.label, "job": job.label},
        lines=lines,
        url=url,
        data={
            "type": happening.value,
            "at": _time(notice.created_at),
            "job": _job(job),
            "url": url,
        },
    )


def _job(job: ImportJob) -> dict[str, Any]:
    """What a program needs to know which job it is; the API has the rest."""
    return {
        "id": job.pk,
        "workspace": job.workspace.slug,
        "status": job.status,
        "base_model": job.base_model,
        "display_name": job.display_name,
        "job_id": job.remote_job_id or None,
        "model_name": job.generated_model_name or None,
        "error_code": job.error_code or None,
    }


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
