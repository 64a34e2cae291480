"""The one envelope in which the API says what went wrong, whoever noticed it."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Schema

from jobs.actors import Actor
from jobs.services.allowances import Allowance

PATH = "/api/"

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid_fields",
    429: "too_many_requests",
}


class Fault(Schema):
    """Every answer of 400 and above."""

    code: str = Field(description=gettext_noop("A stable word for what went wrong."))
    message: str = Field(
        description=gettext_noop("A sentence for people, in the language that they accept.")
    )
    fields: dict[str, list[str]] | None = Field(
        default=None,
        description=gettext_noop(
            "What is wrong with which field; with 409, `earlier_job` is the job that stands in "
            "the way."
        ),
    )
    request_id: str = Field(
        description=gettext_noop("This request, as the server's log and history know it.")
    )


def responses(success: dict[int, Any], *statuses: int) -> dict[Any, Any]:
    """What an operation answers: its success, these faults, and those that any one can have."""
    return success | dict.fromkeys(sorted({400, 401, 422, 429, 500, *statuses}), Fault)


def answer(
    request: HttpRequest,
    status: int,
    message: str,
    *,
    code: str = "",
    fields: dict[str, list[str]] | None = None,
) -> HttpResponse:
    """The envelope as an answer."""
    actor: Actor | None = getattr(request, "actor", None)
    body: dict[str, Any] = {"code": code or CODES.get(status, "server_error"), "message": message}
    if fields:
        body["fields"] = fields
    body["request_id"] = actor.act_id if actor else str(uuid.uuid4())
    response = JsonResponse(body, status=status)
    response["X-Request-Id"] = body["request_id"]
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


class ApiMiddleware:
    """Puts what was noticed outside the API's own code into the envelope too, says what is left
    of the allowance, and keeps answers out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(PATH):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST and not _is_json(response):
            response = _enveloped(request, response)
        response["Cache-Control"] = "no-store"
        allowance: Allowance | None = getattr(request, "allowance", None)
        if allowance:
            response["RateLimit-Limit"] = str(allowance.limit)
            response["RateLimit-Remaining"] = str(allowance.remaining)
            response["RateLimit-Reset"] = str(allowance.reset_seconds)
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                response["Retry-After"] = str(allowance.reset_seconds)
        return response


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def _enveloped(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with the envelope for its body; its headers, which others set, stay."""
    # What failed may have failed before the reader's language was chosen.
    with translation.override(translation.get_language_from_request(request)):
        fault = answer(request, response.status_code, message_of(response.status_code))
    response.content = fault.content
    for name in ("Content-Type", "X-Request-Id"):
        response[name] = fault[name]
    if "Content-Length" in response:
        response["Content-Length"] = str(len(fault.content))
    return response


def message_of(status: int) -> str:
    """What is said where nothing more is known than the status."""
    return {
        400: _("This request cannot be read."),
        404: _("There is nothing here, or nothing that you may see."),
        405: _("This address does not take this method; the Allow header names those it takes."),
        413: _("The body is larger than any that the API takes."),
    }.get(status, _("Import Desk made a mistake; its log has the request's id."))
