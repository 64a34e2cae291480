"""Who calls: the person whose token the Authorization header carries, and no session.

No cookie is ever asked, so that another site's page cannot make a browser act here, and no
call needs a CSRF token.
"""

from dataclasses import replace
from typing import cast

from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from jobs.api.faults import TooManyRequests
from jobs.choices import ActorKind
from jobs.middleware import ActingRequest
from jobs.models import Token
from jobs.services import allowances, tokens
from jobs.services.allowances import Allowance


class ApiRequest(ActingRequest):
    """The type of a request with a valid token, as the API's views get it."""

    auth: Token
    allowance: Allowance


class Bearer(HttpAuthBase):
    """Accepts a live token within its allowance, and makes it the request's actor."""

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Token | None:
        asked = cast(ApiRequest, request)
        actor = asked.actor
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        allowance = allowances.of_stranger(actor.address)
        asked.allowance = allowance
        # An address that guessed too often is not even looked up.
        if not allowance.granted:
            raise TooManyRequests
        if scheme.lower() != "bearer":
            allowances.count_failure(actor.address)
            return None
        try:
            token = tokens.find(text.strip())
        except tokens.TokenRefused:
            allowances.count_failure(actor.address)
            raise
        allowance = allowances.take(token)
        asked.allowance = allowance
        asked.actor = replace(
            actor,
            kind=ActorKind.TOKEN,
            label=token.user.label,
            user_id=token.user_id,
            token_id=token.pk,
            token_label=token.name,
            scopes=frozenset(token.scopes),
        )
        if not allowance.granted:
            raise TooManyRequests
        return token
