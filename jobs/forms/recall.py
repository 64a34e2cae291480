"""What the form offers from the past: the team's own words, and the person's own choices."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from django.utils.http import urlencode

from jobs.choices import WeightType
from jobs.models import ImportJob, User, Workspace
from jobs.services.content import SUGGESTED_BASE_MODELS

MOST_PRESETS = 6
RECENT_JOBS = 300  # of each workspace; older ones say little of what a team does now


@dataclass(frozen=True)
class Offers:
    """Suggestions, most used first."""

    base_models: list[str]
    buckets: list[str]


@dataclass(frozen=True)
class Preset:
    """The fields that imports of one kind share; `object_key` is the directory above theirs."""

    workspace: str
    base_model: str
    weight_type: str
    bucket_name: str
    object_key: str

    @property
    def query(self) -> str:
        """The query of an address that opens the form with these fields."""
        return urlencode(asdict(self))

    @property
    def weights(self) -> str:
        """The tuning type in words."""
        return str(WeightType(self.weight_type).label)


def presets(person: User, workspaces: Sequence[Workspace]) -> list[Preset]:
    """What the person imports again and again: kinds of their recent imports, newest first.
    One query."""
    recent = (
        ImportJob.objects.filter(
            submitted_by=person, workspace__in=workspaces, weight_type__in=WeightType.values
        )
        .order_by("-created_at", "-id")
        .values_list("workspace__slug", "base_model", "weight_type", "bucket_name", "object_key")
    )
    kinds = (
        Preset(slug, base_model, weight_type, bucket, _above(object_key))
        for slug, base_model, weight_type, bucket, object_key in recent[:RECENT_JOBS]
    )
    return list(dict.fromkeys(kinds))[:MOST_PRESETS]


def _above(object_key: str) -> str:
    return "".join(object_key.rstrip("/").rpartition("/")[:2])


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
