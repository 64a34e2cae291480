"""Log lines: plain for people or JSON for machines, and no secret in either.

A line carries what it is about: the request and its person, or the worker and its job, which
jobs/middleware.py and the worker bind where they begin.
"""

import os
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

FORMATS = ("line", "json")

SECRET_NAME = re.compile(r"KEY|TOKEN|PASSWORD|SECRET")
SHORTEST_SECRET = 8
# What secrets look like where they are not known: DashScope's keys, our tokens, headers, links
# that admit whoever holds them, and passwords in addresses.
SECRET_SHAPES = re.compile(
    r"\bsk-[\w-]{6,}"
    r"|\bdesk_\w{8}_[\w-]+"
    r"|(?<=[Bb]earer )[^\s\"'\\]+"
    r"|(?<=/set-up/)[^/\s\"'?\\]+"
    r"|(?<=/invitations/)[^/\s\"'?\\]+"
    r"|(?<=://)[^:/\s@\"']+:[^@/\s\"']+(?=@)"
)
HIDDEN = "[hidden]"


def configuration(log_format: str, level: str) -> dict[str, Any]:
    """What logging.config.dictConfig takes; gunicorn's own lines go the same way."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "desk": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(allow=["method", "route", "status", "ms"]),
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.format_exc_info,
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False)
                    if log_format == "json"
                    else _line,
                    _without_secrets,
                ],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "desk"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # urllib3 at DEBUG would print every request line of every sweep.
            "urllib3": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            # One line a request is for machines that collect them, not for a terminal.
            "jobs.requests": {"level": level if log_format == "json" else "WARNING"},
            "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def _line(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    trace = event.pop("exception", "")
    first = " ".join(str(event.pop(key, "")) for key in ("timestamp", "level", "logger"))
    text = f"{first}: {event.pop('event')}"
    if event:
        text += f" ({', '.join(f'{key} {value}' for key, value in event.items())})"
    return f"{text}\n{trace}" if trace else text


def _without_secrets(_logger: WrappedLogger, _name: str, text: str) -> str:
    """The finished line with whatever is, or looks like, a secret hidden: a second lock, since
    nothing logs one on purpose."""
    for name, value in os.environ.items():
        named = SECRET_NAME.search(name) and not name.endswith("_FILE")
        if named and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, HIDDEN)
    return SECRET_SHAPES.sub(HIDDEN, text)
