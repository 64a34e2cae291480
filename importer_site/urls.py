"""The site's addresses: all of them belong to the jobs app."""

from django.urls import include, path

urlpatterns = [path("", include("jobs.urls"))]

handler400 = "jobs.views.faults.bad_request"
handler403 = "jobs.views.faults.forbidden"
handler404 = "jobs.views.faults.not_found"
handler500 = "jobs.views.faults.server_error"
