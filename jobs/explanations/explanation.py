"""What a person is told about one error or outcome."""

from dataclasses import dataclass

from jobs.explanations.text import Text


@dataclass(frozen=True)
class Explanation:
    """Why something happened, what it means, what to do next, and whether trying again is safe.

    `retry_safe` answers: may the same content be tried again just as it is, with hope of success?
    True: it cannot double anything and may succeed, perhaps after a wait. False: it fails again
    until something is changed, or it could make a second import. None: not known.
    `heals_by_waiting` is True only where waiting alone, without anyone's doing, is expected to end
    the trouble or the uncertainty. `retry` says both in words.

    `key` is stable, e.g. "create.NotFound". `setting` names the setting to look at, or is "".
    `known` is False where the catalogue has no entry; the raw words then stand in `cause`.
    """

    key: str
    title: Text
    cause: Text
    fix: Text
    retry: Text
    retry_safe: bool | None
    heals_by_waiting: bool
    links: Text
    setting: str
    known: bool

    @property
    def link(self) -> str:
        """The vendor's page in English; `links` has it in both languages."""
        return self.links.en
