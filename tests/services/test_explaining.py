import pytest
from django.utils import timezone

from jobs.choices import Call, JobStatus
from jobs.models import ImportJob, Workspace
from jobs.services.explaining import explanation_of, explanation_of_trouble, raw_text
from tests.making import make_job


def test_a_job_without_an_error_has_nothing_to_explain(workspace: Workspace) -> None:
    assert explanation_of(make_job(workspace)) is None


@pytest.mark.parametrize(
    ("call", "code", "message", "key"),
    [
        (Call.CREATE, "NotFound", "Model not exist.", "create."),
        ("import", "AvailableModelFileNotFound", "AvailableModelFileNotFound", "import."),
        ("import", "", "OSS获取文件失败，请检查OSS内文件", "import."),
        ("desk", "conflict", "", "desk.conflict"),
        (Call.CREATE, "read_timeout", "", "create.read_timeout"),
    ],
)
def test_the_explanation_is_chosen_by_what_the_job_keeps(
    workspace: Workspace, call: str, code: str, message: str, key: str
) -> None:
    job = make_job(
        workspace,
        status=JobStatus.FAILED,
        error_call=call,
        error_code=code,
        error_message=message,
    )

    explanation = explanation_of(job)

    assert explanation
    assert explanation.known
    assert explanation.key.startswith(key)


def test_trouble_with_a_workspace_is_explained_while_it_lasts(workspace: Workspace) -> None:
    assert explanation_of_trouble(workspace) is None

    workspace.failing_since = timezone.now()
    workspace.failure_code = "InvalidApiKey"
    trouble = explanation_of_trouble(workspace)

    assert trouble
    assert trouble.setting == "DASHSCOPE_API_KEY"


@pytest.mark.parametrize(
    ("code", "message", "raw"),
    [
        ("Same", "Same", "Same"),
        ("NotFound", "No such model.", "NotFound · No such model."),
        ("", "OSS获取文件失败", "OSS获取文件失败"),
        ("absent", "", "absent"),
    ],
)
def test_the_raw_words_are_said_once(code: str, message: str, raw: str) -> None:
    assert raw_text(ImportJob(error_code=code, error_message=message)) == raw
