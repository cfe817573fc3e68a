"""Plans walked through care as the clinic's people walk them: decided on, texted with, visited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from bench.clients import a_plan, an_intake, mobile_of
from bench.clinic import Clinic, ClinicPlan, staff
from bench.sessions import steady
from care.agenda import next_item
from database.demo_clinic import DUTY, FRONT_DESK, HOURS, LEAD, THERAPIST, ZONE
from database.events import events_of_plan
from database.intakes import create_plan
from database.notes import write_note
from database.outbox import OutboxText, texts_of_plan
from schemas import names
from schemas.alerts import Alert, AlertReason
from schemas.commands import (
    AcknowledgeAlert,
    Actor,
    CloseAlert,
    Command,
    CommandEnvelope,
    CommandReply,
    DecideApproval,
    Decision,
    RecordOutcome,
    Rescreen,
)
from schemas.events import EventKind, PlanEvent
from schemas.messages import Audience, MessageStatus
from schemas.names import new_id
from schemas.plan import PlanState, Session, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.taper import Step
from worker.plan_client import PlanClient

PRIYA: Final = staff(THERAPIST.id)
TOM: Final = staff(DUTY.id)
AMARA: Final = staff(LEAD.id)
SAM: Final = staff(FRONT_DESK.id)

WENT: Final = frozenset({MessageStatus.sent, MessageStatus.delivered})

_ORDINARY_WEEKS: Final = 5
_A_SECOND: Final = timedelta(seconds=1)


def ordinary_monday(after: datetime) -> datetime:
    """Ten o'clock on the first Monday after `after` with no bank holiday in the weeks that follow."""
    day = after.date() + timedelta(days=7 - after.weekday())
    while any(day <= closed < day + timedelta(weeks=_ORDINARY_WEEKS) for closed in HOURS.closed_on):
        day += timedelta(days=7)
    return datetime.combine(day, time(10), tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def on(moment: datetime, at: time, days_later: int = 0) -> datetime:
    """A wall time at the clinic, on the day of an instant or some days later."""
    zone = ZoneInfo(ZONE)
    day = moment.astimezone(zone).date() + timedelta(days=days_later)
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True)
class Walk:
    """One plan on its way, at a running clinic."""

    clinic: Clinic
    plan: ClinicPlan

    async def state(self) -> PlanState:
        """The plan as the database has it."""
        return await self.clinic.state(self.plan)

    async def to(self, moment: datetime) -> None:
        """Let the plan's time pass until then."""
        await self.clinic.advance(self.plan, to=moment)

    async def live_until(self, moment: datetime) -> None:
        """Let time pass from one agenda item to the next.

        The server's virtual clock may jump over the first task of a run that follows a very short one; so a plan
        that begins new runs all the time is never asked to jump further than just past its next item.
        """
        while (item := next_item(await self.state())) is not None and item.due < moment:
            await self.to(item.due + _A_SECOND)
        await self.to(moment)

    async def do(self, command: Command, who: Actor = PRIYA, command_id: str | None = None) -> CommandReply:
        """Somebody asks the plan for something, and it is done with it when this returns."""
        reply = await self.clinic.command(self.plan, who, command, command_id)
        await self.clinic.settled(self.plan)
        return reply

    def envelope(self, command: Command, who: Actor = PRIYA) -> CommandEnvelope:
        """A command as it travels, under an id of its own."""
        return CommandEnvelope(command_id=new_id(), actor=who, command=command)

    def hurried(self) -> PlanClient:
        """The plans as somebody asks who does not wait long for an answer."""
        return PlanClient(self.clinic.client, patience=timedelta(seconds=1))

    async def decide(self, decision: Decision = Decision.approve, **more: Any) -> CommandReply:
        """The treating therapist decides what waits."""
        approval = await self.clinic.approval(self.plan)
        return await self.do(DecideApproval(approval_id=approval.id, decision=decision, **more))

    async def decide_all(self, *, document_valid_until: date) -> None:
        """The treating therapist approves what waits, one thing after the other; letters are good until then."""
        while waiting := (await self.state()).approvals:
            until = document_valid_until if waiting[0].kind is ApprovalKind.clearance else None
            decision = DecideApproval(
                approval_id=waiting[0].id, decision=Decision.approve, document_valid_until=until
            )
            await self.do(decision)

    async def deal_with_red_flag(self) -> None:
        """The therapist took the alert on, and the client has been seen."""
        alert = await self.alert(AlertReason.safety_words)
        await self.do(AcknowledgeAlert(alert_id=alert.id))
        note = await self.note("Rang at once. Seen in A&E, scan normal.")
        await self.do(CloseAlert(alert_id=alert.id, outcome="seen in A&E", note_id=note))

    async def all_clear(self) -> None:
        """After a red flag: the client was seen, the questions were asked again, and the therapist says go on."""
        await self.deal_with_red_flag()
        state, now = await self.state(), await self.clinic.now(self.plan)
        await self.do(screened(now, items=state.screening.repeat_items))
        assert (await self.state()).stage is Stage.suspended, "a form lifts nothing: a therapist decides"
        await self.decide_all(document_valid_until=now.date() + timedelta(days=30))

    async def says(self, words: str) -> None:
        """The client texts."""
        await self.clinic.reply(self.plan, words)

    async def note(self, words: str) -> str:
        """What the therapist writes; its id."""
        now = await self.clinic.now(self.plan)
        return await write_note(self.clinic.engine, self.plan.id, PRIYA.id, "reason", words, at=now)

    async def attend(self, number: int, pain: float = 4, primary: float = 4) -> None:
        """The client comes to a visit, and the therapist records it an hour after it began."""
        await self.live_until((await self.session(number)).starts_at + timedelta(hours=1))
        await self.do(attended(number, pain, primary))

    async def answers_about(self, number: int, score: str) -> None:
        """The client answers what is asked after an early visit, on the next day and on the third (SCH-1, SCH-2)."""
        visit = (await self.session(number)).starts_at
        for asked in (visit + timedelta(hours=26), on(visit, time(11, 30), days_later=3)):
            await self.live_until(asked)
            await self.says(score)

    async def session(self, number: int) -> Session:
        """A session that the plan has."""
        session = (await self.state()).session(number)
        assert session is not None, f"the plan has no session {number}"
        return session

    async def alert(self, reason: AlertReason) -> Alert:
        """The one open alert for this reason."""
        [alert] = [one for one in (await self.state()).alerts if one.reason is reason]
        return alert

    async def ended(self) -> bool:
        """Whether the plan's workflow has come to its end."""
        return (await self.handle.describe()).status is WorkflowExecutionStatus.COMPLETED

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The plan's workflow."""
        return self.clinic.client.get_workflow_handle(names.plan_workflow_id(self.plan.id))

    async def outbox(self) -> tuple[OutboxText, ...]:
        """Every text of the plan, oldest first, whatever became of it."""
        return tuple(reversed(await texts_of_plan(self.clinic.engine, self.plan.id)))

    async def told(self, audience: Audience = Audience.client) -> list[str]:
        """The templates of the texts that went, oldest first."""
        went = [text for text in await self.outbox() if text.status in WENT]
        return [text.order.template for text in went if text.order.audience is audience]

    async def phone(self) -> list[str]:
        """The words of every text on the client's phone that the clinic sent, oldest first."""
        shown = await self.clinic.phone(self.plan)
        return [text["body"] for text in shown if text["direction"] != "inbound"]

    async def story(self) -> tuple[PlanEvent, ...]:
        """Everything recorded about the plan, oldest first."""
        recorded = await events_of_plan(self.clinic.engine, self.plan.id, limit=10_000)
        return tuple(one.event for one in reversed(recorded))

    async def happened(self, kind: EventKind) -> list[PlanEvent]:
        """Every event of a kind, oldest first."""
        return [event for event in await self.story() if event.kind is kind]


def attended(number: int, pain: float = 4, primary: float = 4) -> RecordOutcome:
    """What the therapist records after a visit."""
    return RecordOutcome(
        session_no=number,
        outcome=SessionStatus.attended,
        pain=pain,
        stiffness=4,
        primary=primary,
        techniques=("static",),
    )


def screened(when: datetime, *, items: tuple[str, ...]) -> Rescreen:
    """These screening questions asked again: nothing is wrong any more."""
    return Rescreen(result=a_plan(0, when).screening.result, items=items)


@dataclass(frozen=True)
class Walks:
    """A clinic and the way plans begin there. Every client has a number and a weekly hour of their own."""

    clinic: Clinic
    first_client: int = 0
    _begun: list[ClinicPlan] = field(default_factory=list)

    async def begin(
        self, answers: Mapping[str, Any] | None = None, *, place: int | None = None, **changes: Any
    ) -> Walk:
        """A plan that has opened on an ordinary Monday at ten.

        `answers` differ from the all-clear form's; two plans at one `place` want the same hours.
        """
        walk = await self.open(answers, place=place, **changes)
        await self.clinic.settled(walk.plan)
        return walk

    async def open(
        self, answers: Mapping[str, Any] | None = None, *, place: int | None = None, **changes: Any
    ) -> Walk:
        """A plan whose first moment has come, whatever it makes of it."""
        state = await self.taken_in(answers, place=place, **changes)
        return await self.start(state)

    async def taken_in(
        self, answers: Mapping[str, Any] | None = None, *, place: int | None = None, **changes: Any
    ) -> PlanState:
        """A new client's plan in the database, not started yet."""
        number = self.first_client + len(self._begun)
        state = a_plan(
            number if place is None else place, ordinary_monday(datetime.now(UTC)), answers, **changes
        )
        mobile = mobile_of(number)
        await create_plan(self.clinic.engine, an_intake(state, mobile))
        self._begun.append(self.clinic.plan_of(state.plan_id, state.client_id, mobile))
        return state

    async def start(self, state: PlanState) -> Walk:
        """Start a plan's workflow on the day it was taken in."""
        # The plan's own clock begins at the world's: a delayed start is time that can be skipped too.
        await self.clinic.client.start_workflow(
            names.PLAN_WORKFLOW,
            state,
            id=names.plan_workflow_id(state.plan_id),
            task_queue=names.PLAN_QUEUE,
            start_delay=state.opened_at - datetime.now(UTC),
        )
        [plan] = [one for one in self._begun if one.id == state.plan_id]
        await plan.clock.advance_to(state.opened_at)
        return Walk(self.clinic, plan)

    async def in_rhythm(self) -> Walk:
        """An approved plan whose weeks are alike: no review and no question but those about visits."""
        protocol = a_plan(0, datetime.now(UTC)).protocol
        return await self.active(**steady(protocol))

    async def at_its_goal(self) -> Walk:
        """A plan whose client has reached the goal after three visits: its discharge waits for the therapist."""
        protocol = a_plan(0, datetime.now(UTC)).protocol
        soon = protocol.taper.but(
            discharge_steps=tuple(Step),
            discharge_sustained_days=0,
            n_consecutive=1,
            checkins_answered_min=0,
            silent_hold_after=99,
        )
        quick = steady(protocol) | {"taper": soon, "reminder_hours": (), "silent_phone_after": 99}
        walk = await self.active(**quick)
        for number in (1, 2, 3):
            await walk.attend(number, pain=1, primary=protocol.primary.target)
        return walk

    async def active(self, *, place: int | None = None, **changes: Any) -> Walk:
        """A plan that its therapist has approved."""
        walk = await self.begin(place=place, **changes)
        await walk.decide()
        return walk
