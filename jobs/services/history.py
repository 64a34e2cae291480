"""Events of the history as sentences in the reader's language.

The chain stores verbs and values; words are made here, when somebody reads.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import TextChoices
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jobs.choices import ActorKind, JobStatus, Region, Role, Verb
from jobs.models import AuditEvent, AuditPersonal, ImportJob

C = TypeVar("C", bound=TextChoices)

# What an event's data says beside its sentence, in this order. Other keys are for the export.
DETAILS = {
    "attempt": gettext_lazy("attempt"),
    "code": gettext_lazy("code"),
    "error_code": gettext_lazy("error code"),
    "message": gettext_lazy("message"),
    "reason": gettext_lazy("reason"),
    "status_code": gettext_lazy("HTTP status"),
    "remote_job_id": gettext_lazy("job at DashScope"),
    "generated_model_name": gettext_lazy("generated name"),
    "new_word": gettext_lazy("DashScope’s word"),
    "earlier_job": gettext_lazy("earlier job"),
    "resubmission_of": gettext_lazy("corrects job"),
    "candidates": gettext_lazy("candidates"),
    "clean_walks": gettext_lazy("times looked for"),
    "host": gettext_lazy("host"),
    "key_fingerprint": gettext_lazy("key fingerprint"),
    "request_id": gettext_lazy("request id"),
}
# The names of what can change, and the verbs whose data is pairs of old and new.
CHANGED = {
    "status": gettext_lazy("status"),
    "word": gettext_lazy("DashScope’s word"),
    "role": gettext_lazy("role"),
    "name": gettext_lazy("name"),
    "region": gettext_lazy("region"),
    "key_setting": gettext_lazy("key"),
    "up_to": gettext_lazy("reviewed up to event"),
}
# Verbs whose subject is a workspace, which their sentence calls so.
NOT_ABOUT_IMPORTS = ("workspace.", "member.", "key.", "view.", "sweep.", "invitation.")
HOLD_PAIRS = {Verb.WORKSPACE_CHANGED}
# Whether an event is good news, bad news, or news that asks for attention.
TONES = {
    Verb.ATTEMPT_CONFIRMED: "ok",
    Verb.ATTEMPT_ADOPTED: "ok",
    Verb.ATTEMPT_PICKED: "ok",
    Verb.ATTEMPT_REJECTED: "bad",
    Verb.ATTEMPT_ABSENT: "bad",
    Verb.ATTEMPT_DISMISSED: "bad",
    Verb.JOB_GAVE_UP: "bad",
    Verb.ATTEMPT_NOT_SENT: "warn",
    Verb.ATTEMPT_UNKNOWN: "warn",
    Verb.ATTEMPT_CONFLICT: "warn",
    Verb.GUARD_OVERRIDDEN: "warn",
    Verb.JOB_GONE: "warn",
    Verb.DELETION_REFUSED: "warn",
    Verb.DELETION_UNKNOWN: "warn",
    Verb.SIGN_IN_FAILED: "warn",
    Verb.SECOND_FACTOR_SWITCHED_OFF: "warn",
    Verb.SECOND_FACTOR_REMOVED: "warn",
    Verb.RECOVERY_CODE_USED: "warn",
    Verb.HISTORY_VERIFIED: "ok",
    Verb.HISTORY_FOUND_BAD: "bad",
}
TONES_OF_STATUS = {JobStatus.SUCCEEDED: "ok", JobStatus.FAILED: "bad", JobStatus.OTHER: "warn"}


@dataclass(frozen=True)
class Entry:
    """One event as it is read. `dashscope_at` is DashScope's own time of what was seen.

    `event` is the record, `content` its text as data, `personal` the values beside it, with
    "(erased)" for those that were.
    """

    seq: int
    at: datetime
    verb: str
    tone: str
    sentence: str
    actor: str
    address: str
    details: list[tuple[str, str]]
    dashscope_at: datetime | None
    event: AuditEvent
    content: dict[str, Any]
    personal: dict[str, str]

    @property
    def subject(self) -> str:
        """The name that the event's subject had."""
        return _label(self.content["subject"], self.personal.get("username", ""))

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """What was changed: its name, the value before and the value after."""
        return _differences(self.verb, self.content["data"])


def of_job(job: ImportJob) -> list[Entry]:
    """The job's events, oldest first, less looks that brought nothing. Two queries."""
    events = AuditEvent.objects.filter(job_id=job.pk).exclude(verb=Verb.EXCHANGE_KEPT)
    return entries(events.order_by("seq"), subject=_("this import"))


def entries(events: Iterable[AuditEvent], *, subject: str = "") -> list[Entry]:
    """The events as sentences; `subject` replaces the names of their subjects where a page is
    about one thing. One query for the personal values, and one for `events` if it is a query."""
    events = list(events)
    personal: defaultdict[int, dict[str, str]] = defaultdict(dict)
    values = AuditPersonal.objects.filter(event_seq__in=[event.seq for event in events])
    for seq, field, value in values.values_list("event_seq", "field", "value"):
        personal[seq][field] = value
    return [_entry(event, personal[event.seq], subject) for event in events]


def _entry(event: AuditEvent, known: Mapping[str, str], subject: str) -> Entry:
    content = json.loads(event.canonical)
    data = content["data"]

    numbers = {"actor": event.actor_user_id, "member": data.get("member_id")}
    personal = {
        field: known.get(field, _erased(numbers.get(field))) for field in content["personal"]
    }
    name = personal.get("actor") or content["actor"]
    actor = _actor(event.actor_kind, name, personal.get("token", ""))
    words = _Words({key: _shown(value) for key, value in data.items()})
    words |= {
        "actor": actor,
        "subject": subject or _label(content["subject"], personal.get("username", "")),
        "member": personal.get("member") or _erased(data.get("member_id")),
        "token_name": personal.get("token_name", ""),
        "role": _word(Role, data.get("role")),
        "old": _word(JobStatus, data.get("old")),
        "new": _word(JobStatus, data.get("new")),
    }
    verb = _member(Verb, event.verb)
    sentence = str(verb.label).format_map(words) if verb else event.verb
    details = [(str(label), _shown(data[key])) for key, label in DETAILS.items() if data.get(key)]
    return Entry(
        seq=event.seq,
        at=event.at,
        verb=event.verb,
        tone=TONES_OF_STATUS.get(data.get("new"), "") or TONES.get(verb, "") if verb else "",
        sentence=capfirst(sentence),
        actor=actor,
        address=personal.get("address", ""),
        details=details,
        dashscope_at=parse_datetime(data.get("dashscope_time") or ""),
        event=event,
        content=content,
        personal=personal,
    )


def in_general(verb: str) -> str:
    """What a verb says, of nobody and nothing in particular: Somebody submitted an import."""
    return _in_general(verb, get_language())


@lru_cache(1000)
def _in_general(verb: str, language: str | None) -> str:
    # In `language`, which is what the thread speaks.
    known = _member(Verb, verb)
    if known is None:
        return verb
    words = _Words(dict.fromkeys(("role", "token_name", "old", "new"), "…"))
    words |= {"actor": _("somebody"), "member": _("somebody")}
    words |= dict.fromkeys(("event", "up_to", "left"), "N")
    words["subject"] = "…" if verb.startswith(NOT_ABOUT_IMPORTS) else _("an import")
    return capfirst(str(known.label).format_map(words))


def _erased(number: int | None) -> str:
    """What stands for a personal value that was erased; a person keeps their number."""
    return _("person %(number)s") % {"number": number} if number else _("(erased)")


class _Words(dict[str, str]):
    """What fills a verb's sentence: an event of an older schema may lack a word."""

    def __missing__(self, word: str) -> str:
        return "–"


def _differences(verb: str, data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What events hold as old and new, as old_x and x or new_x, or in pairs."""
    if verb in HOLD_PAIRS:
        pairs = {name: (old, new) for name, (old, new) in data.items()}
    else:
        olds = {key: key.removeprefix("old").removeprefix("_") for key in data if key[:3] == "old"}
        pairs = {
            name or "status": (data[key], data.get(f"new_{name}", data.get(name or "new")))
            for key, name in olds.items()
        }
    return [
        (str(CHANGED.get(name, name)), _changed(name, old), _changed(name, new))
        for name, (old, new) in pairs.items()
        if old != new
    ]


def _changed(name: str, value: Any) -> str:
    words: dict[str, type[TextChoices]] = {"role": Role, "status": JobStatus, "region": Region}
    choices = words.get(name)
    return _word(choices, value) if choices else _shown(value)


def _actor(kind: str, name: str, token: str) -> str:
    if kind == ActorKind.WORKER:
        return _("The worker")
    if kind == ActorKind.SYSTEM:
        return _("The command line")
    person = name or _("Somebody")
    if token:
        return _("%(person)s, with the token %(token)s,") % {"person": person, "token": token}
    return person


def _label(subject: Mapping[str, Any] | None, username: str) -> str:
    if subject is None:
        return ""
    return subject["label"] or username or f"{subject['kind']} {subject['id']}"


def _word(choices: type[TextChoices], value: str | None) -> str:
    member = _member(choices, value)
    return str(member.label) if member else (value or "")


def _member(choices: type[C], value: str | None) -> C | None:
    """The choice of this value. Not by looking through `choices.values`, which are translated
    anew each time."""
    try:
        return choices(value) if value is not None else None
    except ValueError:
        return None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
