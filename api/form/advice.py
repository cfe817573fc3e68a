"""The pack's message to a client as a page shows it: its sentences, and the numbers in it to press."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schemas.rules import RulePack
from schemas.screening import Urgency

_NUMBERS: Final = re.compile(r"\b(999|111|116 123)\b")
_NAMES: Final = {"999": "Call 999", "111": "Call 111", "116 123": "Call Samaritans, 116 123"}


@dataclass(frozen=True)
class Said:
    """A message without the clinic's name in front; `calls` are the numbers it names and what to press."""

    text: str
    calls: tuple[tuple[str, str], ...]
    urgency: Urgency


def said(pack: RulePack, message: str, *, clinic: str, phone: str) -> Said:
    """The pack's own words for this message."""
    entry = pack.messages[message]
    text = entry.text.removeprefix("{clinic}:").replace("{clinic}", clinic).replace("{phone}", phone).strip()
    numbers = dict.fromkeys(_NUMBERS.findall(text))
    calls = tuple((number.replace(" ", ""), _NAMES[number]) for number in numbers)
    return Said(text, calls, entry.urgency)
