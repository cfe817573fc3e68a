"""A text that a member of staff caused goes out after its undo window, and not at all once it is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from database.demo_clinic import THERAPIST
from database.undo import take_back, texts_to_undo
from schemas.messages import MessageStatus, TextPurpose
from tests.activities.desk import Desk

WINDOW = timedelta(seconds=10)


async def test_a_text_waits_out_its_window_and_then_goes_once(desk: Desk) -> None:
    order = desk.reminder(by=THERAPIST.id, purpose=TextPurpose.notice, agenda_key=None)
    with pytest.raises(ApplicationError) as waits:
        await desk.send(order, timedelta(seconds=4), undo_for=WINDOW)
    assert waits.value.next_retry_delay == timedelta(seconds=6)
    assert [one.key for one in await texts_to_undo(desk.engine, THERAPIST.id)] == [order.key]
    sent = await desk.send(order, WINDOW, undo_for=WINDOW)
    assert sent.status is MessageStatus.sent
    assert not await take_back(desk.engine, order.plan_id, order.key, THERAPIST.id, order.ordered_at)
    assert len(desk.inbox()) == 1


async def test_a_text_that_was_taken_back_never_goes(desk: Desk) -> None:
    order = desk.reminder(by=THERAPIST.id, purpose=TextPurpose.notice, agenda_key=None)
    with pytest.raises(ApplicationError):
        await desk.send(order, undo_for=WINDOW)
    assert await take_back(desk.engine, order.plan_id, order.key, THERAPIST.id, order.ordered_at)
    ended = await desk.send(order, WINDOW, undo_for=WINDOW)
    assert (ended.status, ended.reason) == (MessageStatus.suppressed, "undone")
    assert desk.inbox() == []


async def test_what_the_agenda_sends_waits_for_nobody(desk: Desk) -> None:
    assert (await desk.send(desk.reminder(), undo_for=WINDOW)).status is MessageStatus.sent
