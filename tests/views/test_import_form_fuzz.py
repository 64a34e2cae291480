"""Nothing that can be posted makes the form fail, or loses what was typed."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jobs.models import Attempt, ImportJob, User
from jobs.services import content
from tests.views.form_posts import form_post

ClientOf = Callable[[User], Client]
FORM = "application/x-www-form-urlencoded"
NAMES = [
    *("workspace", "base_model", "display_name", "bucket_name", "object_key", "weight_type"),
    *("allow_duplicate", "reason", "form_token", "preview", "use_object_key", "use_weight_type"),
]
AWKWARD = st.sampled_from(
    [
        "",
        "\x00",
        "qwen3-32b\x00",
        "\u202emodels/",
        "oss://",
        "oss://acme-models/cs/v8",
        "oss://acme-models//../cs/v8/",
        "main",
        "lora",
        "acme-models",
        "cs/intent-v8/",
        "../../etc/",
        "\\\\share\\models",
        "👩‍👩‍👧‍👦" * 20,
        "客服意图/",
        "x" * 10_000,
        "<script>alert(1)</script>",
        "{% csrf_token %}",
        "%(bucket)s",
    ]
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), AWKWARD | st.text()), max_size=14)
fuzzed = hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fuzzed
@given(pairs=PAIRS, good=st.booleans())
def test_it_answers_any_form_with_a_page_or_a_job(
    client_of: ClientOf, bob: User, pairs: list[tuple[str, str]], good: bool
) -> None:
    # Repeated keys, missing fields and fields of no form come out of this too.
    pairs = [*(form_post().items() if good else ()), *pairs]
    body = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)
    jobs = ImportJob.objects.count()

    response = client_of(bob).post("/jobs/new/", body, content_type=FORM)

    made = ImportJob.objects.count() - jobs
    assert (response.status_code, made) in {(200, 0), (302, 0), (302, 1)}
    assert Attempt.objects.count() == ImportJob.objects.count()
    if response.status_code == 200:
        assert 'id="import-form"' in response.content.decode()


@fuzzed
@given(body=st.binary(max_size=400))
def test_it_answers_bytes_that_are_no_form(client_of: ClientOf, bob: User, body: bytes) -> None:
    response = client_of(bob).post("/jobs/new/", body, content_type=FORM)

    assert response.status_code == 200


@fuzzed
@given(pairs=PAIRS)
def test_it_fills_in_any_link(client_of: ClientOf, bob: User, pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs, errors="replace")

    response = client_of(bob).get(f"/jobs/new/?{query}")

    assert response.status_code == 200


@pytest.mark.parametrize("name", content.FIELDS)
@pytest.mark.parametrize("encoded", ["%ED%A0%80", "%FF%FE", "a%00b", "%E2%80%AE", "x" * 10_000])
def test_it_says_what_is_wrong_with_what_no_keyboard_types(
    client_of: ClientOf, bob: User, name: str, encoded: str
) -> None:
    rest = {key: value for key, value in form_post().items() if key != name}

    response = client_of(bob).post(
        "/jobs/new/", f"{urlencode(rest)}&{name}={encoded}", content_type=FORM
    )

    # A name may hold the sign that stands for bytes that are no text; nothing else may.
    if name in ("display_name", "object_key") and encoded in ("%ED%A0%80", "%FF%FE"):
        assert response.status_code in (200, 302)
    else:
        assert response.status_code == 200
        assert f'id="id_{name}_error"' in response.content.decode()


def test_it_takes_a_file_for_no_text(client_of: ClientOf, bob: User) -> None:
    boundary = "b0und"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="base_model"; '
        f'filename="x"\r\n\r\ndata\r\n--{boundary}--\r\n'
    )

    response = client_of(bob).generic(
        "POST", "/jobs/new/", body, content_type=f"multipart/form-data; boundary={boundary}"
    )

    assert response.status_code == 200
    assert "Name the base model" in response.content.decode()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "nonsense", ""])
def test_it_takes_another_kind_of_body_for_an_empty_form(
    client_of: ClientOf, bob: User, content_type: str
) -> None:
    response = client_of(bob).generic(
        "POST", "/jobs/new/", b'{"base_model":[1]}', content_type=content_type
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"object_key=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1),
        b"&".join(b"a=" for _ in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)),
    ],
    ids=["too many bytes", "too many fields"],
)
def test_it_turns_a_huge_post_away_with_a_page(client_of: ClientOf, bob: User, body: bytes) -> None:
    response = client_of(bob).post("/jobs/new/", body, content_type=FORM)

    assert response.status_code == 400
    assert ImportJob.objects.count() == 0
