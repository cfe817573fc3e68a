"""What a plan does when something is wrong, or when somebody says stop: at once, at any hour."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from schemas.alerts import AlertReason
from schemas.commands import PausePlan, ResumePlan, Withdraw
from schemas.events import EventKind
from schemas.messages import Audience
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.refusals import CommandRefused, PlanClosed
from tests.workflows.care_walk import PRIYA, SAM, Walk, Walks, on

NUMB = "Since this morning my bum has gone numb and I cant feel when I wipe"


async def _at_three_in_the_morning(walk: Walk) -> None:
    await walk.to(on(await walk.clinic.now(walk.plan), time(3), days_later=1))


async def test_a_red_flag_suspends_the_plan_and_is_answered_even_at_three_in_the_morning(
    walks: Walks,
) -> None:
    walk = await walks.active()
    await _at_three_in_the_morning(walk)
    await walk.says(NUMB)
    state = await walk.state()
    assert state.stage is Stage.suspended
    assert {s.status for s in state.sessions} == {SessionStatus.held}
    assert "999" in (await walk.phone())[-1], "the client has the answer before anybody is awake"
    assert await walk.told(Audience.staff) == ["staff_page"]
    assert (await walk.clinic.now(walk.plan)) < on(await walk.clinic.now(walk.plan), time(3, 5))


async def test_a_suspended_plan_texts_nothing_routine_and_its_visits_do_not_take_place(walks: Walks) -> None:
    walk = await walks.active()
    await walk.says(NUMB)
    await walk.deal_with_red_flag()
    told = await walk.told()
    first = await walk.session(1)
    await walk.to(first.starts_at + timedelta(hours=1))
    assert (await walk.session(1)).status is SessionStatus.lapsed
    assert await walk.told() == told


async def test_after_the_all_clear_a_therapist_lets_the_plan_go_on_and_the_visits_come_back(
    walks: Walks,
) -> None:
    walk = await walks.active()
    booked = (await walk.state()).sessions
    await walk.says(NUMB)
    with pytest.raises(CommandRefused) as refused:
        await walk.do(ResumePlan())
    assert refused.value.code == "alert_open"

    await walk.all_clear()
    state = await walk.state()
    assert state.stage is Stage.active
    assert [(s.no, s.starts_at, s.status) for s in state.sessions] == [
        (s.no, s.starts_at, SessionStatus.booked) for s in booked
    ]
    assert (await walk.told())[-1] == "plan_resumed"


async def test_f14_f35_a_client_who_stops_is_let_go_at_once_and_nothing_more_happens(walks: Walks) -> None:
    walk = await walks.active()
    await walk.do(Withdraw(), SAM)
    state = await walk.state()
    assert state.stage is Stage.withdrawn
    assert {s.status for s in state.sessions} == {SessionStatus.cancelled}
    assert not state.approvals and not state.alerts
    assert (await walk.told())[-1] == "withdrawn"
    assert await walk.ended()
    with pytest.raises(PlanClosed):
        await walk.do(PausePlan())


async def test_a_plan_that_ends_with_an_urgent_alert_open_stays_until_somebody_has_dealt_with_it(
    walks: Walks,
) -> None:
    walk = await walks.active()
    await walk.says(NUMB)
    await walk.do(Withdraw(), SAM)
    assert (await walk.state()).stage is Stage.withdrawn
    assert not await walk.ended()
    await walk.deal_with_red_flag()
    assert await walk.ended()


async def test_an_alert_nobody_takes_on_passes_to_the_next_person_in_opening_hours_only(walks: Walks) -> None:
    walk = await walks.active()
    friday_evening = on(await walk.clinic.now(walk.plan), time(18, 45), days_later=4)
    await walk.to(friday_evening)
    await walk.says("could you ring me about something please")
    alert = await walk.alert(AlertReason.unread_reply)
    protocol = (await walk.state()).protocol
    assert protocol.chain[alert.chain_position].staff_id == PRIYA.id
    assert alert.acknowledge_by > on(friday_evening, time(8), days_later=1), "nobody is there at night"
    await walk.to(alert.acknowledge_by - timedelta(minutes=1))
    assert (await walk.alert(AlertReason.unread_reply)).chain_position == 0
    await walk.to(alert.acknowledge_by + timedelta(minutes=1))
    assert (await walk.alert(AlertReason.unread_reply)).chain_position == 1
    [escalated] = await walk.happened(EventKind.alert_escalated)
    assert escalated.facts["owner"] == protocol.chain[1].staff_id


async def test_a_holiday_pause_holds_the_visits_and_asks_a_therapist_when_it_is_over(walks: Walks) -> None:
    walk = await walks.active()
    back = (await walk.session(2)).starts_at - timedelta(days=1)
    await walk.do(PausePlan(until=back), SAM)
    assert (await walk.told())[-1] == "plan_paused"
    first, second = (await walk.state()).sessions
    assert (first.status, second.status) == (SessionStatus.held, SessionStatus.booked)
    await walk.to(back + timedelta(minutes=1))
    assert (await walk.clinic.approval(walk.plan)).kind is ApprovalKind.resume
    await walk.decide()
    assert (await walk.state()).stage is Stage.active
    assert (await walk.session(2)).starts_at == second.starts_at
