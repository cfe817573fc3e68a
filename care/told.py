"""What a client has answered so far, question by question: looked through once for everybody who asks."""

from __future__ import annotations

from types import MappingProxyType

from care.same_again import one_more
from schemas.prompts import Answer

Told = MappingProxyType[str, tuple[Answer, ...]]


def _grouped(answers: tuple[Answer, ...]) -> Told:
    told: dict[str, list[Answer]] = {}
    for answer in answers:
        told.setdefault(answer.question, []).append(answer)
    return MappingProxyType({question: tuple(given) for question, given in told.items()})


def _with_newest(told: Told, newest: Answer, dropped: tuple[Answer, ...]) -> Told:
    """One answer more; a record that is full has dropped its oldest."""
    more = told.copy()
    more[newest.question] = (*more.get(newest.question, ()), newest)
    for oldest in dropped:
        more[oldest.question] = more[oldest.question][1:]
        if not more[oldest.question]:
            del more[oldest.question]
    return MappingProxyType(more)


by_question = one_more(_grouped, _with_newest)
"""The answers to each question in the order they came; a question that was never answered is not in it."""
