"""A text read as an answer to every open question: the reading, and the number alerts it raises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from care.number_alerts import ScoreContext, number_alerts
from care.replies import read
from schemas.replies import Reading
from schemas.rules import RulePack
from schemas.transition import ReplyFinding, ReplyQuestion

Reader = Callable[[str, str | None], Reading]
"""Reads a text as an answer to a question, or to none."""


def finding(pack: RulePack, words: str, asked: ReplyQuestion, reader: Reader | None = None) -> ReplyFinding:
    """The text read as an answer to every open question.

    Scales differ, so a number may answer one question and not another: the reading is that of the question
    asked last among those that the number fits, or of the one asked last if it fits none.
    """
    understand = reader or partial(read, pack)
    readings = {question: understand(words, question) for question in asked.questions}
    return ReplyFinding(
        reading=_foremost(readings) or understand(words, None),
        alerts={
            question: number_alerts(pack, question, reading.value, _context(question, asked))
            for question, reading in readings.items()
        },
        questions_apart=True,
    )


def _foremost(readings: dict[str, Reading]) -> Reading | None:
    """Of the readings, in the order their questions were asked, the last with a number, or the last of all."""
    for reading in reversed(readings.values()):
        if reading.value is not None:
            return reading
    return next(reversed(readings.values()), None)


def _context(question: str, asked: ReplyQuestion) -> ScoreContext:
    pain = question == "CHK-PAIN"
    return ScoreContext(
        baseline=asked.baseline if pain else asked.stiffness_baseline if question == "CHK-STIFF" else None,
        previous=asked.previous.get(question),
        best=asked.best_goal if question == "CHK-GOAL" else None,
        pre_session=asked.pre_session,
        day3=asked.day3 and pain,
    )
