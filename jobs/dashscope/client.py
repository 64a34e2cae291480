"""The import API of DashScope, one method a call. Vendor pages are named at each."""

from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from jobs.dashscope import answers, verdicts
from jobs.dashscope.calls import Timeouts
from jobs.dashscope.errors import OutcomeUnknown, Reason
from jobs.dashscope.regions import checked_base_url
from jobs.dashscope.schemas import IMPORT_PATH, CreatedJob, JobPage, RemoteJob, RemoteJobAnswer
from jobs.dashscope.transport import Delivery, Transport

DEFAULT_MAX_BODY_BYTES = 1024 * 1024
LARGEST_PAGE = 100


class Client:
    """Calls the import API with one key, and tells of each call what went out and came back.

    A create and a delete are sent once, each on a connection of its own; nothing repeats them.
    A get or a list is tried once more, within the same deadline, when the connection fails or
    a 502, 503 or 504 comes back. Redirects are never followed, and neither .netrc nor any proxy
    variable of the environment is read. May be shared between threads.
    Raises ValueError for a base URL, key or proxy that is unfit, without the value in its text.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeouts: Timeouts,
        proxy: str | None = None,
        ca_bundle: str | None = None,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    ) -> None:
        """The proxy is an http or https URL, which may carry a user name and a password. It
        serves an https address; a plain one is this machine itself.

        The ca_bundle is a PEM file that is trusted instead of the public authorities.
        """
        self._transport = Transport(
            base_url=checked_base_url(base_url),
            api_key=api_key,
            timeouts=timeouts,
            proxy=proxy,
            ca_bundle=ca_bundle,
            max_body_bytes=max_body_bytes,
        )

    def create(self, payload: bytes, *, ends_at: float | None = None) -> CreatedJob:
        """Send exactly these bytes once, and return only with the job_id that DashScope gave.

        After `ends_at`, by time.monotonic(), nothing leaves and no answer is waited for.
        Raises NotSent, Rejected, Throttled or OutcomeUnknown; after the last the job may exist.
        Vendor page: create-import-job-api.
        """
        delivery = self._call("POST", IMPORT_PATH, payload, ends_at)
        return CreatedJob(_job_in(delivery), delivery.exchange)

    def get(self, job_id: str) -> RemoteJobAnswer:
        """Ask for one job. Its weight_type never comes back; a failed one has an error_code.

        Raises ValueError for what cannot be a job_id, else DashScopeError; code NotFound also
        stands for a job of another workspace or region. Vendor page: get-import-job-api.
        """
        delivery = self._call("GET", _path_of(job_id))
        return RemoteJobAnswer(_job_in(delivery, expected=job_id), delivery.exchange)

    def list(
        self, *, page_no: int = 1, page_size: int = 100, status: str = "", model_name: str = ""
    ) -> JobPage:
        """Ask for one page of the workspace's jobs; blank filters are left out.

        The model_name is the generated one. A page with any row that is no job is an error,
        never a shorter page. Raises ValueError for a page_no below 1 or a page_size outside
        1 to 100, else DashScopeError. Vendor page: list-import-jobs-api.
        """
        if page_no < 1 or not 1 <= page_size <= LARGEST_PAGE:
            raise ValueError(f"page_no starts at 1, and page_size is 1 to {LARGEST_PAGE}.")
        query: dict[str, str | int] = {"page_no": page_no, "page_size": page_size}
        if status:
            query["status"] = answers.wire_status(status)
        if model_name:
            query["model_name"] = model_name
        delivery = self._call("GET", f"{IMPORT_PATH}?{urlencode(query)}")
        page = answers.page_in(delivery.document, delivery.exchange)
        if page is None:
            raise OutcomeUnknown(
                delivery.exchange,
                Reason.UNREADABLE_ANSWER,
                answers.refusal_in(delivery.document),
            )
        return page

    def delete(self, job_id: str) -> RemoteJobAnswer:
        """Delete a succeeded or failed job, once; the answer still says its last status.

        Raises ValueError for what cannot be a job_id, else DashScopeError; code OperationDenied
        means pending or running. Vendor page: delete-import-job-api.
        """
        delivery = self._call("DELETE", _path_of(job_id))
        return RemoteJobAnswer(_job_in(delivery, expected=job_id), delivery.exchange)

    def close(self) -> None:
        """Close the connections that reads have kept open."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._transport.base_url}>"

    def _call(
        self,
        method: str,
        path: str,
        payload: bytes | None = None,
        ends_at: float | None = None,
    ) -> Delivery:
        """The delivery of a 2xx that is no error. Anything else is raised, and raised here.

        Outside of any except block, so that no error leads back to a library's own exception,
        which holds the request with its headers.
        """
        delivery = self._transport.carry(method, path, payload, ends_at)
        error = verdicts.error_in(delivery)
        if error is not None:
            raise error
        return delivery


def _path_of(job_id: str) -> str:
    if not answers.is_job_id(job_id):
        raise ValueError("This cannot be a job_id: it is empty, too long, dots or not printable.")
    return f"{IMPORT_PATH}/{quote(job_id, safe='')}"


def _job_in(delivery: Delivery, expected: str = "") -> RemoteJob:
    job = answers.job_in(answers.output_in(delivery.document))
    if job is None:
        raise OutcomeUnknown(
            delivery.exchange, Reason.NO_JOB_ID, answers.refusal_in(delivery.document)
        )
    if expected and job.job_id != expected:
        raise OutcomeUnknown(delivery.exchange, Reason.OTHER_JOB)
    return job
