"""A text is sent once or not at all, and the outbox says which and why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

from database.tables import sites
from schemas.messages import Audience, MessageStatus, SendOutcome, TextPurpose
from schemas.plan import SessionStatus, Stage
from schemas.rules_texting import Nation
from tests.activities.desk import IMPATIENT, NIGHT, NOBODY_LISTENS, NOW, VISIT, Desk, channel_to


async def _later(attempt: Awaitable[SendOutcome]) -> ApplicationError:
    """The attempt must ask to be tried again; what it said."""
    with pytest.raises(ApplicationError) as said:
        await attempt
    assert said.value.type == "later" and not said.value.non_retryable
    return said.value


# -- sent --------------------------------------------------------------------------------------------


async def test_a_reminder_arrives_in_the_sites_own_words_and_time(desk: Desk) -> None:
    outcome = await desk.send(desk.reminder())
    assert outcome.status is MessageStatus.sent
    [body] = desk.inbox()
    assert "Tue 10 Nov at 10:00 with Priya." in body
    row = await desk.row(desk.reminder())
    assert (row.status, row.to_number, row.body, row.segments) == (MessageStatus.sent, desk.mobile, body, 1)
    assert row.provider_sid and row.sent_at == NOW


async def test_summer_time_is_told_as_the_clinics_clock_shows_it(desk: Desk) -> None:
    summer = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
    order = desk.reminder(session_no=None, session_revision=None, starts_at=(summer,), expires_at=summer)
    await desk.send(order)
    assert "Tue 1 Jun at 10:00" in desk.inbox()[0]


async def test_a_check_in_is_worded_by_the_plans_own_rule_pack(desk: Desk) -> None:
    order = desk.reminder(
        key="q1", purpose=TextPurpose.question, template="CHK-PAIN", session_no=None, starts_at=()
    )
    await desk.send(order)
    assert desk.inbox()[0].startswith("Riverside") and "how bad was your pain" in desk.inbox()[0]


async def test_a_safety_text_names_the_advice_line_of_the_sites_nation(desk: Desk) -> None:
    async with desk.engine.begin() as connection:
        await connection.execute(update(sites).values(nation=Nation.northern_ireland))
    urgent = {"purpose": TextPurpose.safety, "template": "MSG-111", "session_no": None, "starts_at": ()}
    await desk.send(desk.reminder(key="s", **urgent))
    assert "GP out-of-hours" in desk.inbox()[0] and "111" not in desk.inbox()[0]


async def test_f01_a_second_attempt_after_success_sends_nothing(desk: Desk) -> None:
    first, again = [await desk.send(desk.reminder()) for _ in range(2)]
    assert first.status is again.status is MessageStatus.sent
    assert len(desk.inbox()) == 1


async def test_f01_eight_workers_with_the_same_text_send_it_once(desk: Desk) -> None:
    outcomes = await asyncio.gather(*(desk.send(desk.reminder()) for _ in range(8)), return_exceptions=True)
    assert len(desk.inbox()) == 1
    assert any(getattr(outcome, "status", None) is MessageStatus.sent for outcome in outcomes)


async def test_f12_two_texts_with_the_same_words_are_two_texts(desk: Desk) -> None:
    await desk.send(desk.reminder(key="monday"))
    await desk.send(desk.reminder(key="tuesday"))
    assert len(desk.inbox()) == 2


async def test_a_page_reaches_the_member_of_staff_and_names_no_client(desk: Desk, clinic: ModuleType) -> None:
    page = desk.reminder(
        key="page",
        audience=Audience.staff,
        recipient_id=clinic.THERAPIST.id,
        purpose=TextPurpose.page,
        template="staff_page",
        session_no=None,
        starts_at=(),
    )
    before = len(desk.gateway.texts(clinic.THERAPIST.mobile))
    assert (await desk.send(page)).status is MessageStatus.sent
    [body] = [one["body"] for one in desk.gateway.texts(clinic.THERAPIST.mobile)][before:]
    assert "Ada" not in body and "Byron" not in body


# -- kept back -----------------------------------------------------------------------------------------


async def test_f04_a_cancelled_visit_is_not_reminded_of(desk: Desk) -> None:
    order = desk.reminder()
    await desk.change_session(status=SessionStatus.cancelled)
    assert await desk.send(order) == _kept("session_gone")
    assert desk.inbox() == []


async def test_f05_a_moved_visit_is_not_reminded_of_at_its_old_time(desk: Desk) -> None:
    order = desk.reminder()
    await desk.change_session(revision=2)
    assert await desk.send(order) == _kept("session_moved")


async def test_a_held_visit_is_not_reminded_of(desk: Desk) -> None:
    await desk.change_session(status=SessionStatus.held)
    assert await desk.send(desk.reminder()) == _kept("session_gone")


async def test_a_confirmed_visit_needs_no_further_reminder(desk: Desk) -> None:
    await desk.change_session(confirmed=True)
    assert await desk.send(desk.reminder()) == _kept("session_confirmed")


async def test_f07_a_text_past_its_use_expires(desk: Desk) -> None:
    outcome = await desk.send(desk.reminder(), after=timedelta(hours=24))
    assert (outcome.status, outcome.reason) == (MessageStatus.expired, "expired")
    assert desk.inbox() == []


async def test_f07_a_reminder_never_goes_out_once_the_visit_has_begun(desk: Desk) -> None:
    order = desk.reminder(expires_at=VISIT + timedelta(hours=5))
    outcome = await desk.send(order, after=timedelta(hours=24))
    assert (outcome.status, outcome.reason) == (MessageStatus.expired, "visit_has_begun")


async def test_an_opted_out_client_gets_nothing_not_even_safety_texts(desk: Desk) -> None:
    await desk.sql("UPDATE clients SET texts_allowed = false WHERE id = :id", id=desk.state.client_id)
    await desk.sql(
        "INSERT INTO consents (id, client_id, kind, granted, wording, how, recorded_by, at) "
        "VALUES ('c1', :id, 'texts', false, 'STOP', 'text', 'client', now())",
        id=desk.state.client_id,
    )
    assert await desk.send(desk.reminder()) == _kept("opted_out")
    safety = desk.reminder(key="s", purpose=TextPurpose.safety)
    assert await desk.send(safety) == _kept("opted_out")
    assert desk.inbox() == []


async def test_a_client_who_never_agreed_to_texts_gets_none(desk: Desk) -> None:
    await desk.sql("UPDATE clients SET texts_allowed = false WHERE id = :id", id=desk.state.client_id)
    assert await desk.send(desk.reminder()) == _kept("no_consent")


async def test_a_client_under_16_gets_only_what_is_about_safety_before_texts_are_agreed(desk: Desk) -> None:
    await desk.step(texts_agreed=False)
    assert await desk.send(desk.reminder()) == _kept("texts_not_agreed")
    notice = desk.reminder(key="n", purpose=TextPurpose.notice, session_no=None)
    assert await desk.send(notice) == _kept("texts_not_agreed")
    safety = desk.reminder(key="s", purpose=TextPurpose.safety)
    assert (await desk.send(safety)).status is MessageStatus.sent
    assert len(desk.inbox()) == 1


@pytest.mark.parametrize("stage", [Stage.discharged, Stage.withdrawn, Stage.declined])
async def test_f14_a_closed_plan_sends_nothing(desk: Desk, stage: Stage) -> None:
    order = desk.reminder()
    await desk.step(stage=stage, closed_at=NOW + timedelta(minutes=1))
    assert await desk.send(order) == _kept("plan_closed")
    notice = desk.reminder(key="n", purpose=TextPurpose.notice, session_no=None)
    assert await desk.send(notice) == _kept("plan_closed")
    assert desk.inbox() == []


async def test_the_word_of_farewell_itself_still_goes(desk: Desk) -> None:
    await desk.step(stage=Stage.discharged, closed_at=NOW)
    notice = desk.reminder(
        key="n", purpose=TextPurpose.notice, template="discharged", session_no=None, starts_at=()
    )
    assert (await desk.send(notice)).status is MessageStatus.sent


async def test_a_suspended_plan_keeps_routine_texts_back_and_lets_safety_through(desk: Desk) -> None:
    await desk.step(stage=Stage.suspended)
    assert await desk.send(desk.reminder()) == _kept("plan_suspended")
    safety = desk.reminder(
        key="s", purpose=TextPurpose.safety, template="plan_paused", session_no=None, starts_at=()
    )
    assert (await desk.send(safety)).status is MessageStatus.sent


async def test_f13_at_night_a_text_that_keeps_waits_for_the_morning(desk: Desk) -> None:
    order = desk.reminder(ordered_at=NIGHT)
    said = await _later(desk.send(order))
    assert said.next_retry_delay == timedelta(hours=11, minutes=30)
    assert (await desk.row(order)).status is MessageStatus.pending
    assert desk.inbox() == []
    assert (await desk.send(order, after=timedelta(hours=11, minutes=30))).status is MessageStatus.sent


async def test_f13_at_night_a_text_of_no_use_in_the_morning_is_not_sent_at_all(desk: Desk) -> None:
    order = desk.reminder(ordered_at=NIGHT, expires_at=NIGHT + timedelta(hours=3))
    assert await desk.send(order) == _kept("quiet_hours")


async def test_f02_after_an_outage_a_question_about_a_visit_goes_out_beside_its_reminder(desk: Desk) -> None:
    due = NOW - timedelta(hours=3)
    question = desk.reminder(
        key="change", purpose=TextPurpose.question, template="CHK-CHANGE", rule="SCH-8", due_at=due
    )
    for order in (desk.reminder(due_at=due), question):
        assert (await desk.send(order)).status is MessageStatus.sent
    assert len(desk.inbox()) == 2


async def test_the_quiet_hours_are_those_of_the_approved_plan(desk: Desk) -> None:
    await desk.sql(
        "UPDATE plans SET state = jsonb_set(state, '{protocol,hours,quiet_end}', '\"11:30:00\"') WHERE id = :id",
        id=desk.state.plan_id,
    )
    said = await _later(desk.send(desk.reminder()))
    assert said.next_retry_delay == timedelta(hours=1, minutes=30)


async def test_at_night_a_safety_text_goes_at_once(desk: Desk) -> None:
    safety = desk.reminder(
        key="s",
        ordered_at=NIGHT,
        purpose=TextPurpose.safety,
        template="plan_paused",
        session_no=None,
        starts_at=(),
    )
    assert (await desk.send(safety)).status is MessageStatus.sent


async def test_f08_a_client_without_a_number_costs_only_their_own_text(desk: Desk) -> None:
    await desk.sql("UPDATE clients SET mobile = NULL WHERE id = :id", id=desk.state.client_id)
    assert await desk.send(desk.reminder()) == _kept("no_number")


async def test_f08_a_text_that_cannot_be_worded_fails_by_itself(desk: Desk) -> None:
    outcome = await desk.send(desk.reminder(template="no_such_text"))
    assert (outcome.status, outcome.reason) == (MessageStatus.failed, "cannot_be_worded")


async def test_f04_a_withdrawn_text_stays_withdrawn(desk: Desk) -> None:
    order = desk.reminder(ordered_at=NIGHT)
    await _later(desk.send(order))
    await desk.sql(
        "UPDATE messages SET status = 'suppressed', reason = 'withdrawn' WHERE key = :k", k=order.key
    )
    assert await desk.send(order, after=timedelta(hours=12)) == _kept("withdrawn")


# -- what the provider says ------------------------------------------------------------------------------


async def test_f09_a_refused_text_is_not_called_sent(desk: Desk) -> None:
    desk.gateway.fault("refused", to=desk.mobile, code=21614)
    outcome = await desk.send(desk.reminder())
    assert (outcome.status, outcome.reason) == (MessageStatus.failed, "bad_number")
    row = await desk.row(desk.reminder())
    assert (row.error_code, row.sent_at) == ("21614", None)


async def test_f11_a_final_refusal_is_never_tried_again(desk: Desk) -> None:
    desk.gateway.fault("refused", to=desk.mobile, times=1, code=21614)
    await desk.send(desk.reminder())
    again = await desk.send(desk.reminder())
    assert again.status is MessageStatus.failed
    assert desk.inbox() == [] and (await desk.row(desk.reminder())).attempts == 1


async def test_a_throttled_text_waits_as_told_and_goes_out_once(desk: Desk) -> None:
    desk.gateway.fault("429", to=desk.mobile, times=1)
    said = await _later(desk.send(desk.reminder()))
    assert said.next_retry_delay is not None
    assert (await desk.row(desk.reminder())).status is MessageStatus.pending
    assert (await desk.send(desk.reminder(), after=timedelta(seconds=5))).status is MessageStatus.sent
    assert len(desk.inbox()) == 1


async def test_f07_a_throttled_text_does_not_wait_beyond_its_use(desk: Desk) -> None:
    desk.gateway.fault("429", to=desk.mobile)
    order = desk.reminder()
    said = await _later(desk.send(order, after=timedelta(hours=24, seconds=-1)))
    assert said.next_retry_delay == timedelta(seconds=1)
    assert (await desk.send(order, after=timedelta(hours=24))).status is MessageStatus.expired


async def test_a_provider_that_cannot_be_reached_is_tried_again(desk: Desk) -> None:
    nobody = channel_to(NOBODY_LISTENS, desk.gateway)
    await _later(desk.send(desk.reminder(), channel=nobody))
    assert (await desk.row(desk.reminder())).status is MessageStatus.pending
    assert (await desk.send(desk.reminder())).status is MessageStatus.sent


@pytest.mark.parametrize("fault", ["500-after-accepting", "drop-after-accepting"])
async def test_an_answer_lost_after_acceptance_is_found_and_not_sent_again(desk: Desk, fault: str) -> None:
    desk.gateway.fault(fault, to=desk.mobile, times=1)
    await _later(desk.send(desk.reminder()))
    assert (await desk.row(desk.reminder())).status is MessageStatus.sending
    outcome = await desk.send(desk.reminder())
    assert outcome.status is MessageStatus.sent
    assert (await desk.row(desk.reminder())).provider_sid
    assert len(desk.inbox()) == 1


@pytest.mark.parametrize("fault", ["500-before-accepting", "drop-before-accepting"])
async def test_an_answer_lost_before_acceptance_ends_with_a_person_and_not_with_a_guess(
    desk: Desk, fault: str
) -> None:
    desk.gateway.fault(fault, to=desk.mobile, times=1)
    await _later(desk.send(desk.reminder()))
    await _later(desk.send(desk.reminder()))
    outcome = await desk.send(desk.reminder(), patience=IMPATIENT)
    assert (outcome.status, outcome.reason) == (MessageStatus.unknown, "never_found")
    assert desk.inbox() == []


async def test_a_slow_answer_counts_as_unknown_and_the_text_is_found(desk: Desk) -> None:
    desk.gateway.fault("slow", to=desk.mobile, times=1, seconds=2.5)
    await _later(desk.send(desk.reminder()))
    assert (await desk.send(desk.reminder())).status is MessageStatus.sent
    assert len(desk.inbox()) == 1


async def test_while_the_provider_cannot_be_asked_nothing_is_decided(desk: Desk) -> None:
    desk.gateway.fault("drop-after-accepting", to=desk.mobile, times=1)
    await _later(desk.send(desk.reminder()))
    nobody = channel_to(NOBODY_LISTENS, desk.gateway)
    await _later(desk.send(desk.reminder(), channel=nobody, patience=IMPATIENT))
    assert (await desk.row(desk.reminder())).status is MessageStatus.sending
    late = await desk.send(desk.reminder(), after=timedelta(hours=25), channel=nobody, patience=IMPATIENT)
    assert late.status is MessageStatus.unknown


async def test_a_receipt_that_outran_us_settles_the_text(desk: Desk) -> None:
    desk.gateway.fault("drop-after-accepting", to=desk.mobile, times=1)
    await _later(desk.send(desk.reminder()))
    await desk.sql(
        "UPDATE messages SET status = 'delivered', provider_sid = 'SM1' WHERE key = :k", k=desk.reminder().key
    )
    assert (await desk.send(desk.reminder())).status is MessageStatus.delivered
    assert len(desk.inbox()) == 1


async def test_two_lost_texts_with_the_same_words_are_found_as_two(desk: Desk) -> None:
    desk.gateway.fault("drop-after-accepting", to=desk.mobile, times=2)
    for key in ("one", "two"):
        await _later(desk.send(desk.reminder(key=key)))
    for key in ("one", "two"):
        assert (await desk.send(desk.reminder(key=key))).status is MessageStatus.sent
    sids = {(await desk.row(desk.reminder(key=key))).provider_sid for key in ("one", "two")}
    assert len(sids) == 2 and len(desk.inbox()) == 2


def _kept(reason: str) -> SendOutcome:
    return SendOutcome(status=MessageStatus.suppressed, reason=reason)
