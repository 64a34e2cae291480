"""Taking the pictures: every page, on two screens, in two themes and two languages."""

import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from tests import machine
from tests.browser.conftest import FLAGS
from tests.screenshots import stage
from tests.screenshots.pages import pages

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
Theme = Literal["light", "dark"]
SCREENS: dict[str, ViewportSize] = {
    "1440": {"width": 1440, "height": 900},
    "390": {"width": 390, "height": 844},
}
THEMES: tuple[Theme, ...] = ("light", "dark")
LANGUAGES = ("en", "zh-hans")
# What the README shows: a file name, and the picture that it is a copy of, less what is below
# the fold.
BEST = {
    "overview.png": "overview-1440-light-en",
    "list.png": "list-1440-light-en",
    "job.png": "job-failed-1440-light-en",
    "form.png": "form-1440-light-en",
    "overview-chinese-dark.png": "overview-1440-dark-zh-hans",
    "list-phone.png": "list-390-light-zh-hans",
}


def take_all(var_dir: Path, directory: Path) -> None:
    """Set the stage in `var_dir`, then photograph it from every side into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    with stage.set_up(var_dir) as desk:
        # Asked for now: Django refuses to read where playwright runs.
        _photograph(desk.url, pages(), directory)
    sys.stdout.write(f"The pictures are in {directory}, the best of them in {IMAGES}.\n")


def _photograph(url: str, addresses: list[tuple[str, str]], directory: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=FLAGS)
        for language in LANGUAGES:
            for theme in THEMES:
                for screen in SCREENS:
                    suffix = f"{screen}-{theme}-{language}"
                    context = _context(browser, url, screen, theme, language)
                    _take(context, addresses, directory, suffix)
                    context.close()
        browser.close()


def _context(
    browser: Browser, url: str, screen: str, theme: Theme, language: str
) -> BrowserContext:
    return browser.new_context(
        base_url=url,
        viewport=SCREENS[screen],
        is_mobile=screen == "390",
        color_scheme=theme,
        locale=language,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )


def _take(
    context: BrowserContext, addresses: list[tuple[str, str]], directory: Path, suffix: str
) -> None:
    page = context.new_page()
    for name, address in addresses:
        page.goto(address)
        if name == "sign-in":
            page.screenshot(path=directory / f"{name}-{suffix}.png", full_page=True)
            page.locator("button[name=demo][value=admin]").click()
            continue
        page.evaluate("document.fonts.ready")
        page.screenshot(path=directory / f"{name}-{suffix}.png", full_page=True)
        for best, picture in BEST.items():
            if picture == f"{name}-{suffix}":
                page.screenshot(path=IMAGES / best)
