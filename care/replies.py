"""Reading one reply: safety words first, then opting out, then the answer (`sms_checkins.parser`).

Every keyword group runs on the whole text, also when a number is found. Nothing is dropped: what no rule
reads goes to a person. `read` never raises, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from care.compiled import per_pack
from care.number_alerts import number_alerts
from care.scores import Scale, Score, find_score
from care.words import Said, Words, plain, words_for
from schemas.number_alerts import NumberAlert
from schemas.replies import Reading
from schemas.rules import RulePack
from schemas.rules_texting import KeywordGroup, Question
from schemas.screening import Urgency

REASK = "MSG-REASK"
CHANGE_RULE = "MID-4"
"""A yes to a question about changes in health: the matching screening items are asked again."""
_DAY_COUNT_HIGH = 7


class _Found(NamedTuple):
    group: KeywordGroup
    urgency: Urgency
    negated: bool

    @property
    def message(self) -> str | None:
        return None if self.negated else self.group.message


@dataclass(frozen=True)
class _Reader:
    words: Words
    groups: tuple[tuple[KeywordGroup, tuple[re.Pattern[str], ...]], ...]
    negations: frozenset[str]
    negation_stops: frozenset[str]
    reach: int
    opt_out: re.Pattern[str]
    scales: dict[str, Scale | None]


@per_pack
def _reader_of(pack: RulePack) -> _Reader:
    sms = pack.sms_checkins
    return _Reader(
        words=words_for(pack.meta.language),
        groups=tuple(
            (group, tuple(re.compile(one) for one in group.patterns)) for group in sms.keyword_groups
        ),
        negations=frozenset(sms.parser.negation_words),
        negation_stops=frozenset(sms.parser.negation_stops),
        reach=sms.parser.negation_reach,
        opt_out=re.compile(sms.opt_out.match),
        scales={question.id: _scale(pack, question) for question in sms.questions},
    )


def _scale(pack: RulePack, question: Question) -> Scale | None:
    """What the question accepts; None for one that asks for words."""
    if question.measure is None:
        return None
    measure = pack.measures.get(question.measure)
    low, high = question.range
    return Scale(low, high, not (measure and measure.higher_is_better), counts_days=high == _DAY_COUNT_HIGH)


def read(
    pack: RulePack, text: str, question: str | None = None, *, not_stopping: frozenset[str] = frozenset()
) -> Reading:
    """What `text` says, as an answer to the check-in `question` if one is open.

    `not_stopping` are words, in lower case, that the clinic had removed from the provider's stop words: alone they
    opt nobody out (`sms.md`, opt-out).

    Without a question a number is read on 0 to 10 with 10 the worst. Number alerts that need no history
    are part of the reading; `care.number_alerts` adds those that do.
    """
    reader = _reader_of(pack)
    words = reader.words
    text_plain = plain(text)
    said = Said.of(text_plain)
    bare = words.bare(said.text) if words.unambiguous(text_plain) else ""

    found = tuple(_keywords(reader, said))
    scale = reader.scales.get(question, Scale()) if question else Scale()
    score = find_score(text_plain, words, scale) if scale else Score()
    alerts = number_alerts(pack, question, score.value)
    stopping = bool(bare) and said.text not in not_stopping
    opt_out = stopping and (said.text in words.stop or bool(reader.opt_out.search(said.text)))
    opt_out = opt_out or any(pattern.search(said.text) for pattern in words.stop_patterns)
    opt_in, asks_help = said.text in words.start, said.text in words.help
    option = words.options.get(bare)
    choice, yes_no = words.choices.get(bare), words.yes_no.get(bare)
    changed = scale is None and yes_no is True

    command = opt_out or opt_in or asks_help or choice is not None
    answered = score.value is not None or (yes_no is not None and (question is None or scale is None))
    understood = bool(found) or command or answered
    only_a_number = score.out_of_range and words.only_numbers_and_fillers(text_plain)
    unreadable = not understood and (not said.text or only_a_number)
    free_text = not understood and not unreadable

    first = min(found, key=lambda one: (one.urgency.rank, one.negated), default=None)
    person = Urgency.E3 if unreadable or free_text or score.imprecise else None
    urgencies = (*(one.urgency for one in found), *(alert.urgency for alert in alerts), person)
    return Reading.of(
        value=score.value,
        imprecise=score.imprecise,
        urgency=Urgency.most_urgent((*urgencies, Urgency.E2 if changed else None)),
        group=first.group.id if first else None,
        groups=tuple(one.group.id for one in found),
        message=REASK if unreadable else _message(found, alerts),
        negated=first.negated if first else False,
        opt_out=opt_out,
        opt_in=opt_in,
        help=asks_help,
        choice=choice,
        option=option,
        yes_no=yes_no,
        unreadable=unreadable,
        free_text=free_text,
        rules=(
            *(one.group.id for one in found),
            *(alert.rule for alert in alerts),
            *((CHANGE_RULE,) if changed else ()),
        ),
        screening_items=tuple(dict.fromkeys(item for one in found for item in one.group.scr)),
    )


def _keywords(reader: _Reader, said: Said) -> Iterator[_Found]:
    """Every group that matches. One match that no negation precedes counts in full."""
    for group, patterns in reader.groups:
        negated: bool | None = None
        for start in (start for pattern in patterns for start in _starts(pattern, said.text)):
            negated = not group.never_downgrade and _negated(reader, said, start)
            if not negated:
                break
        if negated is not None:
            yield _Found(group, group.urgency.lowered if negated else group.urgency, negated)


def _starts(pattern: re.Pattern[str], said: str) -> Iterator[int]:
    """Where a pattern matches, overlaps included: "no chest pain but chest pain now" has two."""
    place = 0
    while place <= len(said) and (match := pattern.search(said, place)):
        yield match.start()
        place = match.start() + 1


def _negated(reader: _Reader, said: Said, start: int) -> bool:
    """A negation within reach before the match, in the same clause."""
    for word in reversed(said.clause_before(start)[-reader.reach :]):
        if word in reader.negation_stops:
            return False
        if word in reader.negations:
            return True
    return False


def _message(found: Iterable[_Found], alerts: Iterable[NumberAlert]) -> str | None:
    """One automatic answer at most: the most urgent that may be sent, words before numbers."""
    speaking = [(one.urgency.rank, one.message) for one in found if one.message]
    speaking += [(alert.urgency.rank, alert.message) for alert in alerts if alert.message]
    return min(speaking, key=lambda one: one[0])[1] if speaking else None
