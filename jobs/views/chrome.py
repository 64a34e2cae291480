"""The frame of every page: where one is, who one is, and whether the machinery is alive."""

from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jobs.choices import Role
from jobs.middleware import acting
from jobs.models import Membership, Workspace
from jobs.permissions import ABILITIES, Ability
from jobs.services import upstream, workers
from jobs.services.explaining import explanation_of_trouble
from jobs.services.members import memberships_of
from jobs.templatetags.clock import Clock

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
SHORTCUTS_COOKIE = "shortcuts"
SHORTCUTS_OFF = "off"
A_YEAR_SECONDS = 365 * 24 * 60 * 60


class Place(NamedTuple):
    """One entry of the navigation; `covers` are the pages on which it is marked, `keys` its
    shortcut."""

    url_name: str
    label: Any
    icon: str
    covers: tuple[str, ...] = ()
    ability: Ability = Ability.SEE
    keys: str = ""


NAVIGATION = (
    Place("overview", gettext_lazy("Overview"), "overview", keys="g o"),
    Place(
        "job-list",
        gettext_lazy("Import jobs"),
        "list",
        keys="g j",
        covers=("job-detail", "job-delete", "job-resolve", "jobs-delete"),
    ),
    Place(
        "job-new",
        gettext_lazy("New import"),
        "plus",
        keys="n",
        covers=("job-resubmit",),
        ability=Ability.SUBMIT,
    ),
    Place(
        "audit-history",
        gettext_lazy("History"),
        "clock",
        keys="g h",
        covers=("audit-event", "audit-note", "audit-exceptions", "audit-report"),
        ability=Ability.AUDIT,
    ),
    Place(
        "settings",
        gettext_lazy("Settings"),
        "gear",
        keys="g s",
        covers=(
            "settings-workspaces",
            "settings-workspace-new",
            "settings-workspace",
            "settings-members",
            "settings-member-remove",
            "settings-member-second-factor",
            "settings-second-factor",
            "settings-second-factor-codes",
            "settings-second-factor-off",
            "settings-invitations",
            "settings-tokens",
            "settings-notices",
            "documentation",
        ),
    ),
)


class Link(NamedTuple):
    """A navigation entry as drawn; `current` is the value of aria-current, or ""."""

    url: str
    label: str
    icon: str
    keys: str
    current: str


class Pulse(NamedTuple):
    """How a part of the machinery does: a tone and a sentence, with more on hovering."""

    tone: str
    text: str
    detail: str = ""


class Station(NamedTuple):
    """A workspace in the rail, with how its DashScope answers."""

    name: str
    host: str
    slug: str
    pulse: Pulse


class Chrome:
    """What the frame shows. Nothing is read from the database before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        """The theme that the reader chose, or "" for the one of their system."""
        return theme_of(self._request)

    @property
    def shortcuts(self) -> bool:
        """Whether keys do something by themselves; the reader can switch that off."""
        return self._request.COOKIES.get(SHORTCUTS_COOKIE) != SHORTCUTS_OFF

    @property
    def demo(self) -> bool:
        """Whether a simulator answers instead of DashScope."""
        return bool(settings.DEMO)

    @property
    def other_language(self) -> tuple[str, str]:
        """The code and the own name of the language to switch to."""
        chinese = (get_language() or "").startswith("zh")
        return ("en", "English") if chinese else ("zh-hans", "中文")

    @cached_property
    def memberships(self) -> list[Membership]:
        """The reader's workspaces and roles. One query, once a page."""
        if not self._request.user.is_authenticated:
            return []
        return memberships_of(self._request.user.pk)

    @property
    def role(self) -> str:
        """The reader's role, where it is one and the same everywhere."""
        roles = {membership.role for membership in self.memberships}
        return str(Role(roles.pop()).label) if len(roles) == 1 else ""

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The navigation, as far as the reader may use it."""
        roles = frozenset(membership.role for membership in self.memberships)
        match = self._request.resolver_match
        return _links(roles, match.url_name if match else "", get_language())

    @property
    def link_to_submit(self) -> Link | None:
        """The entry that leads to the form, if the reader may submit."""
        return next((link for link in self.links if link.icon == "plus"), None)

    @cached_property
    def worker(self) -> Pulse:
        """Whether a worker is alive. One query."""
        heard_at = workers.last_heard_at()
        if workers.is_recent(heard_at):
            return Pulse("ok", _("Worker is running"))
        if heard_at is None:
            return Pulse(
                "bad", _("No worker is running"), _("Nothing is sent until a worker is started.")
            )
        ago = Clock.of(self._request).ago(heard_at)
        return Pulse(
            "bad",
            _("Worker silent, last heard %(ago)s") % {"ago": ago},
            _("Nothing is sent until a worker runs again."),
        )

    @cached_property
    def stations(self) -> tuple[Station, ...]:
        """The reader's workspaces with their health."""
        clock = Clock.of(self._request)
        return tuple(
            Station(
                membership.workspace.name,
                membership.workspace.host or upstream.host(membership.workspace),
                membership.workspace.slug,
                _pulse_of(membership.workspace, clock),
            )
            for membership in self.memberships
        )


class FramedRequest(HttpRequest):
    """The type of a request whose frame was asked for."""

    chrome: Chrome


def chrome(request: HttpRequest) -> dict[str, Any]:
    """The context processor: every template has `chrome` and `clock`."""
    return {"chrome": chrome_of(request), "clock": Clock.of(request)}


def chrome_of(request: HttpRequest) -> Chrome:
    """The request's one frame, so that a view and its template read the database once."""
    framed = cast(FramedRequest, request)
    if not hasattr(framed, "chrome"):
        framed.chrome = Chrome(request)
    return framed.chrome


def theme_of(request: HttpRequest) -> str:
    """The theme in the reader's cookie, or ""."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page it already shows, and not for a page."""
    htmx = acting(request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def fragment(
    request: HttpRequest, template: str, context: dict[str, Any], version: str
) -> HttpResponse:
    """A part of a page, or 304 if the reader shows this version of it already."""
    if request.headers.get("if-none-match") == f'"{version}"':
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, template, context)
    return as_part_of_page(response)


def as_part_of_page(response: HttpResponse) -> HttpResponse:
    """Keep caches from taking a part of a page for the page, or yours for mine."""
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """The health lines of the rail alone, which every page asks for now and then."""
    frame = chrome_of(request)
    health = {"stations": frame.stations, "worker": frame.worker}
    return as_part_of_page(render(request, "_pulse.html", health))


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For pages that cannot name their icon: browsers ask for this address by themselves."""
    return redirect(static("img/mark.svg"))


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme and go back; with a script the page has changed already."""
    response = redirect(safe_next(request, request.POST.get("next", "")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=A_YEAR_SECONDS, samesite="Lax")
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def safe_next(request: HttpRequest, address: str) -> str:
    """The address if it is one of ours, else the first page."""
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if ours else reverse(settings.LOGIN_REDIRECT_URL)


@lru_cache(200)
def _links(roles: frozenset[str], here: str, language: str | None) -> tuple[Link, ...]:
    # In `language`, which is what the thread speaks.
    held = {ability for role in roles for ability in ABILITIES[Role(role)]}
    return tuple(
        Link(
            reverse(place.url_name),
            str(place.label),
            place.icon,
            place.keys,
            "page" if here == place.url_name else "true" if here in place.covers else "",
        )
        for place in NAVIGATION
        if place.ability in held
    )


def _pulse_of(workspace: Workspace, clock: Clock) -> Pulse:
    if trouble := explanation_of_trouble(workspace):
        last = (
            _("last heard from DashScope %(ago)s") % {"ago": clock.ago(workspace.last_heard_at)}
            if workspace.last_heard_at
            else _("DashScope was not heard from yet")
        )
        language = get_language() or "en"
        title = trouble.title.in_language(language)
        return Pulse(
            "bad",
            _("%(trouble)s; %(last)s") % {"trouble": title, "last": last},
            trouble.fix.in_language(language),
        )
    if workspace.last_heard_at is None:
        return Pulse("idle", _("DashScope was not heard from yet"))
    return Pulse(
        "ok",
        _("DashScope answered %(ago)s, in %(latency)s ms")
        % {"ago": clock.ago(workspace.last_heard_at), "latency": workspace.latency_ms},
    )
