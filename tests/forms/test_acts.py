import pytest

from jobs.forms.acts import DeletionForm, ResolutionForm
from jobs.models import ImportJob


@pytest.mark.parametrize("typed", ["Support tone", "  Support tone ", "Support  tone"])
def test_it_takes_the_name_as_it_is_read(typed: str) -> None:
    job = ImportJob(display_name="Support tone", base_model="qwen3-32b")

    assert DeletionForm(job, {"confirm": typed}).is_valid()


@pytest.mark.parametrize("typed", ["", "support tone", "Support", "qwen3-32b", "Support tone\x00"])
def test_it_refuses_any_other_name(typed: str) -> None:
    job = ImportJob(display_name="Support tone", base_model="qwen3-32b")

    form = DeletionForm(job, {"confirm": typed})

    assert not form.is_valid()
    assert list(form.errors) == ["confirm"]


def test_it_asks_for_a_name_that_can_be_typed_and_never_for_none() -> None:
    job = ImportJob(display_name="", base_model="", remote_job_id="import-7")

    assert not DeletionForm(job, {"confirm": ""}).is_valid()
    assert DeletionForm(job, {"confirm": "import-7"}).is_valid()


def test_it_refuses_a_reason_that_cannot_be_kept() -> None:
    job = ImportJob(display_name="Support tone")

    form = DeletionForm(job, {"confirm": "Support tone", "reason": "x" * 1001})

    assert list(form.errors) == ["reason"]


@pytest.mark.parametrize(
    ("choice", "remote_job_id"),
    [("none", None), ("job:none", "none"), ("job:import-1", "import-1")],
)
def test_it_tells_a_candidate_from_none_of_them(choice: str, remote_job_id: str | None) -> None:
    form = ResolutionForm({"choice": choice, "reason": "made by hand"})

    assert form.is_valid()
    assert form.remote_job_id == remote_job_id


def test_none_of_them_needs_a_reason() -> None:
    form = ResolutionForm({"choice": "none", "reason": " "})

    assert list(form.errors) == ["reason"]


@pytest.mark.parametrize("choice", ["", "import-1", "NONE", "\x00"])
def test_it_takes_no_missing_choice_for_an_answer(choice: str) -> None:
    form = ResolutionForm({"choice": choice})

    assert list(form.errors) == ["choice"]
