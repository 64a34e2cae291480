"""Query parameters: a misspelt one must not silently widen what is asked for."""

from typing import get_origin

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from jobs.errors import InvalidFields


def refuse_unknown(request: HttpRequest, query: type[Schema]) -> None:
    """Raises InvalidFields for parameters that the operation does not have, or that come more
    often than it takes them."""
    problems: dict[str, list[str]] = {}
    for name, values in request.GET.lists():
        field = query.model_fields.get(name)
        if field is None:
            problems[name] = [_("There is no parameter of this name.")]
        elif len(values) > 1 and get_origin(field.annotation) is not list:
            problems[name] = [_("This parameter is given more than once.")]
    if problems:
        raise InvalidFields(problems)
