"""`manage.py remove_second_factor` where none is asked for; where one is, it is among the tests
of tests/sso/second_factor_pages.py."""

import pytest
from django.core.management import CommandError, call_command

from jobs.models import User


def test_where_none_is_asked_for_there_is_none_to_remove(bob: User) -> None:
    with pytest.raises(CommandError, match="SECOND_FACTOR is off"):
        call_command("remove_second_factor", "bob")
