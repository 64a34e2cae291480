"""What allauth's second factor asks of us: how secrets are kept, and what an app calls them."""

from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from jobs.models import User
from jobs.services import sealing


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what is stored, and names the account as its person signs in."""

    def encrypt(self, text: str) -> str:
        """The secret as it may be stored."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret that was stored. Raises SealBroken under another key."""
        return sealing.unseal(encrypted_text)

    def get_totp_label(self, user: User) -> str:
        """The name that the sign-in page asks for."""
        return user.username

    def get_totp_issuer(self) -> str:
        """Which of several installations it is."""
        return " ".join(("Import Desk", urlsplit(settings.SITE_URL).hostname or ""))
