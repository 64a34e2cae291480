"""Posting to typed addresses: public machines alone, once, and never without end."""

import ipaddress
import socket
from typing import Any

import pytest

from jobs.services import outbound
from tests.services.receiver import Receiver

LOOPBACK = ["127.0.0.1"]


def post(url: str) -> outbound.Answer:
    return outbound.post(url, {"X-Test": "1"}, b"{}")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.100.100.200", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        # IPv4 inside IPv6: mapped, translated, 6to4 and Teredo.
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2001:0:7f00:1::1"),
    ],
)
def test_no_address_on_our_side_is_called(address: str) -> None:
    assert not outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["203.0.114.7", "47.88.1.1", "2606:4700::1111"])
def test_addresses_on_the_internet_are(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/x", "ftp://hooks.example.com/", "hooks.example.com", ""),
        *("https://user:pw@hooks.example.com/", "https://hooks.example.com/#x"),
        *("https://hooks.example.com:8443/", "https://hooks.example.com:x/", "https:///x"),
        *("https://hooks.example.com/a b", "https://hooks.example.com/\r\nX: y", "file:///etc"),
    ],
)
def test_only_https_on_its_port_is_called(url: str) -> None:
    with pytest.raises(outbound.ForbiddenAddressError):
        outbound.check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433"])
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(outbound.OutboundError):
        post(f"https://{host}/")


def test_a_name_is_looked_up_once_and_that_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that turns to loopback after the check leads nowhere."""
    answers = iter([[entry("169.254.169.254")]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: next(answers))

    with pytest.raises(outbound.ForbiddenAddressError):
        post("https://hooks.example.com/")
    # Nobody asked for the name a second time.
    assert next(answers, None) is None


def test_of_several_addresses_only_public_ones_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[Any] = []
    found = [entry("10.0.0.1"), entry("203.0.114.7"), entry("127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)

    def connect(_self: socket.socket, address: Any) -> None:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)

    with pytest.raises(outbound.OutboundError, match="refused"):
        post("https://hooks.example.com/")
    assert called == [("203.0.114.7", 443)]


def test_a_host_that_the_operator_names_may_be_private(settings: Any) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK

    with Receiver(body="taken") as receiver:
        answer = post(receiver.url)

    assert (answer.status, answer.body) == (200, "taken")
    path, headers, body = receiver.posts[0]
    assert (path, headers["x-test"], body) == ("/hook", "1", b"{}")


def test_a_redirect_is_not_followed(settings: Any) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK

    with Receiver() as private, Receiver(status=307, location=private.url) as receiver:
        answer = post(receiver.url)

    assert answer.status == 307
    assert (len(receiver.posts), private.posts) == (1, [])


def test_a_receiver_that_is_silent_ends_the_call_at_its_deadline(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.2)

    with Receiver() as receiver:
        receiver.release.clear()
        with pytest.raises(outbound.OutboundError, match="in time"):
            post(receiver.url)

    assert len(receiver.posts) == 1


def test_a_receiver_that_is_down_is_said_to_be(settings: Any) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK

    with pytest.raises(outbound.OutboundError, match="refused"):
        post("http://127.0.0.1:9/")


def test_an_answer_without_end_is_cut(settings: Any) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK

    with Receiver(body="x" * 200_000) as receiver:
        assert len(post(receiver.url).body) == outbound.LONGEST_ANSWER


def test_a_receiver_without_tls_is_told_from_one_that_is_down(settings: Any) -> None:
    settings.NOTICE_PRIVATE_HOSTS = LOOPBACK

    with Receiver() as receiver, pytest.raises(outbound.OutboundError):
        post(receiver.url.replace("http://", "https://"))


def entry(address: str) -> tuple[Any, ...]:
    """An answer of getaddrinfo."""
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
