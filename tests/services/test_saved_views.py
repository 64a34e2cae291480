import pytest

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import AuditEvent, SavedView, User, Workspace
from jobs.permissions import ABILITIES
from jobs.services import history, saved_views


def acting(person: User) -> Actor:
    return Actor(kind="person", label=person.label, user_id=person.pk)


def save(workspace: Workspace, person: User, name: str = "Mine") -> SavedView:
    return saved_views.save(workspace, name=name, query="status=failed", actor=acting(person))


def test_it_keeps_the_filters_and_not_where_somebody_stood(workspace: Workspace, bob: User) -> None:
    view = saved_views.save(
        workspace,
        name="  失败的   imports ",
        query="sort=oldest&cursor=after-1-1&top=from-1-1&q=a%26b&status=failed&other=x&since=",
        actor=acting(bob),
    )

    assert (view.name, view.query) == ("失败的 imports", "status=failed&q=a%26b&sort=oldest")
    assert list(saved_views.of([workspace])) == [view]
    assert view.created_by_label == "Bob"


def test_saving_and_removing_are_in_the_history(workspace: Workspace, bob: User) -> None:
    saved_views.remove(save(workspace, bob), actor=acting(bob))

    verbs = [Verb.VIEW_SAVED, Verb.VIEW_REMOVED]
    events = AuditEvent.objects.filter(verb__in=verbs, workspace_id=workspace.pk)
    assert [entry.sentence for entry in history.entries(events)] == [
        "Bob saved the view Mine",
        "Bob removed the view Mine",
    ]
    assert not SavedView.objects.exists()


def test_a_name_is_used_once_in_a_workspace(workspace: Workspace, bob: User) -> None:
    save(workspace, bob)

    with pytest.raises(InvalidFields) as refused:
        save(workspace, bob)

    assert list(refused.value.fields) == ["name"]
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("", "q=x"),
        ("   ", "q=x"),
        ("n" * 81, "q=x"),
        ("a\x00b", "q=x"),
        ("Everything", ""),
        ("Everything", "cursor=after-1-1"),
        ("Long", "q=" + "x" * 2000),
    ],
)
def test_what_makes_no_view_is_refused(
    workspace: Workspace, bob: User, name: str, query: str
) -> None:
    with pytest.raises(InvalidFields):
        saved_views.save(workspace, name=name, query=query, actor=acting(bob))

    assert not SavedView.objects.exists()


def test_who_may_only_read_saves_nothing(
    workspace: Workspace, vera: User, ada: User, charlie: User
) -> None:
    for person in (vera, ada, charlie):
        with pytest.raises(NotPermitted):
            save(workspace, person)


def test_one_removes_ones_own_and_an_admin_any(
    workspace: Workspace, alice: User, bob: User, vera: User
) -> None:
    admins, bobs = save(workspace, alice, "Admin's"), save(workspace, bob, "Bob's")

    for person, view in ((bob, admins), (vera, bobs)):
        with pytest.raises(NotPermitted):
            saved_views.remove(view, actor=acting(person))
    saved_views.remove(bobs, actor=acting(alice))

    assert list(SavedView.objects.all()) == [admins]


def test_a_view_of_nobody_is_not_everybodys(workspace: Workspace, bob: User) -> None:
    view = save(workspace, bob)
    SavedView.objects.update(created_by=None)
    view.refresh_from_db()

    assert not saved_views.may_remove(view, None, ABILITIES["submitter"])
