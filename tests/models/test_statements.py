from typing import Any

from django.utils import timezone

from jobs.models import ImportJob, Membership, User, Workspace
from jobs.models.statements import Statement
from tests.making import make_job

COLUMNS = ("pk", "base_model_inferred", "created_at", "finished_at", "workspace__slug")


def test_its_rows_are_those_of_the_query(workspace: Workspace) -> None:
    make_job(workspace, origin="discovered", base_model_inferred=True)
    make_job(workspace, finished_at=timezone.now())
    query = ImportJob.objects.order_by("-pk").values_list(*COLUMNS)

    assert list(Statement.of(query).rows()) == list(query)


def test_it_reads_anew_and_composes_no_more(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    statement = Statement.of(ImportJob.objects.values_list("display_name"))
    make_job(workspace, display_name="one")
    before = list(statement.rows())
    ImportJob.objects.update(display_name="two")

    with django_assert_num_queries(1):
        after = list(statement.rows())

    assert (before, after) == ([("one",)], [("two",)])


def test_other_parameters_find_other_rows(alice: User, bob: User) -> None:
    statement = Statement.of(Membership.objects.filter(user=alice.pk).values_list("user"))

    assert list(statement.rows()) == [(alice.pk,)]
    assert list(statement.rows(bob.pk)) == [(bob.pk,)]


def test_what_can_find_nothing_is_not_asked(db: None, django_assert_num_queries: Any) -> None:
    statement = Statement.of(ImportJob.objects.filter(pk__in=[]).values_list("pk"))

    with django_assert_num_queries(0):
        assert list(statement.rows()) == []
