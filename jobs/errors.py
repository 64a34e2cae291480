"""What a service refuses, and why. Views and the API turn these into pages and answers."""

from collections.abc import Mapping


class DeskError(Exception):
    """Something a person asked for was not done; `code` is stable, nothing was changed."""

    code = "error"


class NotPermitted(DeskError):
    """The actor's role in this workspace does not allow it."""

    code = "not_permitted"


class InvalidFields(DeskError):
    """Some fields cannot be accepted; `fields` says which and why, `suggestions` what would be."""

    code = "invalid_fields"

    def __init__(
        self, fields: Mapping[str, list[str]], suggestions: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(", ".join(fields))
        self.fields = dict(fields)
        self.suggestions = dict(suggestions or {})


class DuplicateImport(DeskError):
    """The same weights are open or imported already; `earlier_id` is that job."""

    code = "duplicate_import"

    def __init__(self, earlier_id: int) -> None:
        super().__init__(f"the same weights were submitted as job {earlier_id}")
        self.earlier_id = earlier_id


class DifferentSubmission(DeskError):
    """The same form or Idempotency-Key was already used as `earlier_id`, with other content."""

    code = "different_submission"

    def __init__(self, earlier_id: int) -> None:
        super().__init__(f"already used for job {earlier_id} with other content")
        self.earlier_id = earlier_id


class WrongState(DeskError):
    """The record is not, or no longer, in a state in which this can be done."""

    code = "wrong_state"


class LastAdmin(DeskError):
    """Without this admin nobody could administer the workspace."""

    code = "last_admin"


class LeaseLost(DeskError):
    """Another worker took this work over; nothing was written back."""

    code = "lease_lost"
