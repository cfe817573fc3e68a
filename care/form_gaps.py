"""What a form leaves open, so that it is incomplete (ALG-8, ALG-8b)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from care.form_answers import NEGATIVE, UNSURE, VALUE, ReadItem
from schemas.rules_form import NUMBER_TYPES, ScreeningItem

_NOTHING_WRONG = NEGATIVE | {UNSURE}
"""Choices that call for no details."""


def unanswered(item: ScreeningItem, judged: Collection[str], read: ReadItem) -> Iterator[str]:
    """What must be answered and is not, cannot be read, or contradicts the rest of the item.

    `judged` are the item's fields that rules look at.
    """
    value = read.fields.get(VALUE)
    if (item.required and value is None) or VALUE in read.unreadable:
        yield item.id
    if not item.subfields:
        return
    chosen = set(value) if isinstance(value, tuple) else {value}
    positive = value is not None and not chosen <= _NOTHING_WRONG
    asked_always = item.type in NUMBER_TYPES
    denied = value is not None and not positive and not asked_always and UNSURE not in chosen
    for sub in item.subfields:
        if sub.f not in read.fields:
            needed = not chosen.isdisjoint(sub.only_if) if sub.only_if else positive or asked_always
            wanting = needed and not sub.optional
        else:
            at_odds = denied and sub.f in judged and not sub.optional and _affirms(read.fields[sub.f])
            wanting = at_odds or _too_low(item, sub.f, read)
        if wanting or sub.f in read.unreadable:
            yield f"{item.id}.{sub.f}"


def _affirms(answer: Any) -> bool:
    """Whether a sub-answer says something beside the item's own no."""
    if isinstance(answer, tuple):
        return bool(set(answer) - NEGATIVE)
    return answer not in NEGATIVE


def _too_low(item: ScreeningItem, field: str, read: ReadItem) -> bool:
    """A number lower than the one that it cannot be lower than."""
    if field not in item.not_below:
        return False
    given, least = read.fields[field], read.fields.get(item.not_below[field])
    return isinstance(given, int) and isinstance(least, int) and given < least
