"""What tests may not do."""

import re

from tests.house.reading import ROOT, files


def test_no_test_sleeps_or_is_passed_over() -> None:
    forbidden = re.compile(r"time\.sleep\(|mark\.(skip|xfail)|pytest\.(skip|xfail)\(")
    found = [
        str(path.relative_to(ROOT))
        for path in files("tests/*.py")
        if path.name != "test_tests.py" and forbidden.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []
