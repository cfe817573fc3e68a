"""Nothing about a person leaves the database: not for Temporal, open or locked, and not into a log."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Final

import pytest
import structlog
from sqlalchemy import update

from database.tables import clients
from schemas.alerts import AlertReason
from schemas.commands import CloseAlert, Decision, RecordOutcome, Withdraw
from tests.workflows.care_walk import Walk, Walks, attended
from tests.workflows.opened_payloads import opened

_GIVEN: Final = "Wilhelmina"
_FAMILY: Final = "Featherstonehaugh"
_BORN: Final = date(1951, 7, 23)
_CONFIRMS: Final = "1"
_CHATS: Final = "my neighbour Gwendolyn will drive me in her blue Skoda"
_WORRIES: Final = "Since this morning my bum has gone numb and I cant feel when I wipe"
_REASON: Final = "Fit to start, but mind the left hip after last year's fall from the horse."
_SESSION_NOTE: Final = "Loosened up well; told me about the grandchildren in Aberystwyth."


async def _a_whole_plan(walk: Walk) -> None:
    """Approved with a reason, visited with a note, chatted with, worried about, ended."""
    about = update(clients).where(clients.c.id == walk.plan.client_id)
    async with walk.clinic.engine.begin() as connection:
        await connection.execute(about.values(given_name=_GIVEN, family_name=_FAMILY, date_of_birth=_BORN))
    await walk.decide(Decision.approve, reason_id=await walk.note(_REASON))
    first = await walk.session(1)
    await walk.to(first.starts_at - timedelta(hours=70))
    await walk.says(_CONFIRMS)
    await walk.says(_CHATS)
    await walk.to(first.starts_at + timedelta(hours=1))
    outcome: RecordOutcome = attended(1)
    await walk.do(outcome.but(note_id=await walk.note(_SESSION_NOTE)))
    await walk.to(first.starts_at + timedelta(hours=26))
    await walk.says(_WORRIES)
    await walk.all_clear()
    chat = await walk.alert(AlertReason.unread_reply)
    assert chat.subject
    await walk.do(CloseAlert(alert_id=chat.id, outcome="read"))
    await walk.do(Withdraw(reason_id=await walk.note("Moves to Wolverhampton.")))
    assert await walk.ended()


async def _secrets(walk: Walk) -> list[str]:
    """What nobody but the clinic may read, in pieces that no chance produces."""
    assert walk.plan.mobile is not None
    words = [_CHATS, _WORRIES, _REASON, _SESSION_NOTE, *await walk.phone()]
    pieces = [one[place : place + 24] for one in words for place in range(0, len(one) - 24, 12)]
    who = [_GIVEN, _FAMILY, _BORN.isoformat(), _BORN.strftime("%d/%m/%Y"), walk.plan.mobile[3:], "Gwendolyn"]
    return [*who, *pieces]


async def test_temporal_and_the_logs_know_nobody_and_no_words(
    walks: Walks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        walk = await walks.begin()
        await _a_whole_plan(walk)
    secrets = await _secrets(walk)
    assert len(await walk.phone()) >= 8 and len(secrets) > 100 and logged

    histories = await walk.clinic.histories(walk.plan)
    described = (await walk.handle.describe()).raw_description
    listed = [one.raw_info async for one in walk.clinic.client.list_workflows("")]
    places = {
        "a locked history": [event.SerializeToString() for one in histories for event in one.events],
        "an opened history": [
            event.SerializeToString()
            for one in histories
            for event in (await opened(one, walk.clinic.client)).events
        ],
        "ids, attributes, memo and summaries": [
            described.SerializeToString(),
            *(one.SerializeToString() for one in listed),
        ],
        "a log": [str(line).encode() for line in logged] + [caplog.text.encode()],
    }
    for place, blobs in places.items():
        found = {secret for secret in secrets for blob in blobs if secret.encode() in blob}
        assert not found, place
    assert any(b"attended" in blob for blob in places["an opened history"]), "opened, it can be read"
    assert not any(b"attended" in blob for blob in places["a locked history"]), "locked, it cannot"
