"""The signed head of the history leaves the machine, on time, to wherever it should."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone

from jobs import checks
from jobs.models import AuditCheckpoint, AuditEvent, User, Workspace
from jobs.services import checkpoints, checkpoints_delivery
from jobs.services.checkpoints import Checkpoint
from tests.audit.histories import make_history

# The first key of the tests in RFC 8032, section 7.1.
SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


class Receiver(HTTPServer):
    """A webhook on loopback that answers with `code` and keeps what it got."""

    code = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.bodies: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/checkpoints?of=desk"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(self.rfile.read(length).decode())
        self.send_response(self.server.code)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(settings: object) -> Iterator[Receiver]:
    """The webhook of the settings."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.AUDIT_CHECKPOINT_WEBHOOK = server.url
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, workspace: Workspace, alice: User) -> None:
    monkeypatch.setenv("AUDIT_SIGNING_KEY", SIGNING_KEY)


def test_a_checkpoint_says_where_the_chain_ends_and_is_signed() -> None:
    first, last = AuditEvent.objects.earliest("seq"), AuditEvent.objects.latest("seq")

    assert checkpoints.sign_next()

    line = checkpoints.line_of(AuditCheckpoint.objects.get())
    read = Checkpoint.read(line)
    assert (read.seq, read.hash, read.chain) == (last.seq, last.hash, first.hash)
    assert read.public_key == PUBLIC_KEY
    assert read.is_signed()
    assert json.loads(read.text)["v"] == 1


def test_a_changed_checkpoint_is_not_signed() -> None:
    checkpoints.sign_next()
    line = checkpoints.line_of(AuditCheckpoint.objects.get())

    assert not Checkpoint.read(line.replace('\\"seq\\":', '\\"seq\\":1')).is_signed()


def test_it_is_made_on_time_and_only_if_something_happened(
    workspace: Workspace, alice: User
) -> None:
    start = timezone.now()
    with time_machine.travel(start) as clock:
        assert checkpoints.sign_next()
        clock.shift(3599)
        make_history(workspace, alice)
        assert not checkpoints.sign_next()
        clock.shift(2)
        assert checkpoints.sign_next()
        clock.shift(4000)
        assert not checkpoints.sign_next()


def test_without_a_key_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_SIGNING_KEY")

    assert not checkpoints.sign_next()


def test_a_key_may_be_a_file_in_pem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SIGNING_KEY))
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.delenv("AUDIT_SIGNING_KEY")
    monkeypatch.setenv("AUDIT_SIGNING_KEY_FILE", str(path))

    assert checkpoints.trusted_keys() == {PUBLIC_KEY}


@pytest.mark.parametrize("key", ["abc", "-----BEGIN PRIVATE KEY-----\nAAAA\n", SIGNING_KEY + "00"])
def test_a_start_refuses_what_is_no_key_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("AUDIT_SIGNING_KEY", key)

    [problem] = checks.history_is_kept_safely()

    assert problem.id == "jobs.E002"
    assert key not in problem.msg


def test_a_start_refuses_an_unsafe_webhook_and_a_short_retention(settings: object) -> None:
    settings.AUDIT_CHECKPOINT_WEBHOOK = "http://example.com/hook"
    settings.AUDIT_KEEP_BODIES_DAYS = 179

    assert [problem.id for problem in checks.history_is_kept_safely()] == ["jobs.E003", "jobs.E004"]

    settings.AUDIT_CHECKPOINT_WEBHOOK = "https://example.com/hook?a=b"
    settings.AUDIT_KEEP_BODIES_DAYS = 180
    assert checks.history_is_kept_safely() == []


def test_it_leaves_to_the_webhook_the_file_and_the_log(
    receiver: Receiver, settings: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    checkpoints.sign_next()
    line = checkpoints.line_of(AuditCheckpoint.objects.get())

    with caplog.at_level(logging.INFO):
        assert checkpoints_delivery.deliver_next("worker 1")

    assert receiver.bodies == [f"{line}\n"]
    assert Path(settings.AUDIT_CHECKPOINT_FILE).read_text() == f"{line}\n"
    assert f"checkpoint {line}" in caplog.text
    assert AuditCheckpoint.objects.get().delivered_at
    assert not checkpoints_delivery.deliver_next("worker 1")


@pytest.mark.parametrize("code", [500, 302])
def test_it_is_sent_again_later_when_a_place_does_not_take_it(
    receiver: Receiver, code: int
) -> None:
    checkpoints.sign_next()
    receiver.code = code
    with time_machine.travel(timezone.now()) as clock:
        assert checkpoints_delivery.deliver_next("worker 1")
        assert AuditCheckpoint.objects.get().failure == f"the webhook answered {code}"
        assert not checkpoints_delivery.deliver_next("worker 1")

        receiver.code = 200
        clock.shift(6)

        assert checkpoints_delivery.deliver_next("worker 2")
    assert len(receiver.bodies) == 2
    assert AuditCheckpoint.objects.get().delivered_at
    assert AuditCheckpoint.objects.get().failure == ""


def test_it_waits_for_a_webhook_that_is_down_and_a_file_that_cannot_be_written(
    settings: object, tmp_path: Path
) -> None:
    checkpoints.sign_next()
    settings.AUDIT_CHECKPOINT_WEBHOOK = "http://127.0.0.1:9/"
    checkpoints_delivery.deliver_next("worker 1")
    assert AuditCheckpoint.objects.get().failure == "ConnectionError"

    settings.AUDIT_CHECKPOINT_WEBHOOK = ""
    settings.AUDIT_CHECKPOINT_FILE = str(tmp_path / "missing" / "file")
    AuditCheckpoint.objects.update(due_at=timezone.now())
    checkpoints_delivery.deliver_next("worker 1")

    assert "No such file" in AuditCheckpoint.objects.get().failure
    assert not AuditCheckpoint.objects.get().delivered_at
