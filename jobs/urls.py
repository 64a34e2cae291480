"""The addresses of the pages. A name, its view and its template share one stem."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from jobs.api import v1
from jobs.views import (
    accounts,
    acts,
    chrome,
    health,
    import_form,
    job_detail,
    job_list,
    overview,
    set_up,
)

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("jobs/", job_list.job_list, name="job-list"),
    path("jobs/new/", import_form.job_new, name="job-new"),
    path("jobs/<int:job_id>/", job_detail.job_detail, name="job-detail"),
    path("jobs/<int:job_id>/resubmit/", import_form.job_resubmit, name="job-resubmit"),
    path("jobs/<int:job_id>/delete/", acts.job_delete, name="job-delete"),
    path("jobs/<int:job_id>/resolve/", acts.job_resolve, name="job-resolve"),
    path(
        "jobs/<int:job_id>/exchanges/<int:exchange_id>/request/",
        job_detail.job_exchange,
        {"part": "request"},
        name="job-exchange-request",
    ),
    path(
        "jobs/<int:job_id>/exchanges/<int:exchange_id>/response/",
        job_detail.job_exchange,
        {"part": "response"},
        name="job-exchange-response",
    ),
    path("accounts/login/", accounts.login, name="login"),
    path("accounts/logout/", accounts.logout, name="logout"),
    path("set-up/<str:token>/", set_up.set_up, name="set-up"),
    path("preferences/language/", login_not_required(set_language), name="set_language"),
    path("preferences/theme/", chrome.theme, name="theme"),
    path("pulse/", chrome.pulse, name="pulse"),
    path("favicon.ico", chrome.favicon, name="favicon"),
    path("api/v1/", v1.urls()),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
