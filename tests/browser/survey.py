"""One look at a page at one width, with everything that tests of accessibility ask of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Page

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
WIDTHS: Final = (320, 1280)
"""CSS pixels: 320 is a phone, and 1280 at 400 %."""

_HEIGHTS: Final = {320: 640, 1280: 800}
_AXE: Final = Path(__file__).parent / "axe" / "axe.min.js"
_SETTLED: Final = "document.fonts.ready"

_RULES: Final = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
"""A theme changes colours and nothing else, so the second look is at what depends on them; the page is the same."""

_LOOK: Final = """async (rules) => {
  const answer = await axe.run(document, { resultTypes: ["violations"], runOnly: rules });
  return answer.violations.map((one) => ({
    rule: one.id,
    help: one.help,
    places: one.nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
  }));
}"""

_CONTROLS: Final = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"

# WCAG 2.2, 2.5.8: at least 24 by 24 CSS pixels, but for links within a sentence and what no pointer is meant for.
_SMALL: Final = """(controls) => [...document.querySelectorAll(controls)].filter((one) => {
  if (!one.checkVisibility() || one.closest("svg, .hidden, .sr, .skip")) return false;
  const target = one.matches("input[type=checkbox], input[type=radio]") ? one.closest("label") ?? one : one;
  const inSentence = getComputedStyle(one).display === "inline" && one.matches("a");
  const box = target.getBoundingClientRect();
  return !inSentence && (box.width < 23.9 || box.height < 23.9);
}).map((one) => `${one.outerHTML.slice(0, 120)} is ${Math.round(one.getBoundingClientRect().width)} by `
  + Math.round(one.getBoundingClientRect().height))"""

# WCAG 2.2, 2.4.11: what has the focus is not entirely hidden by the page's own bars.
_OBSCURED: Final = """(controls) => [...document.querySelectorAll(controls)].filter((one) => {
  if (!one.checkVisibility() || one.disabled || one.tabIndex < 0 || one.closest("svg, .skip")) return false;
  one.focus();
  if (document.activeElement !== one) return false;
  const box = one.getBoundingClientRect();
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  const shares = [0.02, 0.25, 0.5, 0.75, 0.98];
  return !shares.some((x) => shares.some((y) => {
    const seen = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
    return seen && (seen === one || one.contains(seen) || seen.contains(one));
  }));
}).map((one) => one.outerHTML.slice(0, 160))"""

_OVERFLOW: Final = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide <= 0) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
    .slice(-6).map((one) => one.outerHTML.slice(0, 120)).concat(`${wide} px too wide`);
}"""


@dataclass(frozen=True)
class Survey:
    """What is wrong with a page, each entry a sentence or a place; empty where all is well."""

    violations: dict[Theme, tuple[str, ...]]
    small_targets: tuple[str, ...]
    obscured: tuple[str, ...]
    overflow: tuple[str, ...]


async def survey(page: Page, width: int, come: Callable[[], Awaitable[None]]) -> Survey:
    """Come to a page at this width, once, and look at it in both themes."""
    await page.emulate_media(color_scheme=THEMES[0], reduced_motion="reduce")
    await page.set_viewport_size({"width": width, "height": _HEIGHTS[width]})
    await come()
    await page.evaluate(_SETTLED)
    overflow = await page.evaluate(_OVERFLOW)
    small = await page.evaluate(_SMALL, _CONTROLS)
    await page.evaluate(_axe())
    violations: dict[Theme, tuple[str, ...]] = {}
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        violations[theme] = tuple(_in_words(await page.evaluate(_LOOK, _RULES[theme])))
    obscured = await page.evaluate(_OBSCURED, _CONTROLS)
    return Survey(violations, tuple(small), tuple(obscured), tuple(overflow))


def _in_words(violations: list[dict[str, Any]]) -> Iterator[str]:
    for one in violations:
        for place in one["places"]:
            yield f"{one['rule']} ({one['help']}): {place}"


@cache
def _axe() -> str:
    """axe-core as an expression; evaluated by the debugger, which no content security policy stops."""
    return f"() => {{ {_AXE.read_text()} }}"
