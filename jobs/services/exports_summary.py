"""The page of an export that people read: what is in it, how much of what, and by whom."""

from collections import Counter, deque
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from jobs.choices import TYING_VERBS, EventOutcome
from jobs.models import AuditEvent
from jobs.services import audit, history
from jobs.services.exports import Export

# So many of the newest events are told one by one; the rest is counted.
MOST_TOLD = 500


class Summary:
    """Counts the shown events of an export while it is made."""

    def __init__(self, export: Export, language: str) -> None:
        self._export = export
        self._language = language
        self._verbs: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._newest: deque[int] = deque(maxlen=MOST_TOLD)
        self._times: list[datetime] = []

    def count(self, seq: int, verb: str, outcome: str, at: datetime, text: str) -> None:
        """Take one shown event in."""
        self._verbs[verb] += 1
        if verb in audit.ENDS_OF_IMPORTS:
            self._outcomes[outcome] += 1
        elif verb in TYING_VERBS:
            for said, ended in audit.ENDS_WHEN_TIED.items():
                self._outcomes[ended] += said in text
        self._newest.append(seq)
        self._times = [*self._times[:1], at]

    def page(self, manifest: dict[str, Any]) -> str:
        """The page as HTML. Two queries."""
        with translation.override(self._language):
            newest = AuditEvent.objects.filter(seq__in=self._newest).order_by("-seq")
            return render_to_string(
                "audit/export_summary.html",
                {
                    "manifest": manifest,
                    "hidden": manifest["events"] - manifest["shown"],
                    "entries": history.entries(newest),
                    "told_all": manifest["shown"] <= MOST_TOLD,
                    "verbs": [
                        (history.in_general(verb), verb, count)
                        for verb, count in self._verbs.most_common()
                    ],
                    "outcomes": [
                        (outcome.label, self._outcomes[outcome])
                        for outcome in EventOutcome
                        if self._outcomes[outcome]
                    ],
                    "workspaces": self._export.workspace_names(),
                    "filters": manifest["filters"],
                    "times": self._times,
                    "language": self._language,
                },
            )

    def style(self) -> str:
        """The page's style sheet, a file beside it."""
        return render_to_string("audit/export_summary.css")
