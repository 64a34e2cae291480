"""The four calls as a plain WSGI program.

Vendor pages: create-import-job-api, get-import-job-api, list-import-jobs-api,
delete-import-job-api.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import format_datetime
from typing import TYPE_CHECKING

from jobs.simulator import reading
from jobs.simulator.answers import Answer, RefusedError, success
from jobs.simulator.connection import CONNECTION, Connection
from jobs.simulator.control import PREFIX, ControlPlane
from jobs.simulator.demonstrations import demonstration_for
from jobs.simulator.disruptions import disrupt
from jobs.simulator.faults import SHIFTING, Fault, PlannedFault
from jobs.simulator.keys import workspace_of
from jobs.simulator.ledger import ReceivedRequest
from jobs.simulator.lives import PENDING
from jobs.simulator.orders import read_order
from jobs.simulator.world import World

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 100
LARGEST_PAGE_NO = 999_999_999


class App:
    """Answers as DashScope's pages say, unless a planned fault or a demonstration says otherwise.

    Faults on the socket need the simulator's own server; in any other, they withhold the answer.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._control = ControlPlane(world)
        self._acts: dict[str, Callable[[ReceivedRequest, str], Answer]] = {
            "create": self._create,
            "get": self._get,
            "list": self._list,
            "delete": self._delete,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; raises AnswerWithheldError where a fault gives none."""
        path = reading.path_of(environ)
        if path.startswith(PREFIX):
            answer = self._control.answer(environ, path.removeprefix(PREFIX))
        else:
            answer = self._answer(environ, path)
        shown = self._world.clock.shown_at(self._world.clock.now())
        answer = answer.with_headers(
            ("Date", format_datetime(shown, usegmt=True)),
            ("Content-Length", str(len(answer.body))),
        )
        start_response(answer.status_line, list(answer.headers))
        return [answer.body]

    def _answer(self, environ: WSGIEnvironment, path: str) -> Answer:
        method = environ["REQUEST_METHOD"]
        received = self._world.ledger.record(
            call=reading.call_of(method, path),
            method=method,
            path=path,
            query=environ.get("QUERY_STRING", ""),
            headers=reading.headers_of(environ),
            body=reading.body_of(environ),
            received_at=self._world.clock.now(),
        )

        def act(fault: Fault | None = None) -> Answer:
            return self._act(received, environ.get("HTTP_AUTHORIZATION"), fault)

        planned = self._planned(received)
        if planned is None:
            answer = act()
        else:
            fault = planned.fault
            self._world.ledger.note(received, fault=fault.kind)
            acted = act(fault) if fault.acts_first else None
            self._world.plan.strike(planned)
            answer = disrupt(
                planned,
                acted,
                address=f"{received.path}?{received.query}",
                act=act,
                connection=environ.get(CONNECTION) or Connection(),
            )
        self._world.ledger.note(received, status=answer.status)
        return answer

    def _planned(self, received: ReceivedRequest) -> PlannedFault | None:
        page = None
        texts: tuple[str, ...] = ()
        demonstration = None
        if received.call == "list":
            page_no = reading.query_of(received.query).get("page_no", "1")
            page = int(page_no) if reading.is_number(page_no) else None
        elif received.call == "create":
            texts = reading.display_name_and_object_key(received.body)
            demonstration = demonstration_for(texts[1])
        else:
            job_id = reading.job_id_in(received.path)
            job = self._world.state.find(job_id)
            texts = (job_id, job.display_name, job.object_key) if job else (job_id,)
        planned = self._world.plan.take(received.call, page, texts)
        if planned is None and demonstration is not None and demonstration.fault is not None:
            return PlannedFault(0, demonstration.fault)
        return planned

    def _act(
        self, received: ReceivedRequest, authorization: str | None, fault: Fault | None
    ) -> Answer:
        try:
            workspace = workspace_of(authorization)
            if received.call not in self._acts:
                raise RefusedError(404, "NotFound", "There is no such call.")
            if fault is not None and fault.kind in SHIFTING:
                self._world.shift_rows(fault.kind, workspace)
            return self._acts[received.call](received, workspace)
        except RefusedError as refusal:
            return refusal.answer

    def _create(self, received: ReceivedRequest, workspace: str) -> Answer:
        order = read_order(received.body)
        life = self._world.life_of(demonstration_for(order.object_key))
        job = self._world.state.create(workspace, order, life)
        self._world.ledger.note(received, job_id=job.job_id)
        return success(job.described(PENDING, with_weight_type=True))

    def _get(self, received: ReceivedRequest, workspace: str) -> Answer:
        job, status = self._world.state.get(workspace, reading.job_id_in(received.path))
        return success(job.described(status))

    def _list(self, received: ReceivedRequest, workspace: str) -> Answer:
        query = reading.query_of(received.query)
        page_no = _number(query, "page_no", 1, LARGEST_PAGE_NO)
        page_size = _number(query, "page_size", PAGE_SIZE, LARGEST_PAGE_SIZE)
        total, rows = self._world.state.page(
            workspace,
            page_no,
            page_size,
            status=query.get("status") or None,
            model_name=query.get("model_name") or None,
        )
        return success(
            {
                "total": total,
                "page_no": page_no,
                "page_size": page_size,
                "list": [job.described(status) for job, status in rows],
            }
        )

    def _delete(self, received: ReceivedRequest, workspace: str) -> Answer:
        job, status = self._world.state.delete(workspace, reading.job_id_in(received.path))
        self._world.ledger.note(received, job_id=job.job_id)
        return success(job.described(status))


def _number(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    given = query.get(name, str(default))
    if not reading.is_number(given) or not 1 <= int(given) <= largest:
        raise RefusedError(
            400, "InvalidParameter", f"The parameter '{name}' must be between 1 and {largest}."
        )
    return int(given)
