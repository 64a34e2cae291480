"""What is wrong with a page as it is shown: by axe's rules, on a narrow screen, for fingers."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

NARROW = 320  # also what 1280 pixels are at 400 %
COLOURS_IN = "zh-hans"  # of both languages, the one that needs two alphabets
# How texts look whose colours this process has judged: on each page, it judges the others.
judged: set[str] = set()


def give_axe(context: BrowserContext) -> None:
    """Let each page of the context carry axe, for `complaints`."""
    context.add_init_script(AXE_SCRIPT)
    context.add_init_script(path=Path(__file__).with_suffix(".js"))


def complaints(page: Page, language: str = "en", *, colours: bool = True) -> list[Any]:
    """What is wrong with the page, opened up; with its colours, in both themes, of which it stays
    in one.

    Colours hang on no language: a page that is looked at in several needs them in one.
    """
    # Not by locators: each page would be given the scripts that these need.
    assert page.evaluate("complaints.openUp()") == language
    broken: list[Any] = page.evaluate("complaints.rules()") + page.evaluate("complaints.tooSmall()")
    if colours:
        found, passed = page.evaluate("(judged) => complaints.colours(judged)", list(judged))
        judged.update(passed)
        broken += found
    wide = page.viewport_size
    assert wide
    page.set_viewport_size({"width": NARROW, "height": 844})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        broken.append("it is wider than a narrow screen")
    page.set_viewport_size(wide)
    return broken
