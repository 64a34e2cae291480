"""Whether an installation can keep its promises: what is found, and what to do about it.

It looks from the process that asks: a web server's environment has no key, and then says so.
"""

from collections.abc import Callable, Iterator

from django.db import DatabaseError

from jobs.services.diagnosis import installation, machinery, storage
from jobs.services.diagnosis.finding import Finding, State

__all__ = ["Finding", "State", "diagnose"]

Check = Callable[[], Iterator[Finding]]

WITHOUT_DATABASE: tuple[Check, ...] = (
    installation.settings_are_sound,
    installation.secrets_are_for_their_owner,
    installation.disk_has_room,
    installation.static_files_are_collected,
)
WITH_DATABASE: tuple[Check, ...] = (
    storage.migrations_are_applied,
    storage.database_is_set_up,
    storage.search_has_its_index,
    machinery.clocks_agree,
    machinery.worker_is_alive,
    machinery.workspaces_have_keys,
    machinery.single_sign_on_names_workspaces,
    machinery.second_factors_can_be_read,
    storage.history_is_guarded,
    storage.history_ends_as_its_head_says,
)


def diagnose(*, online: bool) -> Iterator[Finding]:
    """Look at everything, cheapest first. With `online`, each workspace whose key is here is
    asked for one page of its list, which changes nothing at DashScope."""
    for check in WITHOUT_DATABASE:
        yield from check()
    answers = storage.database_answers()
    yield answers
    if answers.state is State.FAILED:
        return
    for check in (*WITH_DATABASE, *([machinery.dashscope_answers] if online else [])):
        try:
            yield from check()
        except DatabaseError as error:
            # Before the migrations have run there is no table to ask.
            yield Finding.failed(
                check.__name__.replace("_", " "), f"could not be found out: {error}"
            )
