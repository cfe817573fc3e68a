"""Visits in a running plan: reminded, confirmed, moved, cancelled, kept, and spaced out as the client gets better."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.alerts import AlertReason
from schemas.commands import CancelSession, Reschedule
from schemas.events import EventKind
from schemas.plan import AHEAD, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.refusals import CommandRefused
from schemas.taper import Step
from tests.workflows.care_walk import SAM, Walk, Walks

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


async def _reminded(walk: Walk) -> None:
    """The first reminder of the first visit is on the phone."""
    await walk.to((await walk.session(1)).starts_at - timedelta(hours=70))
    assert (await walk.told())[-1] == "session_reminder_72h"


async def test_a_client_who_confirms_is_not_reminded_again(walks: Walks) -> None:
    walk = await walks.active()
    await _reminded(walk)
    await walk.says("1")
    assert (await walk.session(1)).confirmed
    await walk.to((await walk.session(1)).starts_at - _HOUR)
    assert "session_reminder_24h" not in await walk.told()
    assert "CHK-CHANGE" in await walk.told(), "the day-before question is still asked"


async def test_a_client_who_does_not_confirm_is_reminded_the_day_before(walks: Walks) -> None:
    walk = await walks.active()
    await walk.to((await walk.session(1)).starts_at - _HOUR)
    told = await walk.told()
    assert told.count("session_reminder_72h") == told.count("session_reminder_24h") == 1


async def test_f23_asking_for_another_time_keeps_the_visit_and_moves_only_that_one(walks: Walks) -> None:
    walk = await walks.active()
    await _reminded(walk)
    booked, following = (await walk.state()).sessions
    await walk.says("2")
    assert (await walk.session(1)).starts_at == booked.starts_at
    assert (await walk.alert(AlertReason.change_requested)).session_no == 1
    assert (await walk.told())[-1] == "change_requested"
    await walk.do(Reschedule(session_no=1, starts_at=booked.starts_at + _DAY), SAM)
    moved = await walk.session(1)
    assert (moved.starts_at, moved.revision) == (booked.starts_at + _DAY, booked.revision + 1)
    assert (await walk.state()).sessions == (moved, following)
    assert not (await walk.state()).alerts
    assert (await walk.told())[-1] == "session_moved"


async def test_a_cancellation_by_text_gives_the_slot_back_and_the_series_goes_on(walks: Walks) -> None:
    walk = await walks.active()
    await _reminded(walk)
    first = await walk.session(1)
    await walk.says("3")
    state = await walk.state()
    assert state.session(1) == first.but(
        status=SessionStatus.cancelled, closed_at=state.progress.last_contact_at
    )
    assert len([s for s in state.sessions if s.status is SessionStatus.booked]) == 2
    assert (await walk.told())[-1] == "cancelled_by_reply"
    other = await walks.active(first_session_at=first.starts_at)
    assert (await other.session(1)).starts_at == first.starts_at, "somebody else has the time now"


async def test_an_outcome_books_the_next_visit(walks: Walks) -> None:
    walk = await walks.active()
    await walk.attend(1)
    state = await walk.state()
    assert (await walk.session(1)).status is SessionStatus.attended
    second, third = (s for s in state.sessions if s.status in AHEAD)
    assert third.starts_at - second.starts_at == 7 * _DAY
    assert await walk.happened(EventKind.taper_evaluated)


async def test_an_outcome_nobody_recorded_is_asked_for(walks: Walks) -> None:
    walk = await walks.active()
    await walk.to((await walk.session(1)).starts_at + 30 * _HOUR)
    assert (await walk.alert(AlertReason.outcome_missing)).session_no == 1


async def test_f21_a_time_that_another_plan_holds_is_left_open_with_alternatives_and_the_other_booked(
    walks: Walks,
) -> None:
    earlier = await walks.active()
    held = (await earlier.session(2)).starts_at
    walk = await walks.active(place=0, first_session_at=held)
    first, second = (await walk.state()).sessions
    assert (first.status, first.starts_at) == (SessionStatus.unplaced, held)
    assert second.status is SessionStatus.booked
    assert (await walk.alert(AlertReason.slot_needed)).session_no == 1
    [left_open] = await walk.happened(EventKind.session_unplaced)
    assert left_open.facts["alternatives"]
    for text in await walk.outbox():
        assert held not in text.order.starts_at, "no text promises the time that was refused"


async def test_f22_moving_onto_a_taken_time_is_refused_with_free_ones_and_changes_nothing(
    walks: Walks,
) -> None:
    taken = (await (await walks.active()).session(1)).starts_at
    walk = await walks.active(place=0, first_session_at=taken + _HOUR)
    before = await walk.state()
    with pytest.raises(CommandRefused) as refused:
        await walk.do(Reschedule(session_no=1, starts_at=taken), SAM)
    assert refused.value.code == "slot_taken"
    assert refused.value.alternatives
    assert await walk.state() == before
    free = refused.value.alternatives[0]
    await walk.do(Reschedule(session_no=1, starts_at=free), SAM)
    assert (await walk.session(1)).starts_at == free


async def test_a_visit_the_clinic_cancels_is_told_and_replaced(walks: Walks) -> None:
    walk = await walks.active()
    await walk.do(CancelSession(session_no=1, by_clinic=True), SAM)
    assert (await walk.session(1)).status is SessionStatus.cancelled
    assert (await walk.told())[-1] == "session_cancelled"
    assert len([s for s in (await walk.state()).sessions if s.status is SessionStatus.booked]) == 2


async def test_visits_are_spaced_out_once_the_therapist_agrees_that_the_client_is_better(
    walks: Walks,
) -> None:
    walk = await walks.in_rhythm()
    for number, goal in ((1, 5.5), (2, 6.5), (3, 7)):
        await walk.attend(number, pain=1, primary=goal)
        await walk.answers_about(number, "1")
    approval = await walk.clinic.approval(walk.plan)
    assert (approval.kind, approval.proposal.step) == (ApprovalKind.taper, Step.S2)
    booked = [s.starts_at for s in (await walk.state()).sessions if s.status is SessionStatus.booked]
    await walk.decide()
    state = await walk.state()
    assert state.progress.step is Step.S2
    first, second = (s.starts_at for s in state.sessions if s.status is SessionStatus.booked)
    assert (first, second) != tuple(booked)
    assert second - first == 14 * _DAY
    assert (await walk.told())[-1] == "visits_changed"
