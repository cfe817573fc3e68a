"""A text read as an answer to every open question: the reading, and the number alerts it raises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from care.number_alerts import ScoreContext, number_alerts
from care.replies import read
from schemas.number_alerts import NumberAlert
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
    foremost: Reading | None = None
    alerts: dict[str, tuple[NumberAlert, ...]] = {}
    for question in asked.questions:
        reading = understand(words, question)
        alerts[question] = _alerts(pack, question, reading, asked)
        if foremost is None or foremost.value is None or reading.value is not None:
            foremost = reading
    return ReplyFinding.of(reading=foremost or understand(words, None), alerts=alerts, questions_apart=True)


def _alerts(pack: RulePack, question: str, reading: Reading, asked: ReplyQuestion) -> tuple[NumberAlert, ...]:
    """What the number raises, beside what is known of earlier answers to the same question."""
    if reading.value is None:
        return ()
    known: ScoreContext = {"previous": asked.previous.get(question), "pre_session": asked.pre_session}
    if question == "CHK-PAIN":
        known["baseline"], known["day3"] = asked.baseline, asked.day3
    elif question == "CHK-STIFF":
        known["baseline"] = asked.stiffness_baseline
    elif question == "CHK-GOAL":
        known["best"] = asked.best_goal
    return number_alerts(pack, question, reading.value, known)
