"""The index for words: that it finds what reading every job finds, and stays in step with them."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from jobs.models import ImportJob, User, Workspace
from jobs.services import searching, text_index
from jobs.services.searching import JobSearch
from tests.making import make_job

FEW = 3
MANY = text_index.PAGE + 4


@pytest.fixture
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts as near the newest job, so that a few jobs are enough to be far from it."""
    monkeypatch.setattr(text_index, "NEAR", MANY + FEW)


def numbers(jobs: QuerySet[ImportJob]) -> set[int]:
    return set(jobs.values_list("pk", flat=True))


def test_it_stands_after_the_migrations(db: None) -> None:
    assert text_index.stands()


@pytest.mark.parametrize(
    "words",
    [
        "客服意图",
        "flan",
        "FLAN",
        "v12",
        'a"b',
        "100%_\\",
        "意图 flan",
        "客服意图 nowhere",
        "'); --",
    ],
)
def test_it_finds_what_reading_every_job_finds(
    vera: User, workspace: Workspace, words: str
) -> None:
    for name in ("客服意图 v12", "意图识别 Flan", 'a"b', "100%_\\", "客服意图 flan", "'); --"):
        make_job(workspace, display_name=name)

    found = numbers(JobSearch(q=words).jobs(vera))

    read = numbers(ImportJob.objects.all())
    for word in words.split():
        read &= {
            job.pk for job in ImportJob.objects.all() if word.lower() in job.display_name.lower()
        }
    assert found == read
    assert found or "nowhere" in words


def test_it_follows_every_change(vera: User, workspace: Workspace) -> None:
    job = make_job(workspace, display_name="before")

    ImportJob.objects.filter(pk=job.pk).update(display_name="afterwards")
    renamed = numbers(JobSearch(q="before").jobs(vera)), numbers(JobSearch(q="afterw").jobs(vera))
    ImportJob.objects.filter(pk=job.pk).delete()

    assert renamed == (set(), {job.pk})
    assert numbers(JobSearch(q="afterw").jobs(vera)) == set()


def test_a_number_finds_its_job_beside_the_words(vera: User, workspace: Workspace) -> None:
    jobs = [make_job(workspace, display_name="一二三四") for _ in range(FEW)]

    assert numbers(JobSearch(q=f"#{jobs[1].pk}").jobs(vera)) == {jobs[1].pk}
    assert jobs[1].pk in numbers(JobSearch(q=f"{jobs[1].pk} 一二三").jobs(vera))


@pytest.mark.usefixtures("_near")
def test_a_page_of_a_common_word_is_found_by_walking_down(vera: User, workspace: Workspace) -> None:
    for _ in range(MANY):
        make_job(workspace, display_name="common")

    assert text_index.candidates(["common"]) is None
    assert len(numbers(JobSearch(q="common").jobs(vera))) == MANY


@pytest.mark.usefixtures("_near")
def test_a_word_that_only_old_jobs_have_is_looked_up(vera: User, workspace: Workspace) -> None:
    for _ in range(MANY):
        make_job(workspace, display_name="once common")
    for _ in range(MANY):
        make_job(workspace)

    looked_up = text_index.candidates(["common"]) is not None

    assert looked_up == (connection.vendor == "sqlite")
    assert len(numbers(JobSearch(q="common").jobs(vera))) == MANY


@pytest.mark.usefixtures("_near")
def test_a_word_is_told_from_its_trigrams_apart(vera: User, workspace: Workspace) -> None:
    whole = make_job(workspace, display_name="abcdefg")
    for _ in range(MANY):
        make_job(workspace, display_name="abc def efg", bucket_name="d-abc")

    assert numbers(JobSearch(q="abcdefg").jobs(vera)) == {whole.pk}


def test_short_words_reach_back_so_far_alone(
    vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SHORT_TERMS_REACH", FEW)
    jobs = [make_job(workspace, display_name="情感 分析") for _ in range(FEW + 2)]
    newest = {job.pk for job in jobs[1:]}

    short, long = JobSearch(q="情感"), JobSearch(q="情感 qwen3")

    assert numbers(short.jobs(vera)) == newest
    assert numbers(long.jobs(vera)) == {job.pk for job in jobs}


@pytest.fixture
def _refused(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    """A database that has no such index and takes none, as PostgreSQL without pg_trgm."""
    text_index.drop()
    execute = CursorWrapper.execute

    def refuse(self: CursorWrapper, sql: str, params: object = None) -> object:
        if sql.startswith(("CREATE EXTENSION", "CREATE VIRTUAL TABLE")):
            raise DatabaseError("permission denied")
        return execute(self, sql, params)

    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", refuse)
        yield


@pytest.mark.usefixtures("_refused")
def test_without_an_index_everything_is_found_and_the_log_says_what_to_do(
    vera: User, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    job = make_job(workspace, display_name="客服意图")

    made = text_index.ensure()

    assert not made
    assert "CREATE EXTENSION pg_trgm" in caplog.text
    assert numbers(JobSearch(q="客服意图").jobs(vera)) == {job.pk}


@pytest.mark.django_db(transaction=True)
def test_the_next_migrate_makes_it_anew_with_every_job_in_it(
    vera: User, workspace: Workspace
) -> None:
    text_index.drop()
    job = make_job(workspace, display_name="客服意图")

    call_command("migrate", verbosity=0)

    assert text_index.stands()
    assert numbers(JobSearch(q="客服意图").jobs(vera)) == {job.pk}
