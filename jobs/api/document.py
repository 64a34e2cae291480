"""The API's own description: the OpenAPI document, and the page that is rendered from it."""

from functools import lru_cache, partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from ninja import NinjaAPI

RATE_HEADERS = {
    "RateLimit-Limit": gettext_noop("Requests a minute."),
    "RateLimit-Remaining": gettext_noop("Requests left in this minute."),
    "RateLimit-Reset": gettext_noop("Seconds until the next minute."),
}
MORE_HEADERS = {
    201: {"Location": gettext_noop("The job's address.")},
    429: {"Retry-After": gettext_noop("Seconds to wait.")},
}
TRANSLATED = ("summary", "description")


def urls(api: NinjaAPI) -> list[URLPattern]:
    """Anyone may read the document: it holds nothing of this installation."""
    openapi = login_not_required(require_GET(partial(openapi_json, api=api)))
    return [path("openapi.json", openapi, name="openapi")]


def openapi_json(_request: HttpRequest, *, api: NinjaAPI) -> HttpResponse:
    """The OpenAPI 3.1 document in the reader's language."""
    return JsonResponse(document(api, get_language() or "en"))


@lru_cache(maxsize=8)
def document(api: NinjaAPI, language: str) -> dict[str, Any]:
    """The document in the active language, by which it is kept."""
    made: dict[str, Any] = dict(api.get_openapi_schema())
    for methods in made["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                response["headers"] = _headers(int(status))
    translated: dict[str, Any] = _translated(made)
    return translated


def _headers(status: int) -> dict[str, Any]:
    names = RATE_HEADERS | MORE_HEADERS.get(status, {})
    return {
        name: {
            "description": meaning,
            "schema": {"type": "string" if name == "Location" else "integer"},
        }
        for name, meaning in names.items()
    }


def _translated(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _(item) if key in TRANSLATED and isinstance(item, str) else _translated(item)
            for key, item in value.items()
        }
    return [_translated(item) for item in value] if isinstance(value, list) else value
