"""Where the API lives, and which addresses a key may be sent to."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Region:
    """A region whose API offers model import. Vendor page: custom-models-api.

    A key belongs to one region; the other answers it with 401 InvalidApiKey.
    """

    name: str
    base_url: str


BEIJING = Region("beijing", "https://dashscope.aliyuncs.com")
SINGAPORE = Region("singapore", "https://dashscope-intl.aliyuncs.com")
REGIONS = (BEIJING, SINGAPORE)

_PLAIN_URL = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/?")


def region_of(base_url: str) -> Region | None:
    """The region that an address belongs to; None for a proxy, a simulator or a mock."""
    host = urlsplit(base_url).hostname
    return next((region for region in REGIONS if urlsplit(region.base_url).hostname == host), None)


def checked_base_url(base_url: str) -> str:
    """The address without a trailing slash, once it is known to be safe to send a key to.

    Raises ValueError, without the address in its text because it may hold a password, unless it
    is scheme, host and port alone, over https, or over plain http to this machine itself.
    """
    try:
        parts = urlsplit(base_url)
        plain = _PLAIN_URL.fullmatch(base_url) and parts.port != 0
    except ValueError:
        # A port out of range, or brackets around what is no address.
        plain = None
    if not plain:
        raise ValueError(
            "The base URL must be a scheme, a host and at most a port, such as "
            f"{BEIJING.base_url}: no user name, path, query or fragment."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("The base URL must use https; plain http is for this machine alone.")
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
