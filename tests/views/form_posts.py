"""What a browser posts from the import form, with defaults that a reader can guess."""

import re
import uuid

from django.http import HttpResponse


def form_post(**changes: str) -> dict[str, str]:
    """An acceptable form with a token of its own; an empty change leaves the field out."""
    fields = {
        "workspace": "main",
        "base_model": "qwen3-32b",
        "display_name": "客服意图 LoRA v8",
        "weight_type": "lora",
        "bucket_name": "acme-models",
        "object_key": "cs/intent-v8/",
        "form_token": str(uuid.uuid4()),
    } | changes
    return {name: value for name, value in fields.items() if value != ""}


def token_in(response: HttpResponse) -> str:
    """The token of the form on the page."""
    match = re.search(r'name="form_token" value="([^"]+)"', response.content.decode())
    assert match
    return match.group(1)
