"""One's own tokens: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.errors import InvalidFields
from jobs.forms import refusals
from jobs.forms.settings_tokens import TokenForm
from jobs.middleware import DeskRequest
from jobs.models import Token
from jobs.services import tokens
from jobs.services.tokens import NewToken


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings_tokens(request: DeskRequest) -> HttpResponse:
    """The list; a POST makes a token, and its answer is the only page that ever shows it."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    made: NewToken | None = None
    if form.is_valid():
        try:
            made = tokens.create(
                request.user,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(),
                actor=request.actor,
            )
        except InvalidFields as refused:
            refusals.show(form, refused)
        else:
            form = TokenForm()
    own = Token.objects.filter(user=request.user).order_by("-id")
    context = {
        "form": form,
        "made": made,
        "tokens": [token for token in own if not token.revoked_at],
        "revoked": [token for token in own if token.revoked_at],
        "now": timezone.now(),
    }
    status = 422 if form.errors else 200
    return render(request, "settings/tokens.html", context, status=status)


@require_POST
def settings_token_revoke(request: DeskRequest, token_id: int) -> HttpResponse:
    """End one of one's own tokens; another's is not found."""
    token = get_object_or_404(Token.objects.filter(user=request.user), pk=token_id)
    tokens.revoke(token, actor=request.actor)
    messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
    return redirect("settings-tokens")
