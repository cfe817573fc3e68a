"""What a pack says and listens for: texts that can be filled in, alerts that can ring, words that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from re import _constants, _parser  # type: ignore[attr-defined]  # nothing public reads a pattern
from string import Formatter
from typing import Any, Final

from care.number_alerts import ConditionError, compile_condition
from care.pack_names import Found, must, some
from schemas.rules import RulePack
from schemas.rules_texting import Question

_LONGEST_TEXT: Final = 1600
"""Characters; no provider takes more."""
_FIELDS: Final = ("clinic", "phone", "therapist")
"""What a text of the pack may have filled in."""
_SORENESS: Final = "SORE"
"""Asked after visits and no outcome: the one thing to ask that is no measure."""
_REPETITIONS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def ringing(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """An alert that no answer can raise, and words that every text would say."""
    sms = pack.sms_checkins
    for place, question in enumerate(sms.questions):
        yield from must(
            ("sms_checkins", "questions", place),
            "measure",
            some(question.measure),
            (*pack.measures, _SORENESS),
        )
        low, high = question.range
        if low >= high:
            yield (
                ("sms_checkins", "questions", place),
                f"its range runs from {low} to {high}; give the lower first",
            )
    for place, alert in enumerate(sms.number_alerts):
        asked = [pack.questions[name] for name in alert.applies_to if name in pack.questions]
        dumb = [one.id for one in asked if not _can_ring(alert.condition, one)]
        if dumb:
            yield (
                ("sms_checkins", "number_alerts", place),
                f"no answer to {', '.join(dumb)} can make {alert.condition!r} true; correct the numbers",
            )
    for place, group in enumerate(sms.keyword_groups):
        for pattern in group.patterns:
            yield from _words(("sms_checkins", "keyword_groups", place, "patterns"), pattern)
    yield from _words(("sms_checkins", "opt_out"), sms.opt_out.match)


def _can_ring(condition: str, question: Question) -> bool:
    """Whether some answer, after some history, raises it. What cannot be read is told of elsewhere."""
    try:
        rings = compile_condition(condition)
    except ConditionError:
        return True
    low, high = question.range
    history = ("baseline", "previous", "best", "pre_session")
    return any(
        rings({"value": value, "day3": True, **dict(zip(history, before, strict=True))})
        for value in range(low, high + 1)
        for before in product((low, high), repeat=len(history))
    )


def _words(path: tuple[str | int, ...], pattern: str) -> Found:
    """What is wrong with a pattern that can be read; one that cannot is told of elsewhere."""
    try:
        found_in_nothing, read = re.search(pattern, ""), _parser.parse(pattern)
    except re.error:
        return
    if found_in_nothing:
        yield path, f"the pattern {pattern!r} finds itself in every text; name the words"
    if _repeats(read, 2):
        yield (
            path,
            f"the pattern {pattern!r} repeats a repetition, and some texts would take it years; "
            "say how often at most, like {0,5}",
        )


def _repeats(read: Any, deep: int) -> bool:
    """Whether repetitions without an end stand within each other so deep."""
    if deep == 0:
        return True
    if isinstance(read, _parser.SubPattern):
        read = read.data
    if not isinstance(read, (list, tuple)):
        return False
    endless = len(read) == 2 and read[0] in _REPETITIONS and read[1][1] is _constants.MAXREPEAT
    return any(_repeats(part, deep - endless) for part in (read[1] if endless else read))


def texts(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Texts with something to say, whose fields can be filled in."""
    for place, question in enumerate(pack.sms_checkins.questions):
        for reason in _wrong_with(question.text):
            yield ("sms_checkins", "questions", place), reason
    for name, message in pack.messages.items():
        for reason in _wrong_with(message.text):
            yield ("messages", name), reason
    for nation, words in pack.nation_overrides.items():
        for name, text in words.texts.items():
            for reason in _wrong_with(text):
                yield ("messages", "nation_overrides", nation.value, "texts", name), reason


def _wrong_with(text: str) -> Iterator[str]:
    if not text.strip():
        yield "the text is blank; write it out"
    if len(text) > _LONGEST_TEXT:
        yield f"the text has {len(text)} characters; no provider takes more than {_LONGEST_TEXT}"
    try:
        fields = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError:
        yield f"a brace stands alone in {text[:40]!r}; fields are written {{clinic}}"
        return
    for unknown in sorted(fields - set(_FIELDS)):
        yield f"nothing fills in {{{unknown}}}; a text may name {', '.join(f'{{{one}}}' for one in _FIELDS)}"
