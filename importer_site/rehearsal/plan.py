"""Who does what when on the day: a pure function of the options and the seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

DAY_SECONDS = 24 * 60 * 60
# An hour's share of the day: people come at nine, go to lunch, and some stay late.
CURVE = (1, 1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 12, 8, 10, 13, 13, 12, 9, 6, 4, 3, 2, 2, 1)
BASE_MODELS = ("qwen3-32b", "qwen3-8b", "qwen2.5-7b-instruct")
# What goes wrong with how many of a thousand submissions, by the simulator's demonstrations.
TROUBLES = {
    "demo-missing-file": 60,
    "demo-denied": 10,
    "demo-throttled": 10,
    "demo-lost-answer": 15,
    "demo-lost-request": 5,
    "demo-server-error": 5,
}


@dataclass(frozen=True)
class Scale:
    """How large the organisation is and how fast its day goes."""

    workspaces: int
    people: int
    submissions: int
    pages: int
    minutes: float
    seed: int

    @property
    def speed(self) -> float:
        """How many seconds of the day pass in one."""
        return DAY_SECONDS / (self.minutes * 60)


@dataclass(frozen=True)
class Deed:
    """Something that a person does; `at_seconds` is on the real clock, from the start."""

    at_seconds: float
    person: int
    fields: dict[str, str] | None = None
    """What is submitted; None reads a page."""


def deeds(scale: Scale) -> list[Deed]:
    """All that happens on the day, in order."""
    random = Random(scale.seed)
    everything = [*_submissions(scale, random), *_readings(scale, random)]
    return sorted(everything, key=lambda deed: deed.at_seconds)


def workspace_of(person: int, scale: Scale) -> int:
    """The number of the workspace that the person is in."""
    return person % scale.workspaces


def _submissions(scale: Scale, random: Random) -> Iterator[Deed]:
    for number in range(scale.submissions):
        person = _busy(scale.people, random)
        trouble = random.choices([*TROUBLES, ""], [*TROUBLES.values(), _untroubled()])[0]
        fields = {
            "workspace": slug(workspace_of(person, scale)),
            "base_model": random.choice(BASE_MODELS),
            "display_name": f"客服意图识别 {number:06d}",
            "bucket_name": "acme-models",
            "object_key": f"models/{trouble or 'day'}/{number:06d}/",
            "weight_type": random.choice(["lora", "full"]),
        }
        yield Deed(_moment(scale, random), person, fields)


def _readings(scale: Scale, random: Random) -> Iterator[Deed]:
    for _ in range(scale.pages):
        yield Deed(_moment(scale, random), _busy(scale.people, random))


def slug(number: int) -> str:
    """The short name of a workspace."""
    return f"team-{number + 1}"


def _untroubled() -> int:
    return 1000 - sum(TROUBLES.values())


def _busy(people: int, random: Random) -> int:
    """A few people do most."""
    return int(people * random.random() ** 2)


def _moment(scale: Scale, random: Random) -> float:
    hour = random.choices(range(len(CURVE)), CURVE)[0] + random.random()
    return hour * 3600 / scale.speed
