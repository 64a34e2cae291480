from datetime import timedelta

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.forms import recall
from jobs.models import User, Workspace
from jobs.services.content import SUGGESTED_BASE_MODELS
from tests.making import make_job


def test_it_offers_the_teams_own_words_first_most_used_then_newest(workspace: Workspace) -> None:
    for base_model, bucket in [("own-a", "rare"), ("own-b", "common"), ("own-b", "common")]:
        make_job(workspace, base_model=base_model, bucket_name=bucket)
    make_job(workspace, base_model="qwen3-8b", bucket_name="common")

    offers = recall.offers([workspace])

    assert offers.base_models[:3] == ["own-b", "qwen3-8b", "own-a"]
    assert sorted(offers.base_models[3:]) == sorted(set(SUGGESTED_BASE_MODELS) - {"qwen3-8b"})
    assert offers.buckets == ["common", "rare"]


def test_it_does_not_offer_a_guessed_base_model(workspace: Workspace) -> None:
    make_job(workspace, base_model="guessed", base_model_inferred=True)

    assert "guessed" not in recall.offers([workspace]).base_models


def test_it_reads_each_workspace_once(
    workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        recall.offers([workspace])


def test_it_remembers_the_persons_last_job_and_nobody_elses(
    workspace: Workspace, alice: User, bob: User
) -> None:
    earlier = timezone.now() - timedelta(hours=1)
    make_job(workspace, by=bob, base_model="own-old", created_at=earlier)
    make_job(workspace, by=bob, base_model="own-new", bucket_name="bobs")
    make_job(workspace, by=alice, base_model="own-alice", bucket_name="alices")

    assert recall.last_choices(bob, [workspace]) == {
        "workspace": "main",
        "base_model": "own-new",
        "bucket_name": "bobs",
    }


def test_it_remembers_nothing_of_a_first_visit(workspace: Workspace, bob: User) -> None:
    assert recall.last_choices(bob, [workspace]) == {}


def test_it_offers_the_kinds_of_ones_own_imports_newest_first(
    workspace: Workspace, alice: User, bob: User
) -> None:
    make_job(workspace, by=bob, base_model="qwen3-8b", object_key="support/router/r16/")
    make_job(workspace, by=bob, object_key="cs/intent-v7/", weight_type="full")
    make_job(workspace, by=bob, base_model="qwen3-8b", object_key="support/router/r32/")
    make_job(workspace, by=bob, object_key="alone/")
    make_job(workspace, by=alice, base_model="qwen3-14b")

    found = recall.presets(bob, [workspace])

    assert [(preset.base_model, preset.object_key) for preset in found] == [
        ("qwen3-32b", ""),
        ("qwen3-8b", "support/router/"),
        ("qwen3-32b", "cs/"),
    ]
    assert found[2].query == (
        "workspace=main&base_model=qwen3-32b&weight_type=full&bucket_name=acme-models"
        "&object_key=cs%2F"
    )
