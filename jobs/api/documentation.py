"""The API's page in the app: what the OpenAPI document says, laid out to be read."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from jobs.api.document import document

SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Input:
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    required: bool
    meaning: str
    place: str = ""


@dataclass(frozen=True)
class Operation:
    """One thing the API does."""

    name: str
    method: str
    path: str
    summary: str
    meaning: str
    inputs: list[Input]
    successes: list[str]
    faults: list[str]
    curl: str


def urls(api: NinjaAPI) -> list[URLPattern]:
    """Signed-in people read it, like every page."""
    return [path("docs", require_safe(partial(page, api=api)), name="documentation")]


def page(request: HttpRequest, *, api: NinjaAPI) -> HttpResponse:
    """The page in the reader's language."""
    made = document(api, get_language() or "en")
    address = request.build_absolute_uri("/").rstrip("/")
    schemas = made["components"]["schemas"]
    context = {
        "operations": list(_operations(made, address)),
        "address": f"{address}/api/v1",
        "job_fields": _fields(schemas["JobOut"], schemas),
        "error_fields": _fields(schemas["ErrorOut"], schemas),
        "fault_fields": _fields(schemas["Fault"], schemas),
    }
    return render(request, "api/documentation.html", context)


def _operations(made: Mapping[str, Any], address: str) -> Iterator[Operation]:
    for place, methods in made["paths"].items():
        for method, told in methods.items():
            body = _body(told, made["components"]["schemas"])
            inputs = [_parameter(parameter) for parameter in told["parameters"]]
            yield Operation(
                name=told["operationId"],
                method=method.upper(),
                path=place,
                summary=told["summary"],
                meaning=told["description"],
                inputs=inputs + _fields(body, made["components"]["schemas"], place="body"),
                successes=_statuses(told["responses"], success=True),
                faults=_statuses(told["responses"], success=False),
                curl=_curl(method.upper(), address + place, body),
            )


def _parameter(parameter: Mapping[str, Any]) -> Input:
    return Input(
        name=parameter["name"],
        kind=_kind(parameter["schema"]),
        required=parameter["required"],
        meaning=parameter.get("description", ""),
        place=parameter["in"],
    )


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: str = "") -> list[Input]:
    required = schema.get("required", ())
    return [
        Input(name, _kind(told, schemas), name in required, told.get("description", ""), place)
        for name, told in schema.get("properties", {}).items()
    ]


def _body(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the operation's body, or an empty one."""
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    choices = content.get("schema", {}).get("anyOf", [content.get("schema", {})])
    name = next((_name(choice) for choice in choices if "$ref" in choice), "")
    found: Mapping[str, Any] = schemas.get(name, {})
    return found


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """text, number, a list of …, or the words there are; null where it may be."""
    if "anyOf" in schema:
        return " | ".join(_kind(choice, schemas) for choice in schema["anyOf"])
    if "$ref" in schema:
        target = (schemas or {}).get(_name(schema), {})
        return _kind(target, schemas) if "enum" in target else _name(schema)
    if "enum" in schema:
        return " | ".join(word for word in schema["enum"] if word)
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        return f"[{_kind(schema['items'], schemas)}]"
    return str(schema.get("format") or schema.get("type", "object"))


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _statuses(responses: Mapping[Any, Any], *, success: bool) -> list[str]:
    return [
        f"{status} {HTTPStatus(int(status)).phrase}"
        for status in responses
        if (int(status) in SUCCESS) is success
    ]


def _curl(method: str, address: str, body: Mapping[str, Any]) -> str:
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    lines[0] += " " + shlex.quote(address.replace("{job_id}", "1"))
    lines.append('-H "Authorization: Bearer $IMPORT_DESK_TOKEN"')
    example = {
        name: told["examples"][0]
        for name, told in body.get("properties", {}).items()
        if told.get("examples")
    }
    if example:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}")
    return " \\\n  ".join(lines)
