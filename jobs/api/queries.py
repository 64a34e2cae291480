"""Query parameters: a misspelt one must not silently widen what is asked for."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from jobs.errors import InvalidFields


def refuse_unknown(request: HttpRequest, query: type[Schema]) -> None:
    """Raises InvalidFields for parameters that the operation does not have, or that come twice."""
    problems = {
        name: [_("There is no parameter of this name.")]
        for name in request.GET
        if name not in query.model_fields
    } | {
        name: [_("This parameter is given more than once.")]
        for name, values in request.GET.lists()
        if len(values) > 1
    }
    if problems:
        raise InvalidFields(problems)
