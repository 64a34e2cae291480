"""What is wrong with a page as it is shown: by axe's rules, on a narrow screen, for fingers."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

NARROW = 320  # also what 1280 pixels are at 400 %
TARGETS = ":is(button, summary, select, nav a, .button, .tick):not(.unseen, [aria-hidden])"
# WCAG 2.2, 2.5.8: both sides of what one presses.
TOO_SMALL = f"""() => [...document.querySelectorAll('{TARGETS}')].filter((target) => {{
    const {{ width, height }} = target.getBoundingClientRect();
    return target.checkVisibility() && width && (width < 24 || height < 24);
}}).map((target) => target.outerHTML.slice(0, 200))"""
COLOURS_IN = "zh-hans"  # of both languages, the one that needs two alphabets
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# They take as long as all others together, in each theme.
BUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}
# What the colours of a text hang on: the width, and what it and all around it are to style sheets.
ATTRIBUTES = (
    "class type name scope open disabled readonly method data-status aria-current aria-disabled "
    "aria-invalid aria-pressed aria-sort"
)
OPENED_UP = """(attributes) => {
    document.querySelectorAll('details').forEach((one) => { one.open = true; });
    const looks = new Map([[document.body, innerWidth < 900 ? 'narrow' : 'wide']]);
    for (const one of document.body.querySelectorAll('*')) {
        const own = attributes.split(' ').map((name) => one.getAttribute(name));
        own.push(one.checked, one.matches(':is(tr, label):has(:checked)'));
        looks.set(one, `${looks.get(one.parentElement)} ${one.localName}|${own.join('|')}`);
    }
    const shown = [...looks].filter(([one]) => one.checkVisibility());
    return [document.documentElement.lang, [...new Set(shown.map(([, look]) => look))]];
}"""
# Those whose colours this process has judged: on each page, it judges what no other page had.
judged: set[str] = set()


def give_axe(context: BrowserContext) -> None:
    """Let each page of the context carry axe, for `complaints`."""
    context.add_init_script(AXE_SCRIPT)


def complaints(page: Page, language: str = "en", *, colours: bool = True) -> list[Any]:
    """What is wrong with the page, opened up; with its colours, in the dark theme too, in which it
    stays if they had to be judged.

    Colours hang on no language: a page that is looked at in several needs them in one.
    """
    # Not by locators: each page would be given the scripts that these need.
    shown_in, looks = page.evaluate(OPENED_UP, ATTRIBUTES)
    assert shown_in == language
    colours = colours and not judged.issuperset(looks)
    broken = broken_rules(page, {} if colours else BUT_COLOURS) + page.evaluate(TOO_SMALL)
    if colours:
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        broken += broken_rules(page, {"runOnly": OF_COLOURS})
        judged.update(looks if not broken else ())
    wide = page.viewport_size
    assert wide
    page.set_viewport_size({"width": NARROW, "height": 844})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        broken.append("it is wider than a narrow screen")
    page.set_viewport_size(wide)
    return broken


def broken_rules(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    """The rules that the page breaks, each with the first place."""
    violations = page.evaluate(
        "async (options) => (await axe.run(options)).violations",
        {"resultTypes": ["violations"]} | options,
    )
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in violations]
