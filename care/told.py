"""What a client has answered so far, question by question: looked through once for everybody who asks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.prompts import Answer

Told = Mapping[str, tuple[Answer, ...]]


class _Record:
    """The answers that were asked about last. Most often the next are the same, or the same and one more.

    A worker steps several plans at once, each in its own thread: what is kept of one is kept in one assignment.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[Answer, ...], Told] = ((), MappingProxyType({}))

    def by_question(self, answers: tuple[Answer, ...]) -> Told:
        """The answers to each question in the order they came; a question that was never answered is not in it."""
        known, told = self._last
        if answers is not known:
            dropped = len(known) - len(answers) + 1
            if answers and dropped in (0, 1) and known[dropped:] == answers[:-1]:
                told = _with_newest(told, answers[-1], known[:dropped])
            else:
                told = _grouped(answers)
            self._last = (answers, told)
        return told


by_question = _Record().by_question


def _grouped(answers: tuple[Answer, ...]) -> Told:
    told: dict[str, list[Answer]] = {}
    for answer in answers:
        told.setdefault(answer.question, []).append(answer)
    return MappingProxyType({question: tuple(given) for question, given in told.items()})


def _with_newest(told: Told, newest: Answer, dropped: tuple[Answer, ...]) -> Told:
    """One answer more; a record that is full has dropped its oldest."""
    more = dict(told)
    more[newest.question] = (*more.get(newest.question, ()), newest)
    for oldest in dropped:
        more[oldest.question] = more[oldest.question][1:]
        if not more[oldest.question]:
            del more[oldest.question]
    return MappingProxyType(more)
