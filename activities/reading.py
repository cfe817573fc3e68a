"""What a client's text says, under the pack their plan is pinned to. The words stay in the database."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.packs import PackShelf
from care.number_alerts import ScoreContext, number_alerts
from care.replies import read
from database.inbound import note_reading, text_of
from schemas import names
from schemas.replies import Reading
from schemas.rules import RulePack
from schemas.transition import ReplyFinding, ReplyQuestion


class ReplyReading:
    """Reads stored texts with the pure functions of `care`."""

    def __init__(self, engine: AsyncEngine, packs: PackShelf) -> None:
        self._engine = engine
        self._packs = packs

    @activity.defn(name=names.READ_REPLY)
    async def read_reply(self, asked: ReplyQuestion) -> ReplyFinding:
        """Read a text, note the reading beside it, and say which number alerts each open question raises."""
        pack = await self._packs.get(asked.pack_hash)
        words = (await text_of(self._engine, asked.inbound_id)).body
        found = finding(pack, words, asked)
        await note_reading(self._engine, asked.inbound_id, found.reading)
        return found


def finding(pack: RulePack, words: str, asked: ReplyQuestion) -> ReplyFinding:
    """The text read as an answer to every open question.

    Scales differ, so a number may answer one question and not another: the reading is that of the question
    asked last among those that the number fits, or of the one asked last if it fits none.
    """
    readings = {question: read(pack, words, question) for question in asked.questions}
    return ReplyFinding(
        reading=_foremost(readings) or read(pack, words),
        alerts={
            question: number_alerts(pack, question, reading.value, _context(question, asked))
            for question, reading in readings.items()
        },
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
