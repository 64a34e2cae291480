"""The pages that there are only with single sign-on and a second factor."""

from tests.security.test_single_sign_on import run


def test_everybody_can_use_them() -> None:
    options = ["--ds=tests.sso.settings", "--override-ini=python_files=sso_pages.py"]

    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "tests/browser")

    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
