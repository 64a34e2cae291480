"""Delivering notices: each tried again for some hours, with what came of it kept in the log."""

import logging
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from jobs.choices import NoticeKind, NoticeState
from jobs.errors import LeaseLost
from jobs.models import Membership, Notice
from jobs.services import leases, notice_formats, notice_texts, notices, outbound, sealing

log = logging.getLogger(__name__)

MOST_TRIES = 8
FIRST_PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 3600.0


class _Undelivered(Exception):
    """It was not taken; `again` says whether to try once more later."""

    def __init__(self, trouble: str, *, status: int | None = None, again: bool = True) -> None:
        super().__init__(trouble)
        self.status = status
        self.again = again


def deliver_next(worker: str) -> bool:
    """Send one due notice; False if none was due."""
    notice = leases.claim(
        Notice.objects.select_related("rule", "job__workspace")
        .filter(state=NoticeState.DUE, due_at__lte=timezone.now())
        .order_by("due_at", "id"),
        worker,
    )
    if notice is None:
        return False
    try:
        status = _send(notice)
    except _Undelivered as undelivered:
        _write_trouble(notice, undelivered)
    else:
        _write(notice, state=NoticeState.SENT, status_code=status, trouble="")
    return True


def _send(notice: Notice) -> int | None:
    """The HTTP status with which it was taken; none for e-mail. Raises _Undelivered."""
    rule = notice.rule
    if rule.removed_at:
        raise _Undelivered("the rule was removed", again=False)
    if notice.job and not notices.concerns(rule, notice.job, _members(notice)):
        raise _Undelivered("the person may not see the job any more", again=False)
    try:
        target, secret = sealing.unseal(rule.target), sealing.unseal(rule.secret)
    except sealing.SealBroken:
        raise _Undelivered("the address has to be given again", again=False) from None
    if rule.kind == NoticeKind.EMAIL:
        _mail(notice, target)
        return None
    kind = NoticeKind(rule.kind)
    post = notice_formats.post_for(
        kind,
        target,
        secret,
        notice_texts.message_of(notice),
        identifier=f"msg_{notice.pk}",
        at=timezone.now(),
    )
    try:
        answer = outbound.post(post.url, post.headers, post.body)
    except outbound.ForbiddenAddressError as forbidden:
        raise _Undelivered(str(forbidden), again=False) from None
    except outbound.OutboundError as failed:
        raise _Undelivered(str(failed)) from None
    if refusal := notice_formats.refusal(kind, answer):
        raise _Undelivered(refusal, status=answer.status)
    return answer.status


def _mail(notice: Notice, target: str) -> None:
    if not settings.EMAIL_HOST:
        raise _Undelivered("EMAIL_URL is not set where the worker runs", again=False)
    message = notice_texts.message_of(notice)
    # A job's name may hold no line break, which would begin another header.
    subject = " ".join(message.title.split())
    mail = EmailMessage(subject, message.text, settings.DEFAULT_FROM_EMAIL, [target])
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    mail.extra_headers["Message-ID"] = f"<notice-{notice.pk}@{host}>"
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        raise _Undelivered(f"the mail server did not take it ({type(error).__name__})") from None


def _members(notice: Notice) -> set[int]:
    job = notice.job
    people = Membership.objects.filter(workspace=job.workspace if job else None)
    return set(people.filter(user__is_active=True).values_list("user_id", flat=True))


def _write_trouble(notice: Notice, undelivered: _Undelivered) -> None:
    tries = notice.tries + 1
    trouble, status = str(undelivered)[:200], undelivered.status
    log.info("%s was not taken: %s", notice, trouble)
    if not undelivered.again or tries >= MOST_TRIES:
        _write(notice, state=NoticeState.FAILED, status_code=status, trouble=trouble)
        return
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 3 ** (tries - 1))
    _write(
        notice,
        state=NoticeState.DUE,
        status_code=status,
        trouble=trouble,
        due_at=timezone.now() + timedelta(seconds=pause),
    )


def _write(notice: Notice, *, state: NoticeState, **changes: Any) -> None:
    ended = timezone.now() if state != NoticeState.DUE else None
    try:
        leases.write_back(
            notice,
            state=state,
            tries=notice.tries + 1,
            ended_at=ended,
            **changes,
            **leases.RELEASED,
        )
    except LeaseLost:
        log.warning("%s was taken over by another worker", notice)
