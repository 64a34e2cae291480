"""The second step of a sign-in: a code, for whoever gave the right password."""

import time
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jobs.errors import WrongState
from jobs.forms.second_factor import CodeForm
from jobs.middleware import DeskRequest
from jobs.models import User
from jobs.services import second_factor, sessions
from jobs.services.second_factor import TooManyCodes, Unreadable, WrongCode
from jobs.templatetags.clock import duration_text
from jobs.views.chrome import safe_next

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Who gave their password, and until when it counts, as long as no code was given.
PENDING = "second_step"
PENDING_SECONDS = 5 * 60


def begin(request: DeskRequest, person: User, goal: str) -> None:
    """Remember that the person gave the right password. Nobody is signed in by it."""
    # Whoever planted this session does not get to know the new key.
    request.session.cycle_key()
    request.session[PENDING] = {
        "person": person.pk,
        "password": person.get_session_auth_hash(),
        "until": int(time.time()) + PENDING_SECONDS,
        "goal": goal,
    }


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: DeskRequest) -> HttpResponse:
    """Ask for the code; the right one signs in."""
    goal = request.session.get(PENDING, {}).get("goal", "")
    person = _pending(request)
    if person is None:
        late = {"late": ""} if request.session.pop(PENDING, None) else {}
        query = urlencode(late | ({"next": goal} if goal else {}))
        return redirect(f"{reverse(settings.LOGIN_URL)}{'?' if query else ''}{query}")
    form = CodeForm(request.POST if request.method == "POST" else None)
    wait = 0
    if form.is_valid():
        try:
            kind = second_factor.prove(person, form.cleaned_data["code"], actor=request.actor)
        except TooManyCodes as refused:
            wait = refused.seconds
        except WrongCode:
            form.add_error("code", _("This is not the code that counts now."))
        except Unreadable:
            form.add_error(
                "code",
                _("No code can be checked any more, because a key of this installation changed."),
            )
        except WrongState:
            # An admin removed the second factor just now: the password alone will do.
            del request.session[PENDING]
            return redirect(settings.LOGIN_URL)
        else:
            del request.session[PENDING]
            sessions.signed_in(person, actor=request.actor, second_factor=kind)
            auth.login(request, person, backend=BACKEND)
            return redirect(safe_next(request, goal))
    status = 429 if wait else 422 if form.errors else 200
    waiting = duration_text(timedelta(seconds=wait)) if wait else ""
    context = {"form": form, "wait": waiting, "username": person.username}
    response = render(request, "accounts/second_step.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _pending(request: DeskRequest) -> User | None:
    """Who gave their password in this session a short while ago, if it is still theirs."""
    pending = request.session.get(PENDING)
    if request.user.is_authenticated or not pending or pending["until"] < time.time():
        return None
    person = User.objects.filter(pk=pending["person"], is_active=True).first()
    same = person and constant_time_compare(person.get_session_auth_hash(), pending["password"])
    return person if same else None
