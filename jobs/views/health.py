"""For load balancers and operators: does the process run, and can it do its work?"""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.services import workers

log = logging.getLogger(__name__)

OK = "ok"


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers; it looks at nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the database answers, has every migration and a worker is alive, else 503."""
    found = {"database": "unreachable", "migrations": "unknown", "worker": "unknown"}
    try:
        found |= {"migrations": _migrations(), "database": OK}
        if found["migrations"] == OK:
            found["worker"] = OK if workers.is_recent(workers.last_heard_at()) else "silent"
    except DatabaseError as error:
        log.warning("the database does not answer: %s", error)
    ready = all(state == OK for state in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else OK
