import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.forms.oss_address import Address, Mismatch, find


@pytest.mark.parametrize(
    ("bucket", "path", "expected"),
    [
        ("", "oss://acme/cs/v8/", Address("acme", "cs/v8/")),
        ("acme", "oss://acme/cs/v8/", Address("acme", "cs/v8/")),
        (" acme ", "\toss://acme/cs/v8/ ", Address("acme", "cs/v8/")),
        ("oss://acme/cs/v8/", "", Address("acme", "cs/v8/")),
        ("oss://acme/cs/v8/", "cs/v8/", Address("acme", "cs/v8/")),
        ("oss://acme", "cs/v8/", Address("acme", "cs/v8/")),
        ("oss://acme/", "oss://acme/cs/v8/", Address("acme", "cs/v8/")),
        ("oss://acme/cs/v8/", "oss://acme/cs/v8/", Address("acme", "cs/v8/")),
        ("", "OSS://acme/模型/v8", Address("acme", "模型/v8")),
        ("", "oss://acme", Address("acme", "")),
    ],
)
def test_it_takes_an_address_apart_wherever_it_was_pasted(
    bucket: str, path: str, expected: Address
) -> None:
    assert find(bucket, path) == expected


@pytest.mark.parametrize(
    ("bucket", "path", "field", "pasted"),
    [
        ("other", "oss://acme/cs/v8/", "bucket_name", "acme"),
        ("oss://other/", "oss://acme/cs/v8/", "bucket_name", "acme"),
        ("oss://acme/cs/v8/", "cs/v9/", "object_key", "cs/v8/"),
        ("oss://acme/cs/v8/", "oss://acme/cs/v9/", "object_key", "cs/v8/"),
    ],
)
def test_it_never_overwrites_what_was_typed_with_something_else(
    bucket: str, path: str, field: str, pasted: str
) -> None:
    found = find(bucket, path)

    assert isinstance(found, Mismatch)
    assert (found.field, found.pasted) == (field, pasted)
    assert pasted in found.message


@pytest.mark.parametrize(
    ("bucket", "path"),
    [
        ("acme", "cs/v8/"),
        ("", ""),
        ("", "oss:///cs/v8/"),
        ("", "oss://a b/cs/v8/"),  # the bucket's name did not end at the space
        ("", "https://acme/cs/v8/"),
    ],
)
def test_it_leaves_alone_what_is_no_address(bucket: str, path: str) -> None:
    assert find(bucket, path) is None


@given(bucket=st.text(), path=st.text())
def test_it_makes_nothing_up(bucket: str, path: str) -> None:
    found = find(bucket, path)

    if isinstance(found, Address):
        assert found.bucket_name in bucket + path
        assert found.object_key in bucket + path
