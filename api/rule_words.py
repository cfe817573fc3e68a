"""What a rule is about, in plain words: a rule's id alone tells a therapist nothing within a minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from api.text_words import NAMES
from care.start_condition import start_sentences
from schemas.rules import RulePack

About = Callable[[str], str | None]
"""What a rule of a pack is about; None where the pack has no words for it."""

_OPEN: Final[Mapping[str, str]] = MappingProxyType(
    {"-incomplete": ", left open", "-unsure": ", the client is not sure"}
)
"""The engine's own rules of an item, and what they say of it."""
_SIGNS: Final = ((">=", "≥"), ("<=", "≤"), (" - ", " − "), ("value", "answer"))


def about_rules(pack: RulePack, *, reads_screening: bool) -> About:
    """The words of this pack; for who may not read what a client answered there are none, only the rule's id."""
    return partial(_about, pack) if reads_screening else _untold


def _untold(_rule: str) -> str | None:
    return None


def _about(pack: RulePack, rule: str) -> str | None:
    return _of_an_item(pack, rule) or _of_a_number(pack, rule) or _of_a_start(pack, rule)


def _of_an_item(pack: RulePack, rule: str) -> str | None:
    """`recent surgery` of SCR-09-b: the topic of the item that the rule belongs to."""
    item_id, dash, ending = rule.rpartition("-")
    item = pack.items.get(rule) or pack.items.get(item_id)
    if item is None:
        return None
    return item.topic.replace("_", " ") + _OPEN.get(dash + ending, "")


def _of_a_start(pack: RulePack, rule: str) -> str | None:
    """`start condition (wound healed)` of what a profile or a condition puts before the first session."""
    said = start_sentences(pack).get(rule)
    return f"start condition ({said})" if said else None


def _of_a_number(pack: RulePack, rule: str) -> str | None:
    """`pain in the last 24 hours: answer ≥ 8` of AL-01."""
    alert = next((one for one in pack.sms_checkins.number_alerts if one.id == rule), None)
    if alert is None:
        return None
    condition = alert.condition
    for sign, said in _SIGNS:
        condition = condition.replace(sign, said)
    asked = ", ".join(NAMES[question] for question in alert.applies_to if question in NAMES)
    return f"{asked}: {condition}" if asked else condition
