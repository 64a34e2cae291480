"""What the API answers when its views, their services or Ninja raise."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from jobs.api.envelope import answer, message_of
from jobs.errors import (
    DeskError,
    DifferentSubmission,
    DuplicateImport,
    InvalidFields,
    NotPermitted,
    WrongState,
)
from jobs.middleware import acting
from jobs.permissions import Ability, within_scopes
from jobs.services.tokens import TokenRefused


class TooManyRequests(Exception):
    """The token, or the address without a valid one, has used its allowance up."""


class UnknownWorkspace(Exception):
    """The body names a workspace that there is not, or that the person is no member of."""


def register(api: NinjaAPI) -> None:
    """Give the API an answer for everything that its views and their services raise."""
    for error, handler in _HANDLERS.items():
        api.add_exception_handler(error, handler)


def _unforeseen(_request: HttpRequest, error: Exception) -> HttpResponse:
    """Django logs it and answers 500; the middleware makes that an envelope."""
    raise error


def _unreadable(request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(request, 400, message_of(400))


def _not_found(request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(request, 404, message_of(404))


def _unknown_workspace(request: HttpRequest, _error: Exception) -> HttpResponse:
    fields = {"workspace": [_("You are not a member of a workspace of this name.")]}
    return answer(request, 404, message_of(404), fields=fields)


def _too_big(request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(request, 413, message_of(413))


def _no_token(request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(request, 401, _("Send a token as Authorization: Bearer <token>."))


def _token_refused(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(request, 401, str(error))


def _too_many(request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(request, 429, _("The allowance of this minute is used up; wait a little."))


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that is no JSON."""
    return answer(request, error.status_code, _("The body is not valid JSON."))


def _badly_typed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for found in error.errors:
        fields.setdefault(_field(found["loc"]), []).append(_sentence(found))
    return _refused(request, fields)


def _invalid(request: HttpRequest, error: InvalidFields) -> HttpResponse:
    return _refused(request, error.fields)


def _not_permitted(request: HttpRequest, error: NotPermitted) -> HttpResponse:
    actor = acting(request).actor
    message = _("Your role in this workspace does not allow this.")
    if not within_scopes(actor, Ability(str(error))):
        message = _("The token was not made for this; its scopes are: %(scopes)s.") % {
            "scopes": ", ".join(sorted(actor.scopes or ()))
        }
    return answer(request, 403, message, code=error.code)


def _duplicate(request: HttpRequest, error: DuplicateImport) -> HttpResponse:
    message = _(
        "The same weights were submitted as job %(job)s, which is open or succeeded. To import "
        "them once more all the same, send allow_duplicate and a reason."
    ) % {"job": error.earlier_id}
    return _conflict(request, error, message, error.earlier_id)


def _different(request: HttpRequest, error: DifferentSubmission) -> HttpResponse:
    message = _("This Idempotency-Key was used for job %(job)s, with other content.") % {
        "job": error.earlier_id
    }
    return _conflict(request, error, message, error.earlier_id)


def _wrong_state(request: HttpRequest, error: WrongState) -> HttpResponse:
    message = _("The job does not stand where this can be done (%(state)s).") % {"state": error}
    return _conflict(request, error, message)


def _conflict(
    request: HttpRequest, error: DeskError, message: str, earlier_id: int | None = None
) -> HttpResponse:
    fields = {"earlier_job": [str(earlier_id)]} if earlier_id else None
    return answer(request, 409, message, code=error.code, fields=fields)


def _refused(request: HttpRequest, fields: dict[str, list[str]]) -> HttpResponse:
    return answer(
        request, 422, _("Some fields cannot be accepted; nothing was done."), fields=fields
    )


def _field(place: tuple[str | int, ...]) -> str:
    """The name of the field that an error's place ends in; "body" for the whole body."""
    names = [part for part in place[2:] if isinstance(part, str)]
    return names[0] if names else "body" if place[0] == "body" else str(place[-1])


def _sentence(found: dict[str, Any]) -> str:
    """Pydantic's error in our words; its own, in English, for those that no field here has."""
    kinds = {
        "missing": _("This is missing."),
        "extra_forbidden": _("There is no field of this name."),
        "string_type": _("This has to be a text."),
        "string_unicode": _("This holds half a character."),
        "string_pattern_mismatch": _("This holds characters that cannot be accepted here."),
        "bool_type": _("This has to be true or false."),
        "literal_error": _("This has to be true, or be left out."),
        "int_parsing": _("This has to be a whole number."),
        "greater_than_equal": _("This has to be %(least)s or more."),
        "less_than_equal": _("This has to be %(most)s or less."),
        "model_attributes_type": _("The body has to be a JSON object."),
    }
    if found["type"] not in kinds:
        return str(found["msg"])
    bounds = found.get("ctx", {})
    return kinds[found["type"]] % {"least": bounds.get("ge"), "most": bounds.get("le")}


_HANDLERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    Exception: _unforeseen,
    Http404: _not_found,
    UnknownWorkspace: _unknown_workspace,
    HttpError: _http_error,
    AuthenticationError: _no_token,
    TokenRefused: _token_refused,
    TooManyRequests: _too_many,
    RequestDataTooBig: _too_big,
    UnreadablePostError: _unreadable,
    ValidationError: _badly_typed,
    InvalidFields: _invalid,
    NotPermitted: _not_permitted,
    DuplicateImport: _duplicate,
    DifferentSubmission: _different,
    WrongState: _wrong_state,
}
