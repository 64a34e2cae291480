"""The floor's page behind the site's own middleware and context processors: what they cost."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from importer_site.urls import urlpatterns as site
from tests.bench.floor import PAGE

EMPTY = engines["django"].from_string(PAGE.decode())


def framed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(EMPTY.render({}, request))


urlpatterns = [path("framed", framed), *site]
