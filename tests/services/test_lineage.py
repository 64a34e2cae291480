from jobs.choices import JobStatus, Role
from jobs.models import User, Workspace
from jobs.services.lineage import lineage_of
from tests.making import make_job


def test_it_is_the_same_from_each_member(vera: User, workspace: Workspace) -> None:
    first = make_job(workspace, status=JobStatus.REJECTED)
    second = make_job(workspace, status=JobStatus.FAILED, resubmission_of=first)
    twin = make_job(workspace, status=JobStatus.FAILED, resubmission_of=first)
    third = make_job(workspace, resubmission_of=second)
    make_job(workspace)

    for member in (first, second, twin, third):
        assert lineage_of(member, vera) == [first, second, twin, third]


def test_a_job_that_was_never_resubmitted_stands_alone(vera: User, workspace: Workspace) -> None:
    job = make_job(workspace)

    assert lineage_of(job, vera) == [job]


def test_it_ends_where_the_reader_may_not_see(charlie: User, workspace: Workspace) -> None:
    elsewhere = Workspace.objects.create(slug="else", name="Elsewhere")
    elsewhere.memberships.create(user=charlie, role=Role.VIEWER)
    hidden = make_job(workspace, status=JobStatus.FAILED)
    seen = make_job(elsewhere, resubmission_of=hidden)

    assert lineage_of(seen, charlie) == [seen]
