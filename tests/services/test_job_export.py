import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs import actors
from jobs.choices import JobStatus, Verb
from jobs.models import AuditEvent, ImportJob, User, Workspace
from jobs.services import job_export, job_table
from jobs.services.job_export_forms import FORMS, TIMES
from jobs.services.searching import JobSearch
from tests.making import make_job


def exported(search: JobSearch, person: User, form: str = "csv") -> bytes:
    return b"".join(job_export.stream(begun(search, person, form), FORMS[form]))


def begun(search: JobSearch, person: User, form: str = "csv") -> job_export.Export:
    found = search.jobs(person)
    return job_export.begin(search, found, form=form, actor=actors.command_line())


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_it_says_the_same_of_a_job_as_the_table_of_selected_jobs(
    workspace: Workspace, bob: User
) -> None:
    at = datetime(2026, 1, 31, 8, 0, 0, tzinfo=UTC)
    make_job(
        workspace, by=bob, status=JobStatus.FAILED, created_at=at, display_name="客服, “语气”\nb"
    )
    make_job(workspace, by=bob, created_at=at, deleted_at=at, error_message='a "b"')
    make_job(workspace, status=JobStatus.QUEUED, created_at=at)

    table = "".join(job_table.lines(ImportJob.objects.select_related("workspace").order_by("pk")))
    heads, *rows = rows_of(exported(JobSearch(), bob))[:-1]
    # Times are in the databases' own form, which says the same in fewer letters.
    for row in rows:
        for place in map(heads.index, TIMES):
            at = row[place] and datetime.fromisoformat(row[place])
            row[place] = at and at.isoformat()

    assert [heads, *rows] == rows_of(table.encode())


@pytest.mark.parametrize(
    "text", ["客服 “语气”", 'a "b"', "back\\slash \\n", "a\nb\tc\r", "=1+1", "\x01", ""]
)
def test_lines_of_json_say_each_text_as_it_is(workspace: Workspace, bob: User, text: str) -> None:
    at = datetime(2026, 1, 31, 8, 0, 0, 999_999, tzinfo=UTC)
    job = make_job(workspace, by=bob, created_at=at, display_name="x", error_message=text)
    make_job(workspace, deleted_at=at)

    content = exported(JobSearch(), bob, "jsonl")

    *lines, last = content.splitlines(keepends=True)
    first, second = map(json.loads, lines)
    assert tuple(first) == job_table.COLUMNS
    assert (first["id"], first["workspace"], first["error_message"]) == (
        job.pk,
        workspace.slug,
        text,
    )
    assert (first["job_id"], first["deleted_at"]) == (job.remote_job_id, None)
    for time in (first["created_at"], second["deleted_at"]):
        assert abs(datetime.fromisoformat(time) - at) < timedelta(seconds=1)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    assert json.loads(last) == {"end": True, "count": 2, "sha256": digest}


def test_whoever_leaves_early_leaves_the_connection_as_it_was(
    workspace: Workspace, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_job(workspace)
    monkeypatch.setattr(job_export, "ROWS_A_PIECE", 1)
    export = begun(JobSearch(), bob)

    pieces = job_export.stream(export, FORMS["csv"])
    for _piece in range(2):
        next(pieces)
    pieces.close()

    assert ImportJob.objects.count() == 4
    assert len(rows_of(b"".join(job_export.stream(export, FORMS["csv"])))) == 6


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "  @", "＝1", "＠", "\n=1", "\r1"]
)
def test_no_cell_is_taken_for_a_formula(workspace: Workspace, bob: User, name: str) -> None:
    make_job(workspace, display_name=name)

    row = rows_of(exported(JobSearch(), bob))[1]

    assert row[job_table.COLUMNS.index("display_name")] == f"'{name}"


@pytest.mark.parametrize("name", ["qwen3-32b", "a=b", "", "客服", "1-1", "Ａ", "#1", "~", " a"])
def test_other_cells_are_as_they_are(workspace: Workspace, bob: User, name: str) -> None:
    make_job(workspace, display_name=name)

    row = rows_of(exported(JobSearch(), bob))[1]

    assert row[job_table.COLUMNS.index("display_name")] == name


def test_the_last_row_seals_it(workspace: Workspace, bob: User) -> None:
    make_job(workspace)
    make_job(workspace)

    content = exported(JobSearch(), bob)

    *before, last = content.splitlines(keepends=True)
    digest = hashlib.sha256(b"".join(before)).hexdigest()
    assert last.decode() == f"end,2,{digest}\n"


def test_stretches_leave_out_and_repeat_nothing(
    workspace: Workspace, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numbers with gaps, one of them wider than any stretch.
    jobs = [make_job(workspace, pk=number) for number in (1, 2, 3, 5, 6, 7, 8, 20, 21, 22, 24, 25)]
    monkeypatch.setattr(job_export, "STRETCH", 2)
    monkeypatch.setattr(job_export, "LONGEST_STRETCH", 3)
    monkeypatch.setattr(job_export, "ROWS_A_PIECE", 2)

    ids = [row[0] for row in rows_of(exported(JobSearch(), bob))]

    assert ids == ["id", *(str(job.pk) for job in jobs), "end"]


def test_it_finds_what_the_list_finds_and_the_history_says_what_that_was(
    workspace: Workspace, bob: User
) -> None:
    make_job(workspace, display_name="客服意图 alpha")
    failed = make_job(workspace, status=JobStatus.FAILED, display_name="客服意图 beta")
    search = JobSearch(status=JobStatus.FAILED, q="客服意图")

    rows = rows_of(exported(search, bob))

    assert [row[0] for row in rows] == ["id", str(failed.pk), "end"]
    event = AuditEvent.objects.latest("seq")
    assert event.verb == Verb.JOBS_EXPORTED
    assert '"filters":{"q":"客服意图","status":"failed"},"form":"csv"' in event.canonical


def test_no_job_of_others_is_in_it(workspace: Workspace, charlie: User) -> None:
    make_job(workspace)

    assert [row[0] for row in rows_of(exported(JobSearch(), charlie))] == ["id", "end"]
