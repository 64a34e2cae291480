"""The floor: a constant page of 20 KB behind sign-in, which every figure is a multiple of."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

PAGE = b"<!doctype html><title>Floor</title>".ljust(20 * 1024, b".")


@login_required
def floor(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


urlpatterns = [path("floor", floor)]
