"""What auditors do: mark, note, have the history verified, and export it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jobs.errors import InvalidFields
from jobs.forms import refusals
from jobs.forms.audit_note import NoteForm
from jobs.middleware import DeskRequest
from jobs.models import AuditEvent
from jobs.services import chain_verification, exports, exports_bundle, history_search, reviews
from jobs.services.history_reach import Reach
from jobs.templatetags.clock import Clock
from jobs.views.audit_event import event_page
from jobs.views.audit_reach import for_auditors
from jobs.views.chrome import safe_next

FORMS: dict[str, tuple[str, Any]] = {
    "csv": ("text/csv; charset=utf-8", exports.csv_rows),
    "jsonl": ("application/jsonl; charset=utf-8", exports.json_lines),
    "zip": ("application/zip", exports_bundle.stream),
}


@require_POST
@for_auditors
def audit_review(request: DeskRequest, reach: Reach) -> HttpResponse:
    """Mark the history as reviewed up to an event."""
    text = request.POST.get("up_to", "")
    up_to = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    try:
        moved = reviews.mark(up_to, actor=request.actor)
    except InvalidFields as refused:
        messages.error(request, refused.fields["up_to"][0])
    else:
        if moved:
            said = _("The history is marked as reviewed up to event %(number)s.")
            messages.success(request, said % {"number": up_to})
        else:
            messages.info(request, _("It was reviewed as far as that already."))
    return redirect(safe_next(request, request.POST.get("next", "") or reverse("audit-history")))


@require_POST
@for_auditors
def audit_note(request: DeskRequest, reach: Reach, seq: int) -> HttpResponse:
    """Write a note on an event."""
    form = NoteForm(request.POST)
    try:
        if form.is_valid():
            reviews.note(seq, form.cleaned_data["note"], actor=request.actor)
            messages.success(request, _("Your note is part of the history now."))
            return redirect("audit-event", seq)
    except AuditEvent.DoesNotExist:
        raise Http404 from None
    except InvalidFields as refused:
        refusals.show(form, refused)
    return event_page(request, reach, seq, form, status=422)


@require_POST
@for_auditors
def audit_verify(request: DeskRequest, reach: Reach) -> HttpResponse:
    """Have the worker verify the whole history."""
    chain_verification.request(actor=request.actor)
    messages.info(request, _("The worker verifies the history; the result appears here."))
    return redirect("audit-history")


@require_safe
@for_auditors
def audit_export(
    request: DeskRequest, reach: Reach, form: str
) -> HttpResponse | StreamingHttpResponse:
    """Exactly what is filtered, as a file that is made while it is sent."""
    if form not in FORMS:
        raise Http404
    content_type, stream = FORMS[form]
    zone = Clock.of(request).zone
    search, problems = history_search.read(request.GET, request.GET.getlist("verb"), zone)
    if problems:
        # What would be exported is not what was asked for.
        return redirect(f"{reverse('audit-history')}?{request.GET.urlencode()}")
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type)
    export = exports.begin(search, form=form, actor=request.actor)
    response = StreamingHttpResponse(
        stream(export, get_language() or "en"), content_type=content_type
    )
    name = f"history-to-event-{export.last}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
