"""What can go wrong around plans, and how it is mended: hanging texts, decisions nobody takes, a sleeping worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, cast

import httpx2
from sqlalchemy import update

from activities.reconciling import Search
from care.agenda import next_item
from database import inbound, invitation_texts, invitations, outbox, receipts, staff_notices
from database.attention import AGENDA_LATE_AFTER, ASLEEP_AFTER, START_WITHIN, AttentionKind
from database.demo_clinic import FRONT_DESK, SITE_ID, THERAPIST
from database.inbound import ArrivedText
from database.outages import note_awake
from database.outbox import Fate, Words
from database.receipts import Receipt
from database.record import record
from database.staff_notices import NewNotice
from database.tables.invitations import invitations as invitations_table
from database.tables.staff_notices import NoticeKind
from schemas.invitations import InvitationWay, InvitedClient
from schemas.messages import MessageStatus, TextOrder
from schemas.transition import Transition
from tests.console.conftest import Clock, opened
from tests.console.staged_clinic import StagedPlans
from tests.console.staged_troubles import a_reminder
from worker.chores import route_texts, start_plans, tell_failures
from worker.clinic_clock import ClinicClock
from worker.unsettled import settle_left_open

_NUMBER: Final = "+447700900321"
_A_MINUTE: Final = timedelta(minutes=1)


@dataclass
class Scene:
    """The clinic, a browser at it, a plan that has run for seven weeks, and the form of somebody new."""

    browser: httpx2.AsyncClient
    plans: StagedPlans
    clock: Clock
    form: dict[str, Any]
    plan_id: str

    async def start(self) -> None:
        """Whatever waits to be started is started."""
        await start_plans(self.plans.engine, self.plans, ClinicClock(None))

    async def step(self, *, next_too: bool) -> None:
        """The plan records a step, with what comes next or without."""
        state = self.plans.states[self.plan_id]
        state = state.but(seq=state.seq + 1)
        item = next_item(state) if next_too else None
        await record(self.plans.engine, Transition(cause="test", state=state), item)
        self.plans.states[self.plan_id] = state

    async def claimed(self, name: str) -> TextOrder:
        """A text that is on its way."""
        order = a_reminder(self.plans.states[self.plan_id], name)
        engine, now = self.plans.engine, self.clock.now
        await outbox.put(engine, order, now)
        await outbox.claim(engine, order, Words(_NUMBER, "See you tomorrow.", 1), now, None)
        return order

    async def arrived(self, number: str) -> str:
        """The id of a text that came in from this number."""
        text = ArrivedText("SM1", number, "+447700900999", "Is it on?", 0, {}, self.clock.now)
        return (await inbound.store(self.plans.engine, text)).id

    async def post(self, path: str, **form: str) -> None:
        """Somebody at the console does something that is taken."""
        answered = await self.browser.post(path, data={"key": "mend", **form})
        assert answered.status_code == 303, answered.text


Mend = Callable[[], Awaitable[None]]
"""What a person, or the next round of the worker, does about it."""
Fault = Callable[[Scene], Awaitable[tuple[str, Mend]]]
"""Lets it happen; what comes back is the subject of the row, and the way to mend it."""


async def _overdue(at: Scene) -> tuple[str, Mend]:
    plan_id = await opened(at.browser, at.form)
    (approval,) = at.plans.states[plan_id].approvals
    at.clock.now = approval.due_at + _A_MINUTE
    return approval.id, lambda: at.post(f"/approvals/{approval.id}", decision="approve")


async def _unknown(at: Scene) -> tuple[str, Mend]:
    order = await at.claimed("lost")
    fate = Fate(MessageStatus.unknown, "never_found")
    await outbox.settle(at.plans.engine, order, fate, at.clock.now, None, plan_asks=False)
    return order.key, lambda: tell_failures(at.plans.engine, at.plans)


async def _failed(at: Scene) -> tuple[str, Mend]:
    order = await at.claimed("refused")
    sent = Fate(MessageStatus.sent, provider_sid="SM9")
    await outbox.settle(at.plans.engine, order, sent, at.clock.now, None)
    receipt = Receipt("SM9", "undelivered", "30005", order.key, {}, at.clock.now)
    await receipts.receive(at.plans.engine, receipt)
    return order.key, lambda: tell_failures(at.plans.engine, at.plans)


async def _stuck(at: Scene) -> tuple[str, Mend]:
    order = a_reminder(at.plans.states[at.plan_id], "stuck").but(expires_at=at.clock.now)
    await outbox.put(at.plans.engine, order, at.clock.now)
    at.clock.now += AGENDA_LATE_AFTER + _A_MINUTE
    later, unasked = at.clock.now + timedelta(hours=2), cast("Search", None)
    return order.key, lambda: settle_left_open(at.plans.engine, unasked, later)


async def _unmatched(at: Scene) -> tuple[str, Mend]:
    inbound_id = await at.arrived("+447700900077")
    await route_texts(at.plans.engine, at.plans)
    return inbound_id, lambda: at.post(f"/deliveries/inbound/{inbound_id}/read")


async def _waits(at: Scene) -> tuple[str, Mend]:
    inbound_id = await at.arrived(_NUMBER)
    at.clock.now += START_WITHIN + _A_MINUTE
    return inbound_id, lambda: route_texts(at.plans.engine, at.plans)


async def _nothing_next(at: Scene) -> tuple[str, Mend]:
    await at.step(next_too=False)
    return at.plan_id, lambda: at.step(next_too=True)


async def _late(at: Scene) -> tuple[str, Mend]:
    item = next_item(at.plans.states[at.plan_id])
    assert item is not None
    at.clock.now = item.due + AGENDA_LATE_AFTER + _A_MINUTE

    async def catch_up() -> None:
        await at.plans.live(at.plan_id, at.clock.now, act=lambda plan: plan.until(at.clock.now))

    return at.plan_id, catch_up


async def _unstarted(at: Scene) -> tuple[str, Mend]:
    at.plans.away = True
    plan_id = await opened(at.browser, at.form)
    at.clock.now += START_WITHIN + _A_MINUTE
    at.plans.away = False
    return plan_id, at.start


async def _untold(at: Scene) -> tuple[str, Mend]:
    plan_id = await opened(at.browser, at.form)
    (approval,) = at.plans.states[plan_id].approvals
    notice = NewNotice(
        NoticeKind.approval, "start:0", approval.id, SITE_ID, THERAPIST.id, at.clock.now, plan_id
    )
    await staff_notices.enter(at.plans.engine, [notice], at.clock.now, MessageStatus.failed, "bad_address")
    return approval.id, lambda: at.post(f"/approvals/{approval.id}", decision="approve")


async def _asleep(at: Scene) -> tuple[str, Mend]:
    async def awake() -> None:
        await note_awake(at.plans.engine, at.clock.now, ASLEEP_AFTER)

    await awake()
    at.clock.now += ASLEEP_AFTER + _A_MINUTE
    return "awake", awake


async def invited(at: Scene, ends_as: MessageStatus, sid: str | None = None) -> str:
    """Somebody new, whose text with the link to the form has ended so."""
    new = InvitedClient(
        given_name="Noor",
        family_name="Haddad",
        date_of_birth=date(1991, 5, 2),
        mobile="+447700900333",
        site_id=SITE_ID,
        profile="general_wellbeing",
    )
    engine, now = at.plans.engine, at.clock.now
    invitation_id = await invitations.invite(
        engine, new, InvitationWay.text, by=FRONT_DESK.id, now=now, expires_at=now + timedelta(days=7)
    )
    found = await invitations.invitation(engine, invitation_id)
    assert await invitation_texts.claim(engine, found)
    async with (
        engine.begin() as connection
    ):  # a claim is noted by the real clock, and this clinic has its own
        await connection.execute(
            update(invitations_table)
            .where(invitations_table.c.id == invitation_id)
            .values(text_claimed_at=now)
        )
    await invitation_texts.settle(engine, found, ends_as, sid=sid, reason="test")
    return invitation_id


async def _link_failed(at: Scene) -> tuple[str, Mend]:
    invitation_id = await invited(at, MessageStatus.failed)
    return invitation_id, lambda: at.post(f"/clients/forms/{invitation_id}/text")


async def _link_unknown(at: Scene) -> tuple[str, Mend]:
    invitation_id = await invited(at, MessageStatus.unknown)

    async def it_had_arrived() -> None:
        answer = {"value": "no"}
        assert await invitations.keep_answer(at.plans.engine, invitation_id, "SCR-01", answer, at.clock.now)

    return invitation_id, it_had_arrived


BY_KIND: Final[Mapping[AttentionKind, Fault]] = {
    AttentionKind.approval_overdue: _overdue,
    AttentionKind.text_unknown: _unknown,
    AttentionKind.text_failed: _failed,
    AttentionKind.text_stuck: _stuck,
    AttentionKind.inbound_unmatched: _unmatched,
    AttentionKind.inbound_waiting: _waits,
    AttentionKind.plan_without_next: _nothing_next,
    AttentionKind.plan_late: _late,
    AttentionKind.plan_unstarted: _unstarted,
    AttentionKind.staff_untold: _untold,
    AttentionKind.worker_asleep: _asleep,
    AttentionKind.form_link_failed: _link_failed,
    AttentionKind.form_link_unknown: _link_unknown,
}
"""How each of the other things comes about. Alerts have a table of their own."""
