"""Version 1 of the API, put together."""

from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI

from jobs.api import acts, document, documentation, faults, history, jobs, submissions
from jobs.api.bearer import Bearer

api = NinjaAPI(
    title="Import Desk",
    version="1",
    urls_namespace="api",
    auth=Bearer(),
    # Served by document.py: the same document, in the reader's language and without a script.
    openapi_url=None,
    docs_url=None,
)
faults.register(api)
# Those that are about jobs share a router.
for router in dict.fromkeys(subject.router for subject in (jobs, submissions, acts, history)):
    api.add_router("", router)


def urls() -> tuple[list[URLPattern | URLResolver], str, str]:
    """The addresses under /api/v1/. A token opens them, so that no sign-in page is shown."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        # What LoginRequiredMiddleware asks; Ninja's views take no decorator.
        vars(pattern.callback)["login_required"] = False
    return [*document.urls(api), *documentation.urls(api), *patterns], app_name, namespace
