from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from jobs.models import AuditHead, User, Workspace
from jobs.session_store import SessionStore, history_head


def kept(**data: Any) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return SessionStore(store.session_key)


def test_a_session_comes_with_the_hash_of_the_last_event(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    store = kept(name="value")
    request = RequestFactory().get("/")
    request.session = store

    with django_assert_num_queries(1):
        assert store["name"] == "value"
        head = history_head(request)

    assert head == AuditHead.objects.get().hash != ""


def test_before_the_first_event_the_hash_is_empty(db: None) -> None:
    store = kept(name="value")

    assert store["name"] == "value"
    assert store.history_head == ""


def test_where_no_session_was_read_it_is_asked_for(workspace: Workspace) -> None:
    request = RequestFactory().get("/")
    request.session = SessionStore()

    assert history_head(request) == AuditHead.objects.get().hash


def test_an_unknown_or_ended_session_holds_nothing(db: None) -> None:
    store = kept(name="value")

    with time_machine.travel(Session.objects.get().expire_date + timedelta(seconds=1)):
        assert store.get("name") is None

    assert store.session_key is None
    assert SessionStore("unknown").get("name") is None


def test_signing_out_ends_the_session(client_of: Callable[[User], Client], vera: User) -> None:
    client = client_of(vera)
    assert client.get("/jobs/").status_code == 200
    key = client.session.session_key

    client.post("/accounts/logout/")

    assert not SessionStore().exists(key)
    client.cookies["sessionid"] = key
    assert client.get("/jobs/").status_code == 302
