"""How states look: a tone and an icon beside the word, so that colour never speaks alone."""

from dataclasses import dataclass

from jobs.choices import JobStatus


@dataclass(frozen=True)
class Look:
    """A tone (static/css/desk.css) and an icon (templates/_sprite.html)."""

    tone: str
    icon: str


LOOK_OF_STATUS = {
    JobStatus.QUEUED: Look("idle", "clock"),
    JobStatus.SENDING: Look("live", "send"),
    JobStatus.UNCONFIRMED: Look("warn", "question"),
    JobStatus.REJECTED: Look("bad", "ban"),
    JobStatus.NOT_CREATED: Look("bad", "minus"),
    JobStatus.PENDING: Look("live", "hourglass"),
    JobStatus.RUNNING: Look("live", "turning"),
    JobStatus.SUCCEEDED: Look("ok", "check"),
    JobStatus.FAILED: Look("bad", "cross"),
    JobStatus.OTHER: Look("warn", "dots"),
}
