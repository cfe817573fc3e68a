"""From a request to a plan's command: who asks, under which id, with which words kept in the record.

Words are kept before the command that refers to them; if the plan refuses it, they are taken out again, so
that nothing is half done.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import Depends, Header

from api.answers import told
from api.clinic import Clinic, TheClinic
from api.identity import Identity, Who
from api.problems import Problem, asked_in_vain
from database.notes import discard_note, write_note
from schemas.commands import Command, CommandEnvelope, CommandReply
from schemas.names import new_id
from schemas.refusals import CommandRefused, PlanClosed

_NOT_FOUND_CODES: Final = frozenset({"unknown_session"})

CommandKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key again is the same request: it is applied once.",
    ),
]


class Asking:
    """One request on its way to a plan."""

    def __init__(self, clinic: Clinic, who: Identity, key: str | None) -> None:
        self.clinic = clinic
        self.who = who
        self.id = f"api:{key}" if key else f"api:{new_id()}"
        self._notes: list[str] = []

    async def note(self, plan_id: str, kind: str, words: str | None) -> str | None:
        """Keep words under the asker's name and return their id; None for no words.

        Problem 403 if a process asks that stands in for nobody.
        """
        if not words:
            return None
        author, now = self.who.author_id, self.clinic.clock()
        note_id = await write_note(self.clinic.engine, plan_id, author, kind, words, at=now)
        self._notes.append(note_id)
        return note_id

    async def command(self, plan_id: str, command: Command, zone: str) -> CommandReply:
        """Ask the plan and wait until it is recorded.

        Problem 409 with why where the plan refuses (404 for a session it does not have), 503 where the
        engine is away; the same request may then be sent again under its Idempotency-Key.
        """
        structlog.contextvars.bind_contextvars(plan_id=plan_id)
        envelope = CommandEnvelope(command_id=self.id, actor=self.who.actor, command=command)
        try:
            reply = await self.clinic.plans.command(plan_id, envelope)
        except CommandRefused as refused:
            await self._take_back()
            self.clinic.metrics.refused(refused.code)
            raise _refusal(refused, zone) from refused
        except PlanClosed:
            await self._take_back()
            raise
        if reply.repeated:
            await self._take_back()
        return reply

    async def _take_back(self) -> None:
        for note_id in self._notes:
            await discard_note(self.clinic.engine, note_id)
        self._notes.clear()


def _refusal(refused: CommandRefused, zone: str) -> Problem:
    if refused.code in _NOT_FOUND_CODES:
        return Problem(HTTPStatus.NOT_FOUND, refused.code, refused.sentence)
    more = {"alternatives": told(refused.alternatives, zone)} if refused.alternatives else {}
    return asked_in_vain(refused, **more)


def asking(clinic: TheClinic, who: Who, key: CommandKey = None) -> Asking:
    """The request as a way to ask a plan."""
    return Asking(clinic, who, key)


Ask = Annotated[Asking, Depends(asking)]
