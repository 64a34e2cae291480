import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from django.db import connection, transaction
from django.test import Client

from jobs.choices import Role
from jobs.models import Attempt, AuditEvent, ImportJob, User, Workspace
from tests.making import make_job, make_person, sign_in
from tests.views.form_posts import form_post, token_in

ClientOf = Callable[[User], Client]


def test_it_shows_the_consoles_fields(client_of: ClientOf, bob: User) -> None:
    page = client_of(bob).get("/jobs/new/").content.decode()

    for label in ("Base model", "Model name", "Tuning type", "Import source", "Bucket"):
        assert label in page
    assert "Model directory" in page
    assert "From OSS" in page


def test_it_asks_in_the_consoles_order(client_of: ClientOf, bob: User) -> None:
    page = client_of(bob).get("/jobs/new/").content.decode()

    order = [page.index(f'name="{name}"') for name in ("base_model", "weight_type", "bucket_name")]
    assert order == sorted(order)


def test_it_submits_and_leads_to_the_job(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).post("/jobs/new/", form_post())

    job = ImportJob.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/jobs/{job.pk}/")
    assert job.submitted_by == bob
    assert (job.display_name, job.object_key) == ("客服意图 LoRA v8", "cs/intent-v8/")
    assert Attempt.objects.get().state == "intended"


def test_it_notes_who_submitted_from_where_with_what(client_of: ClientOf, bob: User) -> None:
    client_of(bob).post("/jobs/new/", form_post(), REMOTE_ADDR="10.0.3.21")

    event = json.loads(AuditEvent.objects.get(verb="job.submitted").canonical)
    assert "cs/intent-v8/" in json.dumps(event["data"])
    assert {"actor", "address"} <= event["personal"].keys()


def test_it_leads_to_the_same_job_however_often_it_is_posted(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    posted = form_post(form_token=token_in(client.get("/jobs/new/")))

    addresses = {client.post("/jobs/new/", posted)["Location"] for _ in range(3)}

    assert addresses == {f"/jobs/{ImportJob.objects.get().pk}/"}


def test_it_gives_each_rendering_a_token_of_its_own(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    assert token_in(client.get("/jobs/new/")) != token_in(client.get("/jobs/new/"))


def test_it_says_that_the_form_became_a_job_when_it_was_changed_since(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    posted = form_post()
    client.post("/jobs/new/", posted)
    job = ImportJob.objects.get()

    response = client.post("/jobs/new/", posted | {"object_key": "cs/intent-v9/"})
    page = response.content.decode()

    assert ImportJob.objects.count() == 1
    assert f"This form already became job {job.pk}" in page
    assert f'href="/jobs/{job.pk}/"' in page
    assert 'value="cs/intent-v9/"' in page
    assert token_in(response) != posted["form_token"]

    again = client.post(
        "/jobs/new/",
        posted | {"object_key": "cs/intent-v9/", "form_token": token_in(response)},
    )

    assert again.status_code == 302
    assert ImportJob.objects.count() == 2


def test_it_does_not_let_two_people_share_a_token(
    client_of: ClientOf, alice: User, bob: User
) -> None:
    posted = form_post()
    client_of(alice).post("/jobs/new/", posted)

    client_of(bob).post("/jobs/new/", posted | {"object_key": "cs/intent-v9/"})

    assert ImportJob.objects.count() == 2


@pytest.mark.parametrize("token", ["", "not-a-uuid", "\x00", "9" * 5000, "--' OR 1=1"])
def test_it_submits_once_a_post_whatever_the_token(
    client_of: ClientOf, bob: User, token: str
) -> None:
    response = client_of(bob).post("/jobs/new/", form_post() | {"form_token": token})

    assert response.status_code == 302
    assert ImportJob.objects.count() == 1


def test_it_puts_each_message_at_its_field_and_keeps_what_was_typed(
    client_of: ClientOf, bob: User
) -> None:
    typed = form_post(
        base_model="千问 3", display_name="  " + "长" * 51, bucket_name="Acme_Models"
    ) | {"object_key": "/"}

    response = client_of(bob).post("/jobs/new/", typed)
    page = response.content.decode()

    assert response.status_code == 200
    assert ImportJob.objects.count() == 0
    for name in ("base_model", "display_name", "bucket_name", "object_key"):
        assert f'id="id_{name}_error"' in page
        assert f'<a href="#id_{name}">' in page  # in the summary
        assert f'value="{typed[name]}"' in page
    assert 'aria-describedby="id_base_model_helptext id_base_model_error"' in page
    assert page.count('aria-invalid="true"') == 4
    assert 'role="alert"' in page
    assert token_in(response) == typed["form_token"]


def test_it_offers_the_corrected_path_as_a_button_that_needs_no_script(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    typed = form_post(object_key="cs/intent-v8")

    page = client.post("/jobs/new/", typed).content.decode()
    assert 'name="use_object_key" value="cs/intent-v8/">' in page

    taken = client.post("/jobs/new/", typed | {"use_object_key": "cs/intent-v8/"})
    page = taken.content.decode()

    assert taken.status_code == 200
    assert 'name="object_key" value="cs/intent-v8/"' in page
    assert 'role="alert"' not in page
    assert ImportJob.objects.count() == 0
    assert token_in(taken) == typed["form_token"]


def test_it_never_makes_a_suggestion_the_button_that_enter_presses(
    client_of: ClientOf, bob: User
) -> None:
    page = client_of(bob).post("/jobs/new/", form_post(object_key="cs/v8")).content.decode()

    form = page[page.index('id="import-form"') :]
    first = form[form.index("<button") :].split(">", 1)[0]
    assert "name=" not in first


def test_it_splits_a_pasted_address_and_says_so_on_the_jobs_page(
    client_of: ClientOf, bob: User
) -> None:
    response = client_of(bob).post(
        "/jobs/new/", form_post(bucket_name="", object_key="oss://acme-models/cs/intent-v8/")
    )

    job = ImportJob.objects.get()
    assert (job.bucket_name, job.object_key) == ("acme-models", "cs/intent-v8/")
    told = [str(message) for message in response.wsgi_request._messages]
    assert told == ["The address was split into the bucket acme-models and the path cs/intent-v8/."]


def test_it_shows_what_it_split_when_something_else_is_wrong(
    client_of: ClientOf, bob: User
) -> None:
    page = unescape(
        client_of(bob)
        .post("/jobs/new/", form_post(bucket_name="", object_key="oss://acme-models/cs/v8"))
        .content.decode()
    )

    assert 'name="bucket_name" value="acme-models"' in page
    assert 'name="object_key" value="cs/v8"' in page
    assert "The address was split into the bucket acme-models and the path cs/v8." in page


def test_it_shows_the_exact_request_and_sends_nothing(client_of: ClientOf, bob: User) -> None:
    page = client_of(bob).post("/jobs/new/", form_post(preview="1")).content.decode()

    assert "<b>POST</b> /api/v1/custom_models/import" in page
    assert "&quot;object_key&quot;" in page
    assert "客服意图 LoRA v8" in page
    assert "Authorization: Bearer $DASHSCOPE_API_KEY" in unescape(page)
    assert ImportJob.objects.count() == 0


def test_it_answers_the_script_with_the_request_alone(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).post(
        "/jobs/new/", form_post(preview="live"), headers={"HX-Request": "true"}
    )
    page = response.content.decode()

    assert page.lstrip().startswith("<section")
    assert "/api/v1/custom_models/import" in page


def test_it_names_the_fields_that_keep_the_request_from_being_shown(
    client_of: ClientOf, bob: User
) -> None:
    page = (
        client_of(bob)
        .post(
            "/jobs/new/",
            form_post(preview="live", object_key="cs"),
            headers={"HX-Request": "true"},
        )
        .content.decode()
    )

    assert "Model directory" in page
    assert "Base model" not in page
    assert "custom_models" not in page


def test_it_remembers_the_persons_last_choices(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, by=bob, base_model="qwen3-14b", bucket_name="bobs-models")

    page = client_of(bob).get("/jobs/new/").content.decode()

    assert 'name="base_model" value="qwen3-14b"' in page
    assert 'name="bucket_name" value="bobs-models"' in page
    assert '<option value="bobs-models">' in page


def test_it_takes_the_fields_from_a_link(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, by=bob, base_model="qwen3-14b")
    fields = form_post(weight_type="full", display_name='"><script>alert(1)</script>')

    response = client_of(bob).get("/jobs/new/", fields)
    page = response.content.decode()

    assert 'name="base_model" value="qwen3-32b"' in page
    assert 'name="object_key" value="cs/intent-v8/"' in page
    assert 'value="full" id="id_weight_type_1" checked' in page
    assert "<script>alert" not in page
    assert token_in(response) != fields["form_token"]


def test_it_ignores_another_teams_workspace_in_a_link(client_of: ClientOf, bob: User) -> None:
    page = client_of(bob).get("/jobs/new/", {"workspace": "foreign"}).content.decode()

    assert 'type="hidden" name="workspace" value="main"' in page


def test_it_offers_only_workspaces_that_the_person_may_submit_to(
    client_of: ClientOf, bob: User, alice: User
) -> None:
    for slug, role in (("second", Role.SUBMITTER), ("read-only", Role.VIEWER), ("foreign", None)):
        place = Workspace.objects.create(slug=slug, name=slug.title())
        if role:
            place.memberships.create(user=bob, role=role)
    client = client_of(bob)

    page = client.get("/jobs/new/").content.decode()
    refused = client.post("/jobs/new/", form_post(workspace="read-only")).content.decode()
    foreign = client.post("/jobs/new/", form_post(workspace="foreign")).content.decode()
    unknown = client.post("/jobs/new/", form_post(workspace="no-such")).content.decode()

    assert '<option value="second">Second</option>' in page
    assert "Read-Only" not in page.split('id="import-form"')[1]
    for answer in (refused, foreign, unknown):
        assert "Choose one of the workspaces that you may submit to." in answer
    assert ImportJob.objects.count() == 0


def test_it_submits_to_the_workspace_that_was_chosen(client_of: ClientOf, bob: User) -> None:
    second = Workspace.objects.create(slug="second", name="Second")
    second.memberships.create(user=bob, role=Role.SUBMITTER)

    client_of(bob).post("/jobs/new/", form_post(workspace="second"))

    assert ImportJob.objects.get().workspace == second


@pytest.mark.parametrize("who", ["vera", "ada"])
def test_it_tells_a_reader_who_can_submit(
    client_of: ClientOf, who: str, alice: User, bob: User, request: pytest.FixtureRequest
) -> None:
    reader = request.getfixturevalue(who)
    client = client_of(reader)

    for response in (client.get("/jobs/new/"), client.post("/jobs/new/", form_post())):
        page = response.content.decode()
        assert response.status_code == 403
        assert "Alice" in page
        assert "Bob" in page
        assert "<form" not in page.split('id="main"')[1]
    assert ImportJob.objects.count() == 0


def test_it_tells_a_stranger_that_no_workspace_is_theirs(
    client_of: ClientOf, charlie: User
) -> None:
    response = client_of(charlie).get("/jobs/new/")

    assert response.status_code == 403
    assert "You are not a member of any workspace yet." in response.content.decode()


def test_it_asks_for_a_sign_in(client: Client, workspace: Workspace) -> None:
    response = client.post("/jobs/new/", form_post())

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert ImportJob.objects.count() == 0


def test_it_asks_for_the_forms_own_security_token(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, bob)

    assert client.post("/jobs/new/", form_post()).status_code == 403
    assert ImportJob.objects.count() == 0


@contextmanager
def read_only_database() -> Iterator[None]:
    """The database refuses writes, as a full disk or a standby would."""
    postgresql = connection.vendor == "postgresql"
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY" if postgresql else "PRAGMA query_only = ON")
        try:
            yield
        finally:
            if not postgresql:
                cursor.execute("PRAGMA query_only = OFF")
            transaction.savepoint_rollback(before)


def test_it_keeps_what_was_typed_when_the_database_takes_nothing(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    posted = form_post()

    with read_only_database():
        response = client.post("/jobs/new/", posted)
    page = response.content.decode()

    assert response.status_code == 503
    assert "This could not be recorded, so nothing was sent" in page
    assert 'value="cs/intent-v8/"' in page
    assert token_in(response) == posted["form_token"]
    assert ImportJob.objects.count() == 0


def test_it_does_not_send_a_reader_to_people_who_left(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_person("olga", Role.SUBMITTER, workspace, is_active=False)

    assert "Olga" not in client_of(vera).get("/jobs/new/").content.decode()
