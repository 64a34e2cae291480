"""Members: their roles, the links that admit more, and leaving."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.choices import Role
from jobs.errors import InvalidFields, LastAdmin, NotPermitted
from jobs.forms import refusals
from jobs.forms.settings_members import InvitationForm, RoleForm
from jobs.middleware import DeskRequest
from jobs.models import Invitation, Membership, Workspace
from jobs.permissions import ABILITIES, Ability, abilities, require
from jobs.services import invitations, members, second_factor
from jobs.services.invitations import NewInvitation
from jobs.views.settings_denied import denied

WHAT_ROLES_MAY = {
    Ability.SEE: gettext_lazy("See every job and what became of it"),
    Ability.SUBMIT: gettext_lazy("Submit and resubmit; settle and delete what they submitted"),
    Ability.RESOLVE_ANY: gettext_lazy("Settle what anybody submitted"),
    Ability.DELETE_ANY: gettext_lazy("Delete at DashScope what anybody submitted"),
    Ability.AUDIT: gettext_lazy("Read and export the whole history, and mark it as reviewed"),
    Ability.ADMINISTER: gettext_lazy(
        "Say who is a member, and under which key the workspace works"
    ),
}


@require_http_methods(["GET", "HEAD"])
def settings_members(request: DeskRequest) -> HttpResponse:
    """The members of one of the person's workspaces: the one named, or the first."""
    own = Workspace.objects.filter(memberships__user=request.user)
    slug = request.GET.get("workspace", "").replace("\x00", "")
    workspace = get_object_or_404(own, slug=slug) if slug else own.first()
    if workspace is None:
        return render(request, "settings/members_none.html", {})
    return _page(request, workspace, InvitationForm())


@never_cache
@require_POST
def settings_invitations(request: DeskRequest, slug: str) -> HttpResponse:
    """Make a link; the answer is the only page that ever shows it."""
    workspace = _visible(request, slug)
    form = InvitationForm(request.POST)
    made: NewInvitation | None = None
    try:
        require(request.actor, Ability.ADMINISTER, workspace)
        if form.is_valid():
            made = invitations.invite(
                workspace,
                role=form.wanted,
                note=form.cleaned_data["note"],
                days=int(form.cleaned_data["days"]),
                actor=request.actor,
            )
            form = InvitationForm()
    except NotPermitted:
        return _denied(request)
    except InvalidFields as refused:
        refusals.show(form, refused)
    return _page(request, workspace, form, made)


@require_POST
def settings_invitation_revoke(request: DeskRequest, invitation_id: int) -> HttpResponse:
    """Make a link void that nobody has followed yet."""
    own = Invitation.objects.filter(workspace__memberships__user=request.user)
    invitation = get_object_or_404(own.select_related("workspace"), pk=invitation_id)
    try:
        invitations.revoke(invitation, actor=request.actor)
    except NotPermitted:
        return _denied(request)
    messages.success(request, _("The link admits nobody any more."))
    return redirect(_address(invitation.workspace))


@require_POST
def settings_member_role(request: DeskRequest, membership_id: int) -> HttpResponse:
    """Give a member another role."""
    membership = _visible_membership(request, membership_id)
    form = RoleForm(request.POST)
    try:
        require(request.actor, Ability.ADMINISTER, membership.workspace)
        if form.is_valid():
            members.add(membership.workspace, membership.user, form.wanted, actor=request.actor)
            words = {"member": membership.user.label, "role": form.wanted.label}
            messages.success(request, _("%(member)s is %(role)s now.") % words)
    except NotPermitted:
        return _denied(request)
    except LastAdmin:
        messages.error(request, _last_admin())
    return redirect(_address(membership.workspace))


@require_http_methods(["GET", "HEAD", "POST"])
def settings_member_remove(request: DeskRequest, membership_id: int) -> HttpResponse:
    """Ask, then end a membership: one's own, or another's for an admin."""
    membership = _visible_membership(request, membership_id)
    workspace, leaves = membership.workspace, membership.user == request.user
    if not leaves and Ability.ADMINISTER not in abilities(request.user.pk, workspace):
        return _denied(request)
    if request.method != "POST":
        context = {"membership": membership, "leaves": leaves, "back": _address(workspace)}
        return render(request, "settings/member_remove.html", context)
    try:
        members.remove(membership, actor=request.actor)
    except NotPermitted:
        return _denied(request)
    except LastAdmin:
        messages.error(request, _last_admin())
        return redirect(_address(workspace))
    if leaves:
        messages.success(request, _("You left %(workspace)s.") % {"workspace": workspace})
        return redirect("settings-members")
    words = {"member": membership.user.label, "workspace": workspace}
    messages.success(request, _("%(member)s is no longer a member of %(workspace)s.") % words)
    return redirect(_address(workspace))


def _page(
    request: DeskRequest,
    workspace: Workspace,
    form: InvitationForm,
    made: NewInvitation | None = None,
) -> HttpResponse:
    own = Workspace.objects.filter(memberships__user=request.user)
    memberships = workspace.memberships.select_related("user", "workspace").order_by(
        "user__first_name", "user__username"
    )
    may_administer = Ability.ADMINISTER in abilities(request.user.pk, workspace)
    context = {
        "workspace": workspace,
        "workspaces": own,
        "memberships": memberships,
        "may_administer": may_administer,
        "factor_holders": second_factor.holders(member.user_id for member in memberships)
        if may_administer
        else set(),
        "roles": Role.choices,
        "what_roles_may": [
            (sentence, [(role, ability in ABILITIES[role]) for role in Role])
            for ability, sentence in WHAT_ROLES_MAY.items()
        ],
        "form": form,
        "invitations": invitations.open_ones(workspace) if may_administer else [],
        "link": request.build_absolute_uri(reverse("invitation", args=[made.text])) if made else "",
        "made": made,
    }
    status = 422 if form.errors else 200
    return render(request, "settings/members.html", context, status=status)


def _visible(request: DeskRequest, slug: str) -> Workspace:
    return get_object_or_404(Workspace, slug=slug, memberships__user=request.user)


def _visible_membership(request: DeskRequest, membership_id: int) -> Membership:
    own = Membership.objects.filter(workspace__memberships__user=request.user)
    return get_object_or_404(own.select_related("workspace", "user"), pk=membership_id)


def _address(workspace: Workspace) -> str:
    return f"{reverse('settings-members')}?workspace={workspace.slug}"


def _denied(request: DeskRequest) -> HttpResponse:
    why = _("Who is a member, and as what, is for the workspace's admins to say.")
    return denied(request, why, reverse("settings-members"))


def _last_admin() -> str:
    return _("Nobody else administers this workspace. Make somebody else an admin first.")
