"""Every colour that words are written in stands out from what it is written on: WCAG 2.2 AA, 1.4.3."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEXT_ON = (
    ("ink", ("paper", "raised", "sunk", "accent-soft", "line")),
    ("quiet", ("paper", "raised", "sunk", "accent-soft")),
    ("accent", ("paper", "raised", "sunk", "accent-soft")),
    ("on-accent", ("accent",)),
    ("paper", ("ink",)),
    ("now", ("paper", "raised")),
    ("e0", ("e0-soft", "raised", "paper", "accent-soft")),
    ("e1", ("e1-soft", "raised")),
    ("e2", ("e2-soft", "raised")),
    ("good", ("good-soft", "raised", "accent-soft")),
    ("pain", ("raised",)),
    ("stiff", ("raised",)),
)
LINES_ON = (("edge", ("raised", "paper")),)
"""Edges of fields and marks need 3:1 (1.4.11)."""


def _themes() -> dict[str, dict[str, str]]:
    css = (files("api.console") / "static" / "tokens.css").read_text()
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    colours = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
    first = dict(colours.findall(light))
    return {"light": first, "dark": {**first, **dict(colours.findall(dark))}}


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        (front, back, least)
        for pairs, least in ((TEXT_ON, 4.5), (LINES_ON, 3.0))
        for front, backs in pairs
        for back in backs
    ],
)
def test_words_stand_out_from_what_they_are_written_on(
    theme: str, front: str, back: str, least: float
) -> None:
    colours = _themes()[theme]
    assert _contrast(colours[front], colours[back]) >= least, f"{front} on {back}, {theme}"
