"""What an import consists of, and the rules each field has to meet.

The rules are DashScope's and OSS's (vendor page: create-import-job-api). Nothing is corrected
here: what would be acceptable is offered as a suggestion, and the form lets a person take it.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.choices import WeightType
from jobs.dashscope import build_create_payload
from jobs.errors import InvalidFields

DISPLAY_NAME_CHARACTERS = 50
BASE_MODEL_CHARACTERS = 128
OBJECT_KEY_BYTES = 1023
REASON_CHARACTERS = 1000
NAME_CHARACTERS = 80  # of a workspace or a token
BASE_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
OSS_URL = re.compile(r"oss://([^/\s]*)/?(.*)", re.IGNORECASE | re.DOTALL)

FIELDS = ("base_model", "display_name", "bucket_name", "object_key", "weight_type")

# The models that the vendor's guide names (user guide: model-import). Only qwen3-32b is printed
# as an id on the import pages, so these are suggestions and any other id may be typed.
SUGGESTED_BASE_MODELS = (
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
)


@dataclass(frozen=True)
class Content:
    """The fields of one import, all of them acceptable."""

    base_model: str
    display_name: str
    bucket_name: str
    object_key: str
    weight_type: str

    def payload(self) -> bytes:
        """The exact body of the create call."""
        return build_create_payload(
            base_model=self.base_model,
            display_name=self.display_name,
            bucket_name=self.bucket_name,
            object_key=self.object_key,
            weight_type=self.weight_type,
        )

    def digest(self) -> str:
        """The same for the same weights on the same base model, whatever the display name."""
        weights = [self.base_model, self.bucket_name, self.object_key, self.weight_type]
        return hashlib.sha256(json.dumps(weights).encode()).hexdigest()


def check(fields: Mapping[str, str]) -> Content:
    """The content that the fields describe, or InvalidFields with a message for each wrong one."""
    problems: dict[str, list[str]] = {}
    suggestions: dict[str, str] = {}
    values = {name: fields.get(name, "") for name in FIELDS}
    for name in FIELDS:
        found = _CHECKS[name](values)
        if found.message:
            problems[name] = [found.message]
        if found.suggestion:
            suggestions[name] = found.suggestion
    if problems:
        raise InvalidFields(problems, suggestions)
    return Content(**values)


def check_reason(reason: str) -> str:
    """The reason a person gave, without the white space around it; "" if none was given.

    Raises InvalidFields for a reason that cannot be kept as it is.
    """
    reason = reason.strip()
    # A reason may have several lines.
    hidden = hidden_character(re.sub(r"[\r\n\t]", " ", reason))
    if hidden:
        raise InvalidFields({"reason": [hidden]})
    if len(reason) > REASON_CHARACTERS:
        raise InvalidFields(
            {
                "reason": [
                    _("A reason has at most %(most)s characters; this has %(count)s.")
                    % {"most": REASON_CHARACTERS, "count": len(reason)}
                ]
            }
        )
    return reason


def name_problem(name: str, *, missing: str) -> str:
    """A message if the name of a workspace or a token will not do: `missing` if there is none."""
    if not name:
        return missing
    if hidden := hidden_character(name):
        return hidden
    if len(name) > NAME_CHARACTERS:
        return _("A name has at most %(most)s characters; this has %(count)s.") % {
            "most": NAME_CHARACTERS,
            "count": len(name),
        }
    return ""


def split_oss_url(text: str) -> tuple[str, str] | None:
    """Bucket and path of a pasted oss:// address, or None if it is not one."""
    match = OSS_URL.fullmatch(text.strip())
    return (match.group(1), match.group(2)) if match else None


@dataclass(frozen=True)
class _Finding:
    message: str = ""
    suggestion: str = ""


_FINE = _Finding()


def _base_model(values: Mapping[str, str]) -> _Finding:
    value = values["base_model"]
    if not value:
        return _Finding(_("Name the base model that the weights were tuned from."))
    if hidden := hidden_character(value):
        return _Finding(hidden)
    if len(value) > BASE_MODEL_CHARACTERS:
        return _Finding(
            _("A base model id has at most %(most)s characters; this has %(count)s.")
            % {"most": BASE_MODEL_CHARACTERS, "count": len(value)}
        )
    if not BASE_MODEL.fullmatch(value):
        return _Finding(
            _("A base model id has Latin letters, digits, dots and hyphens, such as qwen3-32b.")
        )
    return _FINE


def _display_name(values: Mapping[str, str]) -> _Finding:
    value = values["display_name"]
    if hidden := hidden_character(value):
        return _Finding(hidden)
    if len(value) > DISPLAY_NAME_CHARACTERS:
        over = len(value) - DISPLAY_NAME_CHARACTERS
        return _Finding(
            ngettext(
                "DashScope takes at most %(most)s characters; this is %(over)s too many.",
                "DashScope takes at most %(most)s characters; this is %(over)s too many.",
                over,
            )
            % {"most": DISPLAY_NAME_CHARACTERS, "over": over}
        )
    if value != value.strip():
        return _Finding(_("Remove the spaces around the name."), value.strip())
    return _FINE


def _bucket_name(values: Mapping[str, str]) -> _Finding:
    value = values["bucket_name"]
    if not value:
        return _Finding(_("Name the OSS bucket that holds the weights."))
    if hidden := hidden_character(value):
        return _Finding(hidden)
    if split := split_oss_url(value):
        return _Finding(_("Enter the bucket's name alone, without oss://."), split[0])
    if not BUCKET_NAME.fullmatch(value):
        lower = value.lower()
        return _Finding(
            _(
                "A bucket name has 3 to 63 lower-case letters, digits and hyphens, and begins "
                "and ends with a letter or a digit."
            ),
            lower if lower != value and BUCKET_NAME.fullmatch(lower) else "",
        )
    return _FINE


def _object_key(values: Mapping[str, str]) -> _Finding:
    value = values["object_key"]
    if not value:
        return _Finding(_("Enter the directory that holds the weights, such as models/my-lora/."))
    if hidden := hidden_character(value):
        return _Finding(hidden)
    suggestion = _acceptable_path(value, values["bucket_name"])
    if split_oss_url(value):
        return _Finding(
            _("Enter the path inside the bucket alone, without oss:// and the bucket."), suggestion
        )
    if len(value.encode()) > OBJECT_KEY_BYTES:
        return _Finding(
            _("A path in OSS has at most %(most)s bytes in UTF-8; this has %(count)s.")
            % {"most": OBJECT_KEY_BYTES, "count": len(value.encode())}
        )
    if not value.strip("/ "):
        return _Finding(_("The bucket's root cannot be imported; put the files in a directory."))
    if value != value.strip():
        return _Finding(_("Remove the spaces around the path."), suggestion)
    if "\\" in value:
        return _Finding(_("Separate directories with / and not with a backslash."), suggestion)
    if value.startswith("/"):
        return _Finding(_("Leave out the slash at the beginning of the path."), suggestion)
    if not value.endswith("/"):
        return _Finding(
            _("The path has to end with a slash, because it names a directory."), suggestion
        )
    if any(part in ("", ".", "..") for part in value[:-1].split("/")):
        return _Finding(_("Leave out empty parts, . and .. between the slashes."), suggestion)
    if _leads_with(value.split("/"), values["bucket_name"]):
        return _Finding(_("Leave the bucket's name out of the path."), suggestion)
    return _FINE


def _acceptable_path(value: str, bucket_name: str) -> str:
    """The path that was probably meant, or "" if there is none."""
    split = split_oss_url(value)
    if split:
        bucket_name, value = split
    parts = [part.strip() for part in value.replace("\\", "/").split("/")]
    parts = [part for part in parts if part not in ("", ".", "..")]
    while _leads_with(parts, bucket_name):
        parts = parts[1:]
    path = "/".join(parts) + "/"
    return path if parts and len(path.encode()) <= OBJECT_KEY_BYTES else ""


def _leads_with(parts: list[str], bucket_name: str) -> bool:
    return bool(bucket_name) and parts[:1] == [bucket_name]


def _weight_type(values: Mapping[str, str]) -> _Finding:
    if values["weight_type"] in WeightType.values:
        return _FINE
    return _Finding(_("Choose LoRA or full-parameter."))


def hidden_character(value: str) -> str:
    """A message if the text holds a character that cannot be seen or that turns text around."""
    for position, character in enumerate(value, start=1):
        # Cc: control characters; Cf: format characters, right-to-left overrides among them;
        # Cs: halves of a character; Zl and Zp: line and paragraph ends.
        # U+200D joins emoji such as a family, and is wanted there.
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d":
            return _(
                "Character %(position)s is invisible (%(code)s); remove it. It may have come "
                "along with a paste."
            ) % {"position": position, "code": f"U+{ord(character):04X}"}
    return ""


_CHECKS = {
    "base_model": _base_model,
    "display_name": _display_name,
    "bucket_name": _bucket_name,
    "object_key": _object_key,
    "weight_type": _weight_type,
}
