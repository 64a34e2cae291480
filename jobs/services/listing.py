"""Walking DashScope's list, whose rows shift and repeat between pages while one reads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from jobs.dashscope import Exchange, JobPage, RemoteJob
from jobs.services.upstream import Upstream

PAGE_SIZE = 100  # the most that one page holds (vendor page: list-import-jobs-api)
MOST_PAGES = 5000


def pages(way: Upstream, status: str = "") -> Iterator[JobPage]:
    """The list's pages, one call each, until the last. Raises DashScopeError."""
    for page_no in range(1, MOST_PAGES + 1):
        page = way.client.list(page_no=page_no, page_size=PAGE_SIZE, status=status)
        yield page
        if not page.jobs or page_no * (page.page_size or PAGE_SIZE) >= page.total:
            return


@dataclass
class Coverage:
    """What a walk through all pages has seen, and whether it may have missed a row."""

    jobs: dict[str, RemoteJob] = field(default_factory=dict)
    pages: int = 0
    request_ids: list[str] = field(default_factory=list)
    last_exchange: Exchange | None = None
    _first_total: int = 0
    _last_total: int = 0
    _shrank: bool = False
    _began_at: datetime | None = None
    _made_since: set[str] = field(default_factory=set)

    def add(self, page: JobPage) -> None:
        """Take one page in; a row that was seen before counts once."""
        if self.pages == 0:
            self._began_at = page.exchange.server_date
        else:
            self._made_since.update(job.job_id for job in page.jobs if self._is_new(job))
        self.jobs.update((job.job_id, job) for job in page.jobs)
        self.pages += 1
        self.request_ids.append(page.exchange.request_id)
        self.last_exchange = page.exchange
        if self.pages == 1:
            self._first_total = page.total
        elif page.total < self._last_total:
            self._shrank = True
        self._last_total = page.total

    @property
    def clean(self) -> bool:
        """Whether every row that existed when the walk began was seen.

        A row that vanished pulls others up, past the page border, so a total that shrank proves
        nothing; nor do rows that were made since make up for others in the count.
        """
        from_before = len(self.jobs) - len(self._made_since)
        return self.pages > 0 and not self._shrank and from_before >= self._first_total

    def _is_new(self, job: RemoteJob) -> bool:
        # Both times are DashScope's; the Date is that of the first page, cut to the second.
        if job.job_id in self.jobs or job.created_at is None or self._began_at is None:
            return False
        return job.created_at > self._began_at
