"""Who may do what at which address: one row for each method that an address takes.

A new address needs a row here, or test_roles.py fails. Statuses stand in the order of WHO; one
alone is everybody's. The stage of the words in braces is `stage` in test_roles.py.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.api.calling import FIELDS

WHO = ("signed_out", "stranger", "viewer", "submitter", "auditor", "admin")

# Open pages, the sign-in page for whoever is not signed in, and nothing for strangers.
MEMBERS = "302 404 200 200 200 200"
SIGNED_IN = "302 200 200 200 200 200"
API_MEMBERS = "401 404 200 200 200 200"
AUDITORS = "302 404 403 403 200 200"
AUDITORS_ACT = "302 404 403 403 302 302"


@dataclass(frozen=True)
class Row:
    """One method of one address, and how it answers each of WHO."""

    name: str
    method: str
    address: str
    statuses: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def by_who(self) -> dict[str, int]:
        """The expected status of each."""
        found = [int(status) for status in self.statuses.split()]
        return dict(zip(WHO, found * len(WHO) if len(found) == 1 else found, strict=False))


IMPORT = {"workspace": "main", "form_token": "a-form"} | FIELDS
ROLE = {"role": "viewer"}
INVITATION = {"role": "viewer", "days": "7", "note": ""}
WORKSPACE = {"name": "Renamed", "region": "environment", "key_reference": ""}
NOTICES = {
    "owner": "me",
    "kind": "slack",
    "target": "https://hooks.slack.com/services/T0/B0/x",
    "happenings": ["failed"],
    "language": "en",
}

PAGES = [
    Row("overview", "GET", "/", SIGNED_IN),
    Row("job-list", "GET", "/jobs/", SIGNED_IN),
    Row("job-new", "GET", "/jobs/new/", "302 403 403 200 403 200"),
    Row("job-new", "POST", "/jobs/new/", "302 403 403 302 403 302", IMPORT),
    Row("job-detail", "GET", "/jobs/{own}/", MEMBERS),
    Row("job-resubmit", "GET", "/jobs/{failed}/resubmit/", "302 404 403 200 403 200"),
    Row("job-resubmit", "POST", "/jobs/{failed}/resubmit/", "302 404 403 302 403 302", IMPORT),
    Row("job-delete", "GET", "/jobs/{own}/delete/", "302 404 403 200 403 200"),
    Row("job-delete", "GET", "/jobs/{others}/delete/", "302 404 403 403 403 200"),
    Row(
        "job-delete",
        "POST",
        "/jobs/{others}/delete/",
        "302 404 403 403 403 302",
        {"confirm": "Others"},
    ),
    Row("job-resolve", "GET", "/jobs/{conflict}/resolve/", "302 404 403 200 403 200"),
    Row(
        "job-resolve",
        "POST",
        "/jobs/{conflict}/resolve/",
        "302 404 403 302 403 302",
        {"choice": "job:import-1"},
    ),
    Row("job-exchange-request", "GET", "/jobs/{own}/exchanges/{exchange}/request/", MEMBERS),
    Row("job-exchange-response", "GET", "/jobs/{own}/exchanges/{exchange}/response/", MEMBERS),
    Row("selection", "POST", "/jobs/selection/", "302 302 302 302 302 302"),
    Row(
        "selection",
        "POST",
        "/jobs/selection/",
        "302 302 200 200 200 200",
        {"job": "{own}", "act": "export"},
    ),
    Row("jobs-export", "GET", "/jobs/export/csv/", SIGNED_IN),
    Row("jobs-export", "GET", "/jobs/export/jsonl/", SIGNED_IN),
    Row("jobs-delete", "GET", "/jobs/delete/?job={own}", "302 302 409 200 409 200"),
    Row(
        "jobs-delete",
        "POST",
        "/jobs/delete/",
        "302 302 409 302 409 302",
        {"job": "{own}", "confirm": "delete 1"},
    ),
    Row(
        "view-save",
        "POST",
        "/jobs/views/",
        "302 404 403 302 403 302",
        {"workspace": "main", "name": "Failed", "query": "status=failed"},
    ),
    Row("view-remove", "POST", "/jobs/views/{view}/remove/", "302 404 403 403 403 302"),
    Row("columns", "POST", "/preferences/columns/", "302", {"column": "age"}),
    Row("audit-history", "GET", "/audit/", AUDITORS),
    Row("audit-exceptions", "GET", "/audit/exceptions/", AUDITORS),
    Row("audit-report", "GET", "/audit/report/", AUDITORS),
    Row("audit-event", "GET", "/audit/events/1/", AUDITORS),
    Row("audit-export", "GET", "/audit/export/zip/", AUDITORS),
    Row("audit-export", "GET", "/audit/export/csv/", AUDITORS),
    Row("audit-export", "GET", "/audit/export/jsonl/", AUDITORS),
    Row("audit-review", "POST", "/audit/review/", AUDITORS_ACT, {"up_to": "1"}),
    Row("audit-verify", "POST", "/audit/verify/", AUDITORS_ACT),
    Row("audit-note", "POST", "/audit/events/1/note/", AUDITORS_ACT, {"note": "Seen."}),
    Row("login", "GET", "/accounts/login/", "200 302 302 302 302 302"),
    Row("login", "POST", "/accounts/login/", "422", {"username": "bob", "password": "wrong"}),
    Row("logout", "POST", "/accounts/logout/", "302"),
    Row("set-up", "GET", "/set-up/guess/", "404"),
    Row("set-up", "POST", "/set-up/guess/", "404"),
    Row("set_language", "POST", "/preferences/language/", "302", {"language": "zh-hans"}),
    Row("theme", "POST", "/preferences/theme/", "302", {"theme": "dark"}),
    Row("pulse", "GET", "/pulse/", SIGNED_IN),
    Row("shortcuts", "GET", "/shortcuts/", SIGNED_IN),
    Row("shortcuts", "POST", "/shortcuts/", "302", {"shortcuts": "off"}),
    Row("styleguide", "GET", "/styleguide/", "404"),  # 200 when DEBUG
    Row("healthz", "GET", "/healthz", "200"),
    Row("readyz", "GET", "/readyz", "503"),
    Row("metrics", "GET", "/metrics", "200"),
    Row("favicon", "GET", "/favicon.ico", "302"),
]
SETTINGS = [
    Row("settings", "GET", "/settings/", "302"),
    Row("settings-workspaces", "GET", "/settings/workspaces/", SIGNED_IN),
    Row("settings-workspace-new", "GET", "/settings/new-workspace/", "302 403 403 403 403 200"),
    Row(
        "settings-workspace-new",
        "POST",
        "/settings/new-workspace/",
        "302 403 403 403 403 422",
        WORKSPACE,
    ),
    Row("settings-workspace", "GET", "/settings/workspaces/main/", "302 404 403 403 403 200"),
    Row(
        "settings-workspace",
        "POST",
        "/settings/workspaces/main/",
        "302 404 403 403 403 302",
        WORKSPACE,
    ),
    Row(
        "settings-workspace-check",
        "POST",
        "/settings/workspaces/main/check/",
        "302 404 403 403 403 302",
    ),
    Row("settings-members", "GET", "/settings/members/?workspace=main", MEMBERS),
    Row(
        "settings-member-role",
        "POST",
        "/settings/members/{membership}/role/",
        "302 404 403 403 403 302",
        ROLE,
    ),
    Row(
        "settings-member-remove",
        "GET",
        "/settings/members/{membership}/remove/",
        "302 404 403 403 403 200",
    ),
    Row(
        "settings-member-remove",
        "POST",
        "/settings/members/{membership}/remove/",
        "302 404 403 403 403 302",
    ),
    Row(
        "settings-invitations",
        "POST",
        "/settings/members/main/invitations/",
        "302 404 403 403 403 200",
        INVITATION,
    ),
    Row(
        "settings-invitation-revoke",
        "POST",
        "/settings/invitations/{invitation}/revoke/",
        "302 404 403 403 403 302",
    ),
    Row("settings-tokens", "GET", "/settings/tokens/", SIGNED_IN),
    Row(
        "settings-tokens",
        "POST",
        "/settings/tokens/",
        "302 200 200 200 200 200",
        {"name": "new", "scopes": ["read"], "life": "30"},
    ),
    Row(
        "settings-token-revoke",
        "POST",
        "/settings/tokens/{submitters_token}/revoke/",
        "302 404 404 302 404 404",
    ),
    Row("settings-notices", "GET", "/settings/notices/", SIGNED_IN),
    Row("settings-notices", "POST", "/settings/notices/", SIGNED_IN, NOTICES),
    # Whoever does not administer the workspace is not offered it, and cannot choose it.
    Row(
        "settings-notices",
        "POST",
        "/settings/notices/",
        "302 422 422 422 422 200",
        NOTICES | {"owner": "in:main"},
    ),
    Row(
        "settings-notice-remove",
        "POST",
        "/settings/notices/{rule}/remove/",
        "302 404 404 404 404 302",
    ),
    Row(
        "settings-notice-test",
        "POST",
        "/settings/notices/{rule}/test/",
        "302 404 404 404 404 302",
    ),
    Row("invitation", "GET", "/invitations/{link}/", "200"),
    Row("invitation", "GET", "/invitations/guess/", "410"),
    Row("invitation", "POST", "/invitations/{link}/", "422 302 302 302 302 302"),
    Row("api:documentation", "GET", "/api/v1/docs", SIGNED_IN),
    Row("api:openapi", "GET", "/api/v1/openapi.json", "200"),
    Row("api:api-root", "GET", "/api/v1/", "404"),
]
# With a token of all scopes; signed out means without one.
API = [
    Row("api:list_jobs", "GET", "/api/v1/jobs", "401 200 200 200 200 200"),
    Row("api:submit_job", "POST", "/api/v1/jobs", "401 404 403 201 403 201", FIELDS),
    Row("api:get_job", "GET", "/api/v1/jobs/{own}", API_MEMBERS),
    Row("api:list_job_events", "GET", "/api/v1/jobs/{own}/events", API_MEMBERS),
    Row("api:export_history", "GET", "/api/v1/audit/export", "401 403 403 403 200 200"),
    Row("api:list_events", "GET", "/api/v1/audit/events", "401 403 403 403 200 200"),
    Row("api:delete_job", "DELETE", "/api/v1/jobs/{own}", "401 404 403 202 403 202"),
    Row("api:delete_job", "DELETE", "/api/v1/jobs/{others}", "401 404 403 403 403 202"),
    Row(
        "api:resolve_job",
        "POST",
        "/api/v1/jobs/{conflict}/resolve",
        "401 404 403 200 403 200",
        {"job_id": "import-1"},
    ),
    Row(
        "api:resubmit_job",
        "POST",
        "/api/v1/jobs/{failed}/resubmit",
        "401 404 403 201 403 201",
    ),
]
ROWS = PAGES + SETTINGS + API

# Where SECOND_FACTOR is on, which takes settings of its own: tests/sso/second_factor_pages.py.
# The membership there is somebody's who has a second factor.
SECOND_FACTOR = [
    Row("second-step", "GET", "/accounts/login/code/", "302"),
    Row("second-step", "POST", "/accounts/login/code/", "302", {"code": "123456"}),
    Row("settings-second-factor", "GET", "/settings/second-factor/", SIGNED_IN),
    Row("settings-second-factor-set-up", "GET", "/settings/second-factor/set-up/", SIGNED_IN),
    Row(
        "settings-second-factor-set-up",
        "POST",
        "/settings/second-factor/set-up/",
        "302 422 422 422 422 422",
        {"code": "123456", "password": "wrong"},
    ),
    Row(
        "settings-second-factor-codes",
        "POST",
        "/settings/second-factor/codes/",
        "302 422 422 422 422 422",
        {"password": "wrong"},
    ),
    Row(
        "settings-second-factor-off",
        "POST",
        "/settings/second-factor/off/",
        "302 422 422 422 422 422",
        {"password": "wrong"},
    ),
    Row(
        "settings-member-second-factor",
        "GET",
        "/settings/members/{membership}/second-factor/",
        "302 404 403 403 403 200",
    ),
    Row(
        "settings-member-second-factor",
        "POST",
        "/settings/members/{membership}/second-factor/",
        "302 404 403 403 403 302",
    ),
]
