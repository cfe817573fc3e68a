"""How many billed segments a text takes, and how to keep it in the cheap alphabet.

Sources: 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table) and the rules of Twilio's
published segment calculator: one segment holds 160 septets or 70 UTF-16 units; each part of a longer
message holds 153 or 67, and a character is never cut in two by the end of a part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gsm0338.charset import BASIC_CHARACTER_SET, BASIC_CHARACTER_SET_EXTENSION


class Encoding(StrEnum):
    """The alphabet a text travels in, under the names Twilio uses."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `units` are septets in GSM-7 and UTF-16 code units in UCS-2."""

    encoding: Encoding
    segments: int
    units: int


@dataclass(frozen=True, slots=True)
class _Capacity:
    alone: int
    part: int


_CAPACITY: Final = {
    Encoding.GSM_7: _Capacity(alone=160, part=153),
    Encoding.UCS_2: _Capacity(alone=70, part=67),
}

_ESCAPE: Final = "ESCAPE"
_SEPTETS: Final[dict[str, int]] = {
    **{unicodedata.lookup(name): 1 for name in BASIC_CHARACTER_SET.values() if name != _ESCAPE},
    **{unicodedata.lookup(name): 2 for name in BASIC_CHARACTER_SET_EXTENSION.values() if name != _ESCAPE},
}

_SOFTENED: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": ",", "‛": "'", "ʼ": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "\t": " ",
        "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
        "\u00ad": None, "\u200b": None, "\u2060": None, "\ufeff": None,
    }
)  # fmt: skip

_ZERO_WIDTH_JOINER: Final = "\u200d"
_GLUE_CATEGORIES: Final = frozenset({"Mn", "Me", "Mc"})
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_TAGS: Final = range(0xE0020, 0xE0080)
_REGIONAL_INDICATORS: Final = range(0x1F1E6, 0x1F200)


def count(text: str) -> Segments:
    """The alphabet, segments and units of `text` as Twilio bills it. An empty text is one empty segment."""
    encoding = Encoding.GSM_7 if is_gsm7(text) else Encoding.UCS_2
    sizes = [_SEPTETS[ch] for ch in text] if encoding is Encoding.GSM_7 else list(_glyph_units(text))
    units = sum(sizes)
    capacity = _CAPACITY[encoding]
    return Segments(encoding, 1 if units <= capacity.alone else _parts(sizes, capacity.part), units)


def is_gsm7(text: str) -> bool:
    """Whether every character of `text` is in the GSM 7-bit alphabet or its extension table."""
    return all(ch in _SEPTETS for ch in text)


def foreign_characters(text: str) -> tuple[str, ...]:
    """The characters that force `text` into UCS-2, each once, in order of appearance."""
    return tuple(dict.fromkeys(ch for ch in text if ch not in _SEPTETS))


def downgrade(text: str) -> str:
    """`text` with typographic quotes, dashes, dots and spaces replaced by their plain look-alikes.

    Letters are never changed: a name keeps its accents even where they cost a second segment.
    """
    return text.translate(_SOFTENED)


def _parts(sizes: list[int], room: int) -> int:
    parts, free = 1, room
    for size in sizes:
        if size > free:
            parts += -(-size // room)
            free = room * -(-size // room)
        free -= size
    return parts


def _glyph_units(text: str) -> Iterator[int]:
    """UTF-16 units of each visible character; a flag, a family or a letter with its accent is one."""
    size, joins, lone_flag_half = 0, False, False
    for ch in text:
        units = 2 if ord(ch) > 0xFFFF else 1
        completes_flag = lone_flag_half and ord(ch) in _REGIONAL_INDICATORS
        if size and not (joins or completes_flag or _is_glue(ch)):
            yield size
            size = 0
        lone_flag_half = ord(ch) in _REGIONAL_INDICATORS and not completes_flag
        joins = ch == _ZERO_WIDTH_JOINER
        size += units
    if size:
        yield size


def _is_glue(ch: str) -> bool:
    return (
        ch == _ZERO_WIDTH_JOINER
        or ord(ch) in _SKIN_TONES
        or ord(ch) in _TAGS
        or unicodedata.category(ch) in _GLUE_CATEGORIES
    )
