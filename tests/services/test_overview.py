import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.choices import AttemptState, JobStatus, Origin
from jobs.models import ImportJob, Workspace
from jobs.services import overview
from jobs.services.listed_jobs import ListedJob
from jobs.services.overview import Overview, Standing
from tests.making import change, make_attempt, make_job

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def look(*workspaces: Workspace) -> Standing:
    return at(NOW, *workspaces).standing


def at(now: datetime, *workspaces: Workspace) -> Overview:
    numbers = [workspace.pk for workspace in workspaces]
    return overview.look(numbers, now=now, history_head=secrets.token_hex())


def numbers_of(jobs: Sequence[ListedJob | ImportJob]) -> list[int]:
    return [job.pk for job in jobs]


def test_each_day_says_what_became_of_its_imports(workspace: Workspace) -> None:
    for status in JobStatus.values:
        make_job(workspace, status=status, remote_status="", created_at=NOW - HOUR)
    make_job(workspace, created_at=NOW - DAY)
    make_job(workspace, created_at=NOW - 29 * DAY)
    make_job(workspace, created_at=NOW - 30 * DAY)

    found = look(workspace)

    assert not found.figures.window.cut
    counts = [(day.succeeded, day.unsuccessful, day.open) for day in found.figures.days]
    assert counts == [(1, 0, 0), *[(0, 0, 0)] * 27, (1, 0, 0), (1, 3, 6)]
    assert found.figures.days[-1].day == NOW.date()
    assert found.figures.days[-1].total == 10


def test_days_are_the_readers(workspace: Workspace) -> None:
    make_job(workspace, created_at=datetime(2026, 11, 23, 17, tzinfo=UTC))
    now = NOW.astimezone(ZoneInfo("Asia/Shanghai"))

    found = at(now, workspace).standing

    assert (found.figures.days[-2].total, found.figures.days[-1].total) == (0, 1)


def test_too_many_jobs_make_the_window_shorter_by_whole_days(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "MOST_JOBS", 3)
    for days in (0, 1, 1, 2, 2, 9):
        make_job(workspace, created_at=NOW - days * DAY)

    found = look(workspace)

    assert found.figures.window.cut
    assert found.figures.window.since == datetime(2026, 11, 23, tzinfo=UTC)
    assert [day.total for day in found.figures.days] == [2, 1]


def test_more_jobs_than_that_in_one_day_are_cut_within_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "MOST_JOBS", 3)
    for hours in range(6):
        make_job(workspace, created_at=NOW - hours * HOUR)

    found = look(workspace)

    assert found.figures.window.since == NOW - 3 * HOUR
    assert [day.total for day in found.figures.days] == [4]


def test_what_presses_most_stands_first(workspace: Workspace) -> None:
    failed = [
        make_job(workspace, status=JobStatus.FAILED, finished_at=NOW - hours * HOUR)
        for hours in (3, 1, 2)
    ]
    unanswered = make_job(workspace, status=JobStatus.UNCONFIRMED)
    several = make_job(workspace, status=JobStatus.UNCONFIRMED)
    make_attempt(several, state=AttemptState.CONFLICT)

    found = at(NOW, workspace)

    waiting = found.standing.waiting
    pressing = [several, unanswered, failed[1], failed[2], failed[0]]
    assert numbers_of(found.waiting) == numbers_of(pressing)
    assert (waiting.conflicts, waiting.unanswered, len(waiting.ended)) == (1, 1, 3)
    assert waiting.count == 5


def test_news_is_what_ended_since_the_last_visit(workspace: Workspace) -> None:
    for hours in (1, 3):
        make_job(workspace, status=JobStatus.REJECTED, finished_at=NOW - hours * HOUR)

    waiting = look(workspace).waiting

    assert waiting.news_since(NOW - 2 * HOUR) == 1
    assert waiting.news_since(NOW) == 0
    assert waiting.news_since(None) is None


def test_what_was_corrected_or_is_gone_waits_for_nobody(workspace: Workspace) -> None:
    corrected = make_job(workspace, status=JobStatus.FAILED)
    make_job(workspace, resubmission_of=corrected)
    make_job(workspace, status=JobStatus.FAILED, gone_at=NOW)

    waiting = look(workspace).waiting

    assert (waiting.numbers, waiting.count) == ((), 0)


def test_what_is_under_way_stands_oldest_first(workspace: Workspace) -> None:
    running = make_job(workspace, status=JobStatus.RUNNING, created_at=NOW - HOUR)
    older = make_job(workspace, status=JobStatus.QUEUED, created_at=NOW - 40 * DAY)
    make_job(workspace, status=JobStatus.UNCONFIRMED)
    make_job(workspace, status=JobStatus.RUNNING, gone_at=NOW)

    found = at(NOW, workspace)

    assert numbers_of(found.moving) == numbers_of([older, running])
    assert found.standing.moving_count == 2


def test_errors_are_counted_by_what_explains_them(workspace: Workspace) -> None:
    for model in ("qwen3-32b-base", "qwen3-8b-base", "gpt"):
        make_job(
            workspace,
            status=JobStatus.REJECTED,
            error_code="NotFound",
            error_message=f"The model '{model}' does not exist or cannot be imported.",
        )
    for text in ("AvailableModelFileNotFound", "AvailableModelFileNotFound", "OSS获取文件失败"):
        make_job(workspace, status=JobStatus.FAILED, error_code="", error_message=text)
    make_job(workspace, status=JobStatus.UNCONFIRMED, error_code="read_timeout")

    troubles = look(workspace).figures.troubles

    assert [(trouble.words, trouble.count) for trouble in troubles] == [
        ("NotFound", 3),
        ("AvailableModelFileNotFound", 2),
        ("OSS获取文件失败", 1),
    ]
    assert troubles[0].explanation.key == "create.NotFound"


def test_the_pace_is_of_what_was_submitted_here_and_succeeded(workspace: Workspace) -> None:
    for minutes in range(1, 21):
        created_at = NOW - timedelta(minutes=minutes)
        make_job(workspace, created_at=created_at, finished_at=NOW)
    make_job(workspace, origin=Origin.DISCOVERED, created_at=NOW - DAY, finished_at=NOW)
    make_job(workspace, status=JobStatus.FAILED, created_at=NOW - DAY, finished_at=NOW)

    pace = look(workspace).figures.pace

    assert pace
    assert (pace.median, pace.p95) == (timedelta(minutes=10), timedelta(minutes=19))
    assert pace.count == 20


def test_nothing_comes_from_another_workspace(workspace: Workspace) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    for status in JobStatus.values:
        make_job(other, status=status, remote_status="", created_at=NOW)

    found = look(workspace)

    assert sum(day.total for day in found.figures.days) == 0
    assert (found.waiting.count, found.moving_count) == (0, 0)
    assert (found.figures.troubles, found.figures.pace) == ([], None)


def test_nobodys_overview_is_empty() -> None:
    assert sum(day.total for day in look().figures.days) == 0


@pytest.mark.parametrize("jobs", [1, 40])
def test_it_takes_ten_queries_however_many_jobs_there_are(workspace: Workspace, jobs: int) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    for number in range(jobs):
        for status in JobStatus.values:
            make_job((workspace, other)[number % 2], status=status, created_at=NOW)

    with CaptureQueriesContext(connection) as queries:
        look(workspace, other)

    assert len(queries) == 10


def test_all_but_the_jobs_is_worked_out_once_for_each_event(workspace: Workspace) -> None:
    def look_after(event: str) -> Overview:
        return overview.look([workspace.pk], now=NOW, history_head=event)

    job = make_job(workspace, status=JobStatus.RUNNING, created_at=NOW - HOUR)
    before = look_after("one")
    make_job(workspace, created_at=NOW - HOUR)
    change(job, display_name="What DashScope calls it")
    with CaptureQueriesContext(connection) as captured:
        again = look_after("one")

    assert again.standing is before.standing
    assert len(captured) == 1
    assert again.moving[0].display_name == "What DashScope calls it"
    assert look_after("two").standing.figures.days[-1].total == 2
