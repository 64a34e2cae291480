"""The page for whoever may see a workspace and not administer it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def denied(request: HttpRequest, why: str, back: str) -> HttpResponse:
    """403, with the reason and the way back."""
    return render(request, "settings/denied.html", {"why": why, "back": back}, status=403)
