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
    newest_first = list(reversed(readings.values()))
    answering = (reading for reading in newest_first if reading.value is not None)
    return next(answering, newest_first[0] if newest_first else None)


def _context(question: str, asked: ReplyQuestion) -> ScoreContext:
    baselines = {"CHK-PAIN": asked.baseline, "CHK-STIFF": asked.stiffness_baseline}
    best = {"CHK-GOAL": asked.best_goal}
    return ScoreContext(
        baseline=baselines.get(question),
        previous=asked.previous.get(question),
        best=best.get(question),
        pre_session=asked.pre_session,
        day3=asked.day3 and question == "CHK-PAIN",
    )
