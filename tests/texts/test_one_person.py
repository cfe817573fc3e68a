"""One person, one telephone, one contact budget: however many plans they have, and after any outage."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError

from database.receipts import untold_failures
from schemas.messages import MessageStatus, TextOrder, TextPurpose
from schemas.plan import PlanState
from tests.texts.conftest import NewClients
from tests.texts.post_office import NOW, WENT, PostOffice, a_question

ADA = "+447700900702"
BUDGET = 3
"""Routine questions in 7 days (the rule pack's `max_routine_per_7_days`)."""
DAY = timedelta(days=1)


def _asked_on(plan: PlanState, day: int) -> TextOrder:
    at = NOW + day * DAY
    return a_question(
        plan, f"q:CHK-PAIN:{day}", ordered_at=at, due_at=at, expires_at=at + timedelta(hours=10)
    )


async def _used_up(post_office: PostOffice, plan: PlanState) -> None:
    for day in range(BUDGET):
        assert (await post_office.send(_asked_on(plan, day))).status in WENT


async def test_two_plans_of_one_person_share_one_budget(
    post_office: PostOffice, new_clients: NewClients, engine: AsyncEngine
) -> None:
    back, knee = await new_clients.plan(ADA), await new_clients.plan(ADA, given_name="ADA")
    await _used_up(post_office, back)
    order = _asked_on(knee, 4)
    outcome = await post_office.send(order)
    assert (outcome.status, outcome.reason) == (MessageStatus.suppressed, "contact_budget")
    row = await post_office.row(order)
    assert [one.check for one in row.checks or () if not one.passed] == ["contact_budget"]
    assert len(await post_office.phone(ADA)) == BUDGET
    [told] = await untold_failures(engine)
    assert (told.key, told.kept_back) == (order.key, "contact_budget")


async def test_the_budget_has_room_again_after_seven_days(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    back, knee = await new_clients.plan("+447700900703"), await new_clients.plan("+447700900703")
    await _used_up(post_office, back)
    assert (await post_office.send(_asked_on(knee, 7))).status in WENT


async def test_a_question_that_will_fit_before_its_use_ends_waits(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    back, knee = await new_clients.plan("+447700900704"), await new_clients.plan("+447700900704")
    await _used_up(post_office, back)
    early = _asked_on(knee, 6).but(expires_at=NOW + 7 * DAY)
    with pytest.raises(ApplicationError, match="contact_budget") as waits:
        await post_office.attempt(early)
    assert (
        waits.value.next_retry_delay == datetime.combine(NOW + 7 * DAY, time(), tzinfo=UTC) - early.ordered_at
    )


async def test_f32_a_family_that_shares_a_telephone_has_a_budget_each(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    mother = await new_clients.plan("+447700900705")
    child = await new_clients.plan("+447700900705", given_name="Byron")
    await _used_up(post_office, mother)
    assert (await post_office.send(_asked_on(child, 4))).status in WENT


async def test_plans_that_ask_at_the_same_moment_stay_within_the_budget(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    plans = [await new_clients.plan("+447700900706") for _ in range(BUDGET + 3)]
    outcomes = await asyncio.gather(*(post_office.send(_asked_on(plan, 0)) for plan in plans))
    assert sum(one.status in WENT for one in outcomes) == BUDGET
    assert len(await post_office.phone("+447700900706")) == BUDGET


async def test_questions_about_a_visit_and_reminders_are_never_held_back_by_the_budget(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    plan = await new_clients.plan("+447700900707")
    await _used_up(post_office, plan)
    reminder = _asked_on(plan, 3).but(
        key=f"{plan.plan_id}:remind",
        purpose=TextPurpose.reminder,
        template="session_reminder_72h",
        rule="REMIND-72",
        starts_at=(NOW + 6 * DAY,),
    )
    assert (await post_office.send(reminder)).status in WENT


# -- after an outage -----------------------------------------------------------------------------------


def _late(plan: PlanState, key: str, **changes: object) -> TextOrder:
    return a_question(plan, key, due_at=NOW - timedelta(hours=5), **changes)


async def test_f02_after_an_outage_late_questions_to_one_client_merge_into_one(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    back, knee = await new_clients.plan("+447700900708"), await new_clients.plan("+447700900708")
    late = [_late(back, "q:CHK-PAIN:x"), _late(back, "q:CHK-GOAL:x", template="CHK-GOAL"), _late(knee, "q:k")]
    outcomes = await asyncio.gather(*(post_office.send(order) for order in late))
    assert sum(one.status in WENT for one in outcomes) == 1
    assert {one.reason for one in outcomes if one.status is MessageStatus.suppressed} == {"merged"}
    assert len(await post_office.phone("+447700900708")) == 1


async def test_f02_a_late_reminder_goes_out_and_a_late_question_yields_to_it(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    plan = await new_clients.plan("+447700900709")
    reminder = _late(
        plan,
        "remind-72",
        purpose=TextPurpose.reminder,
        template="session_reminder_72h",
        rule="REMIND-72",
        starts_at=(NOW + 2 * DAY,),
    )
    assert (await post_office.send(reminder)).status in WENT
    assert (await post_office.send(_late(plan, "q:CHK-PAIN:x"))).reason == "merged"


async def test_f02_what_is_no_longer_of_use_after_an_outage_is_not_sent(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    plan = await new_clients.plan("+447700900710")
    stale = _late(plan, "q:CHK-PAIN:x", expires_at=NOW - timedelta(minutes=1))
    assert (await post_office.send(stale)).status is MessageStatus.expired
    assert await post_office.phone("+447700900710") == []


async def test_a_question_on_time_is_not_merged_with_a_late_text(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    plan = await new_clients.plan("+447700900711")
    assert (await post_office.send(_late(plan, "q:CHK-PAIN:x"))).status in WENT
    assert (await post_office.send(a_question(plan, "q:CHK-GOAL:y"))).status in WENT


async def test_an_opt_out_that_only_the_provider_knows_is_ours_from_then_on(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    mobile = "+447700900712"
    plan = await new_clients.plan(mobile)
    await asyncio.to_thread(post_office.gateway.fault, "refused", to=mobile, code=21610, times=1)
    assert (await post_office.send(a_question(plan, "q:CHK-PAIN:a"))).reason == "opt_out"
    later = await post_office.send(a_question(plan, "q:CHK-GOAL:b"))
    assert (later.status, later.reason) == (MessageStatus.suppressed, "opted_out")
    assert (await post_office.sql("SELECT count(*) FROM consents WHERE NOT granted")).scalar_one() == 1
