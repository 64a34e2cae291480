"""What the day came to, as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from importer_site.rehearsal.plan import Scale
from importer_site.rehearsal.play import Diary

HOURS_A_LINE = 2


@dataclass
class Findings:
    """All that was counted."""

    database: str
    play_seconds: float = 0.0
    after_seconds: float = 0.0
    backlog: list[dict[str, int]] = field(default_factory=list)
    """How many jobs were under way, at the end of each hour of the day."""
    still_under_way: int = 0
    endings: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    bytes_added: int = 0
    events: int = 0
    verified: bool = False


def lines(scale: Scale, diary: Diary, found: Findings) -> Iterator[str]:
    """The report, line for line."""
    yield f"A day in {found.play_seconds:.0f} s, {scale.speed:.0f} times as fast; {found.database}."
    yield (
        f"{scale.workspaces} workspaces, {scale.people} people, {scale.submissions} submissions, "
        f"{scale.pages} pages."
    )
    yield ""
    yield f"{'requests':12}{'count':>8}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}"
    for kind, seconds in sorted(diary.seconds.items()):
        times = sorted(seconds)
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        yield (f"{kind:12}{len(times):8}{p50 * 1000:9.0f}{p99 * 1000:9.0f}{times[-1] * 1000:9.0f}")
    yield _told("answers", dict(sorted(diary.answers.items())))
    if diary.latest > 1.0:
        yield f"Requests began up to {diary.latest:.1f} s late: this machine is too small."
    yield ""
    yield from _backlog(found)
    yield ""
    yield _told("jobs", found.endings)
    yield f"still under way {found.after_seconds:.0f} s after the day: {found.still_under_way}"
    yield _told("outcomes that were unknown", found.settled)
    yield _told("calls of DashScope", found.calls)
    yield _told("rows", found.rows)
    jobs = max(1, sum(found.endings.values()))
    yield (
        f"{found.bytes_added / 1e6:.1f} MB, {found.bytes_added / jobs / 1000:.1f} KB and "
        f"{found.events / jobs:.1f} events a job"
    )
    yield f"history of {found.events} events: {'whole' if found.verified else 'BROKEN'}"


def _backlog(found: Findings) -> Iterator[str]:
    heads = list(found.backlog[0]) if found.backlog else []
    yield f"{'hour':12}" + "".join(f"{head:>17}" for head in heads)
    for hour, row in enumerate(found.backlog, start=1):
        if hour % HOURS_A_LINE == 0:
            yield f"{hour:<12}" + "".join(f"{row[head]:17}" for head in heads)


def _told(what: str, counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{what}: {told or 'none'}"
