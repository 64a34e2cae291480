"""The addresses of the pages. A name, its view and its template share one stem."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from jobs.api import v1
from jobs.views import (
    accounts,
    acts,
    audit_acts,
    audit_event,
    audit_exceptions,
    audit_history,
    audit_report,
    chrome,
    health,
    import_form,
    invitations,
    job_detail,
    job_export,
    job_list,
    list_columns,
    metrics,
    overview,
    saved_views,
    selection,
    set_up,
    settings_members,
    settings_notices,
    settings_tokens,
    settings_workspaces,
    shortcuts,
    styleguide,
)

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("jobs/", job_list.job_list, name="job-list"),
    path("jobs/new/", import_form.job_new, name="job-new"),
    path("jobs/selection/", selection.selection, name="selection"),
    path("jobs/export/<slug:form>/", job_export.jobs_export, name="jobs-export"),
    path("jobs/delete/", selection.jobs_delete, name="jobs-delete"),
    path("jobs/views/", saved_views.view_save, name="view-save"),
    path("jobs/views/<int:view_id>/remove/", saved_views.view_remove, name="view-remove"),
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
    path("audit/", audit_history.audit_history, name="audit-history"),
    path("audit/exceptions/", audit_exceptions.audit_exceptions, name="audit-exceptions"),
    path("audit/report/", audit_report.audit_report, name="audit-report"),
    path("audit/review/", audit_acts.audit_review, name="audit-review"),
    path("audit/verify/", audit_acts.audit_verify, name="audit-verify"),
    path("audit/export/<slug:form>/", audit_acts.audit_export, name="audit-export"),
    path("audit/events/<int:seq>/", audit_event.audit_event, name="audit-event"),
    path("audit/events/<int:seq>/note/", audit_acts.audit_note, name="audit-note"),
    path("accounts/login/", accounts.login, name="login"),
    path("accounts/logout/", accounts.logout, name="logout"),
    path("set-up/<str:token>/", set_up.set_up, name="set-up"),
    path("preferences/language/", login_not_required(set_language), name="set_language"),
    path("preferences/theme/", chrome.theme, name="theme"),
    path("preferences/columns/", list_columns.columns, name="columns"),
    path("shortcuts/", shortcuts.shortcuts, name="shortcuts"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("pulse/", chrome.pulse, name="pulse"),
    path("favicon.ico", chrome.favicon, name="favicon"),
    path("settings/", RedirectView.as_view(pattern_name="settings-workspaces"), name="settings"),
    path(
        "settings/workspaces/", settings_workspaces.settings_workspaces, name="settings-workspaces"
    ),
    path(
        "settings/new-workspace/",
        settings_workspaces.settings_workspace_new,
        name="settings-workspace-new",
    ),
    path(
        "settings/workspaces/<slug:slug>/",
        settings_workspaces.settings_workspace,
        name="settings-workspace",
    ),
    path(
        "settings/workspaces/<slug:slug>/check/",
        settings_workspaces.settings_workspace_check,
        name="settings-workspace-check",
    ),
    path("settings/members/", settings_members.settings_members, name="settings-members"),
    path(
        "settings/members/<int:membership_id>/role/",
        settings_members.settings_member_role,
        name="settings-member-role",
    ),
    path(
        "settings/members/<int:membership_id>/remove/",
        settings_members.settings_member_remove,
        name="settings-member-remove",
    ),
    path(
        "settings/members/<slug:slug>/invitations/",
        settings_members.settings_invitations,
        name="settings-invitations",
    ),
    path(
        "settings/invitations/<int:invitation_id>/revoke/",
        settings_members.settings_invitation_revoke,
        name="settings-invitation-revoke",
    ),
    path("settings/tokens/", settings_tokens.settings_tokens, name="settings-tokens"),
    path(
        "settings/tokens/<int:token_id>/revoke/",
        settings_tokens.settings_token_revoke,
        name="settings-token-revoke",
    ),
    path("settings/notices/", settings_notices.settings_notices, name="settings-notices"),
    path(
        "settings/notices/<int:rule_id>/remove/",
        settings_notices.settings_notice_remove,
        name="settings-notice-remove",
    ),
    path(
        "settings/notices/<int:rule_id>/test/",
        settings_notices.settings_notice_test,
        name="settings-notice-test",
    ),
    path("invitations/<str:text>/", invitations.invitation, name="invitation"),
    path("api/v1/", v1.urls()),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

if settings.SSO_ON:
    from jobs.views import single_sign_on

    # allauth looks the callbacks up under names of its own.
    urlpatterns += [
        path(
            "accounts/single-sign-on/<str:provider>/",
            single_sign_on.start,
            name="single-sign-on",
        ),
        path(
            "accounts/single-sign-on/<str:provider_id>/callback/",
            single_sign_on.callback,
            name="openid_connect_callback",
        ),
        *(
            path(
                f"accounts/single-sign-on/{name}/callback/",
                single_sign_on.callback,
                {"provider_id": name},
                name=f"{name}_callback",
            )
            for name in ("dingtalk", "feishu")
        ),
    ]

if settings.SECOND_FACTOR_ON:
    from jobs.views import second_step, settings_second_factor

    urlpatterns += [
        path("accounts/login/code/", second_step.second_step, name="second-step"),
        path(
            "settings/second-factor/",
            settings_second_factor.settings_second_factor,
            name="settings-second-factor",
        ),
        path(
            "settings/second-factor/set-up/",
            settings_second_factor.settings_second_factor_set_up,
            name="settings-second-factor-set-up",
        ),
        path(
            "settings/second-factor/codes/",
            settings_second_factor.settings_second_factor_codes,
            name="settings-second-factor-codes",
        ),
        path(
            "settings/second-factor/off/",
            settings_second_factor.settings_second_factor_off,
            name="settings-second-factor-off",
        ),
        path(
            "settings/members/<int:membership_id>/second-factor/",
            settings_second_factor.settings_member_second_factor,
            name="settings-member-second-factor",
        ),
    ]
