"""Secrets that others gave us to use, such as a chat robot's address: sealed in the database.

The key is made from TOKEN_DIGEST_KEY, which is not in the database. Under another key they
cannot be opened, and have to be given again.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class SealBroken(Exception):
    """The text was sealed under another key."""


def seal(text: str) -> str:
    """The text as it may be stored; "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises SealBroken."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def _fernet() -> Fernet:
    key = hashlib.sha256(b"sealed:" + settings.TOKEN_DIGEST_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
