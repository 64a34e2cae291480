"""A whole oss:// address pasted into the bucket's field or the path's."""

from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from jobs.services.content import split_oss_url


class Address(NamedTuple):
    """The bucket and the path of an address."""

    bucket_name: str
    object_key: str


@dataclass(frozen=True)
class Mismatch:
    """The address says one thing and `field`, which was typed as well, another."""

    field: str
    message: str
    pasted: str


def find(bucket_name: str, object_key: str) -> Address | Mismatch | None:
    """The pasted address taken apart, or what contradicts it, or None if none was pasted.

    Nothing typed is overwritten: a field that holds something else makes a Mismatch.
    """
    in_bucket, in_path = _address(bucket_name), _address(object_key)
    if not in_bucket and not in_path:
        return None
    first = in_bucket or Address(bucket_name.strip(), "")
    second = in_path or Address("", object_key.strip())
    if first.bucket_name and second.bucket_name not in ("", first.bucket_name):
        message = _(
            "The address pasted as the model directory is in the bucket %(pasted)s; "
            "this field names another."
        )
        pasted = second.bucket_name
        return Mismatch("bucket_name", message % {"pasted": pasted}, pasted)
    if first.object_key and second.object_key not in ("", first.object_key):
        message = _(
            "The address pasted as the bucket has the path %(pasted)s; this field has another."
        )
        pasted = first.object_key
        return Mismatch("object_key", message % {"pasted": pasted}, pasted)
    return Address(first.bucket_name or second.bucket_name, first.object_key or second.object_key)


def _address(text: str) -> Address | None:
    split = split_oss_url(text)
    # White space after the bucket means that the bucket's name did not end there.
    if split is None or not split[0] or split[1] != split[1].lstrip():
        return None
    return Address(*split)
