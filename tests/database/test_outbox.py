"""Each text is claimed once, ends once, and nothing that comes late or twice changes how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import outbox
from database.demo_clinic import THERAPIST
from database.events import events_of_plan, verify_chain
from database.outbox import Fate, Words
from database.outbox_facts import text_facts
from database.outbox_states import FAILURES, MOVES, TERMINAL
from database.receipts import FinalFailure, Receipt, plan_told, receive, untold_failures
from database.record import record
from schemas.messages import Audience, MessageStatus, TextOrder
from schemas.plan import AgendaItem, AgendaKind, PlanState, SessionStatus, Stage
from schemas.prompts import Asking
from tests.database.plan_building import NOW, a_session, a_step, a_text, booking

OpenPlan = Callable[..., Awaitable[PlanState]]
WORDS = Words("+447700900001", "Riverside Physio: see you Tuesday 10:00.", 1)
S = MessageStatus


async def a_pending_text(engine: AsyncEngine, plan: PlanState, key: str = "one") -> TextOrder:
    order = a_text(plan, key)
    await outbox.put(engine, order, NOW)
    return order


async def a_sending_text(engine: AsyncEngine, plan: PlanState, key: str = "one") -> TextOrder:
    order = await a_pending_text(engine, plan, key)
    assert await outbox.claim(engine, order, WORDS, NOW, None)
    return order


def a_receipt(order: TextOrder, status: str, sid: str = "SM1") -> Receipt:
    return Receipt(sid, status, "30005" if status == "failed" else None, order.key, {"MessageSid": sid}, NOW)


async def test_one_of_many_claimants_sends_f01(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    order = await a_pending_text(engine, await open_a_plan())
    claims = await asyncio.gather(*(outbox.claim(engine, order, WORDS, NOW, None) for _ in range(20)))
    assert sorted(claims) == [False] * 19 + [True]
    text_now = await outbox.get(engine, order.key)
    assert (text_now.status, text_now.attempts, text_now.body) == (S.sending, 1, WORDS.body)


async def test_a_text_that_was_certainly_not_taken_may_be_claimed_again(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    assert await outbox.settle(engine, order, Fate(S.pending, reason="rate limit"), NOW, None) is S.pending
    assert await outbox.claim(engine, order, WORDS, NOW, None)
    assert (await outbox.get(engine, order.key)).attempts == 2


async def test_entering_a_text_again_leaves_it_as_it_is(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    assert (await outbox.put(engine, order, NOW + timedelta(hours=1))).status is S.sending


@given(st.sampled_from(sorted(TERMINAL)), st.sampled_from(sorted(S)))
def test_no_state_follows_a_terminal_one_f28(end: MessageStatus, after: MessageStatus) -> None:
    assert after not in MOVES[end]


def test_every_state_leads_to_an_end_f03() -> None:
    reached = set(TERMINAL)
    while grown := {one for one, following in MOVES.items() if following & reached} - reached:
        reached |= grown
    assert reached == set(S)


@pytest.mark.parametrize("order_of_arrival", sorted(permutations(["queued", "sent", "delivered"])))
async def test_receipts_in_any_order_and_twice_end_at_delivered_f28(
    engine: AsyncEngine, open_a_plan: OpenPlan, order_of_arrival: tuple[str, ...]
) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    for status in (*order_of_arrival, *order_of_arrival):
        assert await receive(engine, a_receipt(order, status)) is None
    stored = await outbox.get(engine, order.key)
    assert (stored.status, stored.provider_sid) == (S.delivered, "SM1")
    assert await outbox.settle(engine, order, Fate(S.sent, provider_sid="SM1"), NOW, None) is S.delivered
    assert (await verify_chain(engine, order.plan_id)).whole


async def test_a_final_failure_reaches_the_plan_even_if_it_could_not_be_told_at_first(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    await outbox.settle(engine, order, Fate(S.sent, provider_sid="SM1"), NOW, None)
    failure = FinalFailure(order.key, order.plan_id, None, "30005")
    assert await receive(engine, a_receipt(order, "failed")) == failure
    assert await receive(engine, a_receipt(order, "failed")) == failure
    assert await untold_failures(engine) == (failure,)
    await plan_told(engine, order.key, NOW)
    assert await receive(engine, a_receipt(order, "failed")) is None
    assert await untold_failures(engine) == ()


async def test_a_failure_that_the_sender_reports_itself_is_not_told_twice(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    await outbox.settle(engine, order, Fate(S.failed, reason="bad_number", error_code="21614"), NOW, None)
    assert await untold_failures(engine) == ()
    (event, *_) = await events_of_plan(engine, order.plan_id)
    assert event.event.facts["error_code"] == "21614"


async def test_a_receipt_for_a_text_that_is_not_ours_is_kept_and_changes_nothing(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    await outbox.settle(engine, order, Fate(S.sent, provider_sid="SM1"), NOW, None)
    assert await receive(engine, a_receipt(order, "failed", sid="SM2")) is None
    assert (await outbox.get(engine, order.key)).status is S.sent
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM receipts"))).scalar_one() == 1


async def test_a_claimed_text_has_had_its_turn_on_the_agenda(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    now_due = AgendaItem(key="a", kind=AgendaKind.session_reminder, due=NOW, rule="SCH-1", owner="system")
    later = now_due.but(key="b", due=NOW + timedelta(days=2))
    await record(engine, a_step(plan), now_due)
    order = a_text(plan, "one", agenda_key="a", asking=Asking(key="a", at=NOW))
    await outbox.put(engine, order, NOW)
    await outbox.claim(engine, order, WORDS, NOW, later)
    assert await next_and_done(engine) == ("b", ["a"])
    await outbox.settle(engine, order, Fate(S.sent, provider_sid="SM1"), NOW, later)
    assert await next_and_done(engine) == ("b", ["a"])


async def test_a_text_never_overwrites_what_a_newer_step_says_is_next(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    soon = AgendaItem(
        key="soon", kind=AgendaKind.prompt_expiry, due=NOW + timedelta(hours=1), rule="REPLY", owner="system"
    )
    await record(engine, a_step(plan), soon)
    order = a_text(plan, "one", agenda_key="a", asking=Asking(key="a", at=NOW))
    await outbox.put(engine, order, NOW)
    late = soon.but(key="late", due=NOW + timedelta(days=9))
    await outbox.settle(engine, order, Fate(S.suppressed, reason="opted_out"), NOW, late)
    assert await next_and_done(engine) == ("soon", ["a"])


async def next_and_done(engine: AsyncEngine) -> tuple[str, list[str]]:
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT next_key, state -> 'done' AS done FROM plans"))).one()
    return row.next_key, row.done


async def test_the_facts_are_those_of_this_moment(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    step = booking(plan.but(stage=Stage.active), a_session(revision=3, confirmed=True))
    await record(engine, step, None)
    facts = await text_facts(engine, a_text(plan, "one", session_no=1), NOW)
    assert (facts.stage, facts.number, facts.clinic_name) == (
        Stage.active,
        "+447700900001",
        "Riverside Physio",
    )
    assert (facts.texts_allowed, facts.consented, facts.therapist) == (True, True, THERAPIST.name)
    assert facts.session is not None
    assert (facts.session.status, facts.session.revision) == (SessionStatus.booked, 3)

    await record(engine, a_step(step.state, texts_allowed=False), None)
    facts = await text_facts(engine, a_text(plan, "two"), NOW)
    assert (facts.texts_allowed, facts.consented, facts.session) == (False, True, None)


async def test_a_page_goes_to_the_member_of_staff_whatever_the_client_chose(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    await record(engine, a_step(plan, texts_allowed=False), None)
    page = a_text(plan, "page", audience=Audience.staff, recipient_id=THERAPIST.id)
    facts = await text_facts(engine, page, NOW)
    assert (facts.number, facts.texts_allowed, facts.consented) == (THERAPIST.mobile, True, True)


async def test_known_provider_ids_are_those_of_the_number(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    order = await a_sending_text(engine, await open_a_plan())
    await outbox.settle(engine, order, Fate(S.sent, provider_sid="SM1"), NOW, None)
    assert await outbox.provider_sids(engine, WORDS.to) == {"SM1"}
    assert await outbox.provider_sids(engine, "+447700900002") == frozenset()


def test_failures_are_ends() -> None:
    assert FAILURES <= TERMINAL
