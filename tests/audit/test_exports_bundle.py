"""An export can be checked by anybody, offline, and whatever was altered in it is found: by the
verifier that comes with it, and by a second one written from the documentation alone."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jobs import actors
from jobs.choices import Verb
from jobs.models import AuditCheckpoint, AuditEvent, User, Workspace
from jobs.services import (
    audit,
    checkpoints,
    exports,
    exports_bundle,
    exports_verifier,
    workspaces,
)
from jobs.services.history_search import EventSearch
from tests.audit.histories import acting, make_history, write_anew
from tests.audit.lifting import lifted
from tests.audit.mutations import MUTATIONS, Events
from tests.audit.second_verifier import first_bad
from tests.making import make_job

SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
SECRET = "of another workspace alone"


@pytest.fixture
def sent(
    workspace: Workspace, alice: User, ada: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """A history of two workspaces, and a file with the checkpoint that was made in the end."""
    make_history(workspace, alice)
    other = workspaces.add(
        slug="other",
        name="Other",
        region="beijing",
        key_reference="OTHER",
        actor=actors.command_line(),
    )
    with audit.act(actors.command_line()) as act:
        act.record(Verb.WORKSPACE_CHANGED, other, data={"name": [SECRET, "Other"]})
    make_history(workspace, alice)
    monkeypatch.setenv("AUDIT_SIGNING_KEY", SIGNING_KEY)
    assert checkpoints.sign_next()
    path = tmp_path / "kept.jsonl"
    path.write_text(f"{checkpoints.line_of(AuditCheckpoint.objects.get())}\n")
    return path


@pytest.fixture
def export(sent: Path, ada: User, tmp_path: Path) -> Path:
    """What Ada, who audits the first workspace, may export of it."""
    return exported(tmp_path / "export.zip", ada)


def exported(path: Path, person: User, search: EventSearch | None = None) -> Path:
    """The person's export of what the search finds."""
    begun = exports.begin(search or EventSearch(), form="zip", actor=acting(person))
    path.write_bytes(b"".join(exports_bundle.stream(begun, "en")))
    return path


def verified(path: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the words of the verifier that came with the export."""
    directory = path.parent / f"{path.name}.unpacked"
    zipfile.ZipFile(path).extractall(directory)
    done = subprocess.run(
        [sys.executable, "-I", "-S", directory / "verify.py", path, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def bad_record(path: Path, kept: Path | None = None, *trusted: str) -> int | None:
    """What both verifiers find, which agree."""
    lines = kept.read_text().splitlines() if kept else []
    read = exports_verifier.read_checkpoint
    own = [found for line in lines if (found := read(line, outside=True))]
    try:
        exports_verifier.verify(exports_verifier.Export(path), own, set(trusted))
        found = None
    except exports_verifier.Bad as bad:
        found = bad.seq
    assert found == first_bad(path, lines, trusted)
    return found


def altered(path: Path, change: Callable[[Events, dict[str, Any]], object]) -> Path:
    """A copy whose events and manifest were changed, and whose digests of files fit again."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    manifest = json.loads(files["manifest.json"])
    change(events, manifest)
    files["events.jsonl"] = "".join(f"{json.dumps(event)}\n" for event in events).encode()
    content = files["events.jsonl"]
    manifest["files"]["events.jsonl"] = {
        "bytes": len(content),
        "sha256": exports_bundle.hashlib.sha256(content).hexdigest(),
    }
    files["manifest.json"] = json.dumps(manifest).encode()
    copy = path.with_name("altered.zip")
    with zipfile.ZipFile(copy, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    return copy


def test_it_verifies_on_bare_python_without_anything_installed(export: Path, sent: Path) -> None:
    code, said = verified(export, "--checkpoints", str(sent), "--key", PUBLIC_KEY)

    assert code == 0
    assert said.startswith("WHOLE. Events 1 to ")
    assert "1 of the export, 1 of your own" in said
    assert "which you trust" in said
    assert bad_record(export, sent, PUBLIC_KEY) is None


def test_without_anything_from_outside_it_says_what_that_does_not_prove(export: Path) -> None:
    code, said = verified(export)

    assert code == 0
    assert "does not rule out that the whole history was written anew" in said


def test_it_verifies_where_it_was_unpacked_to(export: Path) -> None:
    zipfile.ZipFile(export).extractall(export.parent / "here")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"],
        cwd=export.parent / "here",
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0


def test_events_that_the_exporter_may_not_see_are_digests(export: Path) -> None:
    archive = zipfile.ZipFile(export)
    manifest = json.loads(archive.read("manifest.json"))
    events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    hidden = [event["seq"] for event in events if "text" not in event]

    other = Workspace.objects.get(slug="other")
    assert hidden == list(
        AuditEvent.objects.filter(workspace_id=other.pk).values_list("seq", flat=True)
    )
    assert manifest["events"] - manifest["shown"] == len(hidden) == 2
    for name in archive.namelist():
        assert SECRET.encode() not in archive.read(name)


def test_a_filtered_export_verifies_too(sent: Path, ada: User, tmp_path: Path) -> None:
    path = exported(tmp_path / "some.zip", ada, EventSearch(verbs=(Verb.JOB_SUBMITTED,)))

    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    assert manifest["shown"] == 2
    assert manifest["filters"] == {"verb": ["job.submitted"]}
    assert bad_record(path, sent, PUBLIC_KEY) is None


def test_a_stretch_of_time_verifies_from_its_first_event_on(
    sent: Path, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.services.history_search.CLOCK_ALLOWANCE", timedelta(0))
    fifth = AuditEvent.objects.get(seq=5)

    path = exported(tmp_path / "late.zip", ada, EventSearch(since=fifth.at))

    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    assert (manifest["first"], manifest["previous_hash"]) == (
        AuditEvent.objects.filter(at=fifth.at).earliest("seq").seq,
        AuditEvent.objects.filter(at__lt=fifth.at).latest("seq").hash,
    )
    assert bad_record(path, sent, PUBLIC_KEY) is None
    assert "are not part of this export" in verified(path)[1]


def test_nothing_found_is_an_export_too(sent: Path, ada: User, tmp_path: Path) -> None:
    tomorrow = timezone.now() + timedelta(days=1)

    path = exported(tmp_path / "empty.zip", ada, EventSearch(since=tomorrow))

    assert json.loads(zipfile.ZipFile(path).read("manifest.json"))["events"] == 0
    assert verified(path)[0] == 0


def test_its_page_counts_each_import_once(
    sent: Path, workspace: Workspace, ada: User, tmp_path: Path
) -> None:
    with audit.act(actors.worker("w")) as act:
        act.record(Verb.ATTEMPT_ADOPTED, make_job(workspace), data={"status": "SUCCESSED"})

    path = exported(tmp_path / "export.zip", ada)

    page = zipfile.ZipFile(path).read("summary.html").decode()
    imports = page.partition("What became of imports")[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">(\w+)</th><td class="number">(\d+)', imports)
    # Each of the two in the history was accepted, and then it failed.
    assert rows == [("Succeeded", "1"), ("Failed", "2")]


def test_an_export_is_an_event_that_says_what_was_exported(export: Path, ada: User) -> None:
    event = AuditEvent.objects.latest("seq")

    assert (event.verb, event.actor_user_id) == (Verb.HISTORY_EXPORTED, ada.pk)
    assert json.loads(event.canonical)["data"]["form"] == "zip"


def test_pruned_bodies_are_missing_in_good_order(
    sent: Path, ada: User, tmp_path: Path, settings: Any
) -> None:
    """Two hundred days later the bodies are gone and their digests stay."""
    path = exported(tmp_path / "before.zip", ada)

    def without_bodies(days: int) -> Callable[[Events, dict[str, Any]], object]:
        def change(events: Events, manifest: dict[str, Any]) -> None:
            later = timezone.now() + timedelta(days=days)
            manifest["made_at"] = audit.utc_text(later)
            for kept in [one for event in events for one in event.get("exchanges", [])]:
                kept["request_body"] = kept["response_body"] = None

        return change

    assert bad_record(altered(path, without_bodies(200)), sent) is None
    assert bad_record(altered(path, without_bodies(179)), sent) == first_with_exchange(path)


def first_with_exchange(path: Path) -> int:
    """The first event in the export that tells of an exchange."""
    lines = zipfile.ZipFile(path).read("events.jsonl").splitlines()
    return next(e["seq"] for e in map(json.loads, lines) if e.get("exchanges"))


def test_every_mutation_is_found_and_named(export: Path, sent: Path) -> None:
    found, expected = {}, {}
    for name, mutate in MUTATIONS.items():
        named: list[int] = []
        copy = altered(export, partial(_mutated, mutate, named))
        found[name], expected[name] = named_by_first(copy, sent), named[0]

    assert found == expected


def _mutated(
    mutate: Callable[[Events], int], named: list[int], events: Events, _manifest: dict[str, Any]
) -> None:
    named.append(mutate(events))


def named_by_first(copy: Path, sent: Path) -> int | None:
    """The record that both verifiers name; the second one may break on what is no export."""
    try:
        return bad_record(copy, sent, PUBLIC_KEY)
    except (AttributeError, TypeError, KeyError):
        with pytest.raises(exports_verifier.Bad) as bad:
            exports_verifier.verify(exports_verifier.Export(copy), [], set())
        return bad.value.seq


def test_an_end_that_was_cut_with_its_manifest_shows_by_a_checkpoint(
    export: Path, sent: Path
) -> None:
    def cut_cleanly(events: Events, manifest: dict[str, Any]) -> None:
        del events[-3:]
        manifest["events"] -= 3
        manifest["shown"] = sum("text" in event for event in events)
        manifest["last"], manifest["last_hash"] = events[-1]["seq"], events[-1]["hash"]
        manifest["head"] = {"seq": events[-1]["seq"], "hash": events[-1]["hash"]}

    copy = altered(export, cut_cleanly)

    assert (
        bad_record(copy, sent)
        == json.loads(zipfile.ZipFile(copy).read("manifest.json"))["last"] + 1
    )


def test_a_history_that_was_written_anew_shows_by_a_checkpoint(
    sent: Path, ada: User, tmp_path: Path
) -> None:
    last = AuditEvent.objects.latest("seq").seq
    with lifted():
        write_anew({4: {"data": {"nothing": "happened"}}})
        AuditCheckpoint.objects.all().delete()

    path = exported(tmp_path / "anew.zip", ada)

    assert bad_record(path) is None
    assert bad_record(path, sent) == last
    code, said = verified(path, "--checkpoints", str(sent))
    assert code == 1
    assert f"First bad record: event {last}" in said


def test_a_checkpoint_with_a_false_signature_or_a_foreign_key_is_found(
    export: Path, sent: Path
) -> None:
    last = json.loads(json.loads(sent.read_text())["text"])["seq"]
    forged = sent.with_name("forged.jsonl")
    forged.write_text(sent.read_text().replace('\\"seq\\":', '\\"v\\":1,\\"seq\\":'))

    assert bad_record(export, forged) == last
    assert bad_record(export, sent, "00" * 32) == last


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_export_is_called_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(content)

    assert exports_verifier.main([str(path)]) == 2


def test_its_signatures_are_checked_as_the_standard_says() -> None:
    """The tests of RFC 8032, section 7.1, and what is a little beside them."""
    vectors = [
        (PUBLIC_KEY, "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ]  # fmt: skip

    for key, message, signature in vectors:
        raw = [bytes.fromhex(part) for part in (key, signature, message)]
        assert exports_verifier.is_signed(*raw)
        assert not exports_verifier.is_signed(raw[0], raw[1], raw[2] + b"!")
        assert not exports_verifier.is_signed(raw[0], raw[1][:-1], raw[2])
        # The same scalar beyond the order of the group is refused.
        beyond = int.from_bytes(raw[1][32:], "little") + exports_verifier._ORDER
        more = raw[1][:32] + beyond.to_bytes(32, "little")
        assert not exports_verifier.is_signed(raw[0], more, raw[2])
    assert not exports_verifier.is_signed(b"\xff" * 32, bytes(64), b"")
