"""The secret key of an installation: one, whole, and for its owner alone."""

import stat
import threading
from pathlib import Path

from importer_site import secret_key


def test_two_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    gate = threading.Barrier(8)
    seen = []

    def start() -> None:
        gate.wait()
        secret_key.make_once(path)
        seen.append(path.read_text())

    starts = [threading.Thread(target=start) for _ in range(8)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()

    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("the key of years ago")

    secret_key.make_once(path)

    assert path.read_text() == "the key of years ago"
