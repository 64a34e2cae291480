"""What a create call asks for, checked by the documented rules.

Vendor page: create-import-job-api.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.simulator.answers import RefusedError

BASE_MODELS = frozenset(
    {
        "qwen3-32b",
        "qwen3-14b",
        "qwen3-8b",
        "qwen3-4b-instruct-2507",
        "qwen3-vl-8b-instruct",
        "qwen2.5-72b-instruct",
        "qwen2.5-32b-instruct",
        "qwen2.5-14b-instruct",
        "qwen2.5-7b-instruct",
        "qwen2.5-vl-72b-instruct",
        "qwen2.5-vl-7b-instruct",
    }
)
DISPLAY_NAME_CHARACTERS = 50
OBJECT_KEY_BYTES = 1023
WEIGHT_TYPES = ("full", "lora")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """The fields of a create call that passed every check."""

    base_model: str
    display_name: str
    weight_type: str
    bucket_name: str
    object_key: str


def read_order(body: bytes) -> ImportOrder:
    """The order in a create call's body.

    Raises RefusedError: 400 InvalidParameter naming the field, or 404 NotFound for a base model
    that cannot be imported.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid("The request body is not valid JSON.") from error
    if not isinstance(fields, dict):
        raise _invalid("The request body must be a JSON object.")
    base_model = _text(fields, "model_name")
    display_name = base_model
    if "display_name" in fields:
        display_name = _text(fields, "display_name")
        if len(display_name) > DISPLAY_NAME_CHARACTERS:
            raise _invalid(
                f"The parameter 'display_name' is longer than {DISPLAY_NAME_CHARACTERS} characters."
            )
    if _text(fields, "source") != "oss":
        raise _invalid("The parameter 'source' must be 'oss'.")
    weight_type = _text(fields, "weight_type")
    if weight_type not in WEIGHT_TYPES:
        raise _invalid("The parameter 'weight_type' must be 'full' or 'lora'.")
    storage_info = fields.get("storage_info")
    if not isinstance(storage_info, dict):
        raise _invalid("The parameter 'storage_info' is required and must be an object.")
    order = ImportOrder(
        base_model=base_model,
        display_name=display_name,
        weight_type=weight_type,
        bucket_name=_bucket_name(storage_info),
        object_key=_object_key(storage_info),
    )
    if base_model not in BASE_MODELS:
        raise RefusedError(
            404, "NotFound", f"The model '{base_model}' does not exist or cannot be imported."
        )
    return order


def _bucket_name(storage_info: Mapping[str, Any]) -> str:
    bucket_name = _text(storage_info, "bucket_name", within="storage_info")
    if not _BUCKET_NAME.fullmatch(bucket_name):
        raise _invalid(
            "The parameter 'storage_info.bucket_name' must have 3 to 63 lower-case letters, "
            "digits and hyphens, and must begin and end with a letter or digit."
        )
    return bucket_name


def _object_key(storage_info: Mapping[str, Any]) -> str:
    object_key = _text(storage_info, "object_key", within="storage_info")
    if (
        not object_key.endswith("/")
        or object_key.startswith(("/", "\\"))
        or "oss://" in object_key
        or len(object_key.encode()) > OBJECT_KEY_BYTES
        or any(unicodedata.category(character) == "Cc" for character in object_key)
    ):
        raise _invalid(
            "The parameter 'storage_info.object_key' must be a directory below the bucket's root: "
            "it ends with '/', does not begin with '/', holds no 'oss://' and no control "
            f"character, and has at most {OBJECT_KEY_BYTES} bytes."
        )
    return object_key


def _text(fields: Mapping[str, Any], name: str, *, within: str = "") -> str:
    value = fields.get(name)
    path = f"{within}.{name}" if within else name
    if name not in fields:
        raise _invalid(f"The parameter '{path}' is required.")
    if not isinstance(value, str) or not value.strip():
        raise _invalid(f"The parameter '{path}' must be a string that is not blank.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"The parameter '{path}' is not valid Unicode.") from error
    return value


def _invalid(message: str) -> RefusedError:
    return RefusedError(400, "InvalidParameter", message)
