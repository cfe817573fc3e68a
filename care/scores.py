"""Finding the score in a reply: one number, or the worse of several.

A number that measures something else ("2 weeks", "400mg", "7pm") is not a score, and a number out of range
is not either. Nothing is guessed towards the better side.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from care.words import Words

_DENOMINATOR = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(?:/|out of|of)\s*(\d+)(?![\w/])")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_NUMBER = re.compile(r"(?<![\w.£$€])([-−–]?)(\d+(?:\.\d+)?)([^\W\d_]*)")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
_ABOUT = "ish"
_LONGEST = 6


@dataclass(frozen=True)
class Scale:
    """What a question accepts: whole numbers `low` … `high`, which end is worse, whether it counts days."""

    low: int = 0
    high: int = 10
    high_is_worse: bool = True
    counts_days: bool = False


@dataclass(frozen=True)
class Score:
    """The value found, if any; whether it needs a second look; whether some number was out of range."""

    value: int | None = None
    imprecise: bool = False
    out_of_range: bool = False


def find_score(plain: str, words: Words, scale: Scale) -> Score:
    """The score in `plain` text (lower case, apostrophes removed, punctuation kept)."""
    found: list[float] = []
    rounded = outside = False
    for sign, digits, suffix in _numbers(_digits_for_words(plain, words), words, scale):
        value = float(digits) if len(digits) <= _LONGEST else math.inf
        if sign or not scale.low <= value <= scale.high:
            outside = True
            continue
        rounded |= suffix == _ABOUT or not value.is_integer()
        found.append(value)
    if not found:
        return Score(out_of_range=outside)
    worst = math.ceil(max(found)) if scale.high_is_worse else math.floor(min(found))
    several = len(set(found)) > 1 or outside
    return Score(worst, imprecise=rounded or several, out_of_range=outside)


def _digits_for_words(plain: str, words: Words) -> str:
    """Number words become digits; a word such as "one" only where nothing else is said."""
    alone = words.only_numbers_and_fillers(plain)

    def digit(match: re.Match[str]) -> str:
        word = match.group()
        return word if word in words.numbers_only_alone and not alone else str(words.numbers[word])

    return words.number_word.sub(digit, plain)


def _numbers(plain: str, words: Words, scale: Scale) -> list[tuple[bool, str, str]]:
    """(negative, digits, suffix) of every number that could be a score."""
    text = _CLOCK.sub(" ", plain)
    text = _DENOMINATOR.sub(
        lambda m: m.group(1) if int(m.group(2)[:_LONGEST]) == scale.high else m.group(), text
    )
    found = []
    for match in _NUMBER.finditer(text):
        sign, digits, suffix = match.groups()
        if suffix not in ("", _ABOUT) or _measures_something_else(text, match.end(), words, scale):
            continue
        in_a_range = text[: match.start()].rstrip()[-1:].isdigit()
        found.append((bool(sign) and not in_a_range, digits, suffix))
    return found


def _measures_something_else(text: str, end: int, words: Words, scale: Scale) -> bool:
    after = _NEXT_WORD.match(text, end)
    unit = after.group(1) if after else ""
    if unit in words.counted_days:
        return not scale.counts_days
    return unit in words.not_scores
