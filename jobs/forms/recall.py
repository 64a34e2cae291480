"""What the form offers from the past: the team's own words, and the person's last choices."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.models import ImportJob, User, Workspace
from jobs.services.content import SUGGESTED_BASE_MODELS

RECENT_JOBS = 300  # of each workspace; older ones say little of what a team does now


@dataclass(frozen=True)
class Offers:
    """Suggestions, most used first."""

    base_models: list[str]
    buckets: list[str]


def offers(workspaces: Iterable[Workspace]) -> Offers:
    """The base models and buckets of recent jobs, then the base models that the vendor names.

    One query a workspace.
    """
    base_models: Counter[str] = Counter()
    buckets: Counter[str] = Counter()
    for workspace in workspaces:
        recent = ImportJob.objects.filter(workspace=workspace).order_by("-created_at", "-id")
        rows = recent.values_list("base_model", "base_model_inferred", "bucket_name")
        for base_model, inferred, bucket in rows[:RECENT_JOBS]:
            if not inferred:
                base_models[base_model] += 1
            buckets[bucket] += 1
    own = [name for name, _count in base_models.most_common()]
    return Offers(
        base_models=own + [name for name in SUGGESTED_BASE_MODELS if name not in base_models],
        buckets=[name for name, _count in buckets.most_common()],
    )


def last_choices(person: User, workspaces: Sequence[Workspace]) -> dict[str, str]:
    """Workspace, base model and bucket of the person's last job; empty before the first."""
    last = (
        ImportJob.objects.filter(submitted_by=person, workspace__in=workspaces)
        .select_related("workspace")
        .order_by("-created_at", "-id")
        .first()
    )
    if last is None:
        return {}
    return {
        "workspace": last.workspace.slug,
        "base_model": last.base_model,
        "bucket_name": last.bucket_name,
    }
