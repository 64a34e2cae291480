"""How a host is shown in an address."""

import pytest

from importer_site.environment import shown_host


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("desk.example.com", "desk.example.com"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("2001:db8::1", "[2001:db8::1]"),
    ],
)
def test_it_shows_hosts_as_a_browser_takes_them(host: str, shown: str) -> None:
    assert shown_host(host) == shown
