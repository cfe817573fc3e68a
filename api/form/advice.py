"""The pack's message to a client as a page shows it: its sentences, and the numbers in it to press."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from database.sites import Site
from schemas.rules import RulePack
from schemas.screening import Urgency

_NUMBERS: Final = re.compile(r"\b(999|111|116 123|0808 808 8000)\b")
_NAMES: Final = {
    "999": "Call 999",
    "111": "Call 111",
    "116 123": "Call Samaritans, 116 123",
    "0808 808 8000": "Call Lifeline, 0808 808 8000",
}


@dataclass(frozen=True)
class Said:
    """A message without the clinic's name in front; `calls` are the numbers it names and what to press."""

    text: str
    calls: tuple[tuple[str, str], ...]
    urgency: Urgency


def said(pack: RulePack, message: str, site: Site) -> Said:
    """The pack's own words for this message, as they are in the site's nation."""
    entry = pack.messages[message]
    words = pack.text_of(message, site.nation) or entry.text
    text = words.removeprefix("{clinic}:").replace("{clinic}", site.clinic_name)
    text = text.replace("{phone}", site.phone).strip()
    numbers = dict.fromkeys(_NUMBERS.findall(text))
    calls = tuple((number.replace(" ", ""), _NAMES[number]) for number in numbers)
    return Said(text, calls, entry.urgency)


def rings_111(pack: RulePack, site: Site | None) -> bool:
    """Whether people at the site ring 111 for urgent advice; where there is no such line, their GP."""
    words = pack.nation_overrides.get(site.nation) if site else None
    return words is None or words.advice_line.startswith("111")
