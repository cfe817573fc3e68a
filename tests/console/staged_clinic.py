"""Plans that have lived for weeks: each is played by the real rules, then put on a real record step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from api.console.planned_words import PlannedWords
from care.agenda import next_item
from care.answers import reply_question
from care.driving import Recording, Sent
from care.finding import finding as reading_of
from care.pack import builtin
from database import demo_clinic, outbox
from database.outbox import Fate, Words
from database.record import record
from database.tables import inbound_messages, notes
from database.tables.texts import InboundStatus
from schemas.commands import (
    CLIENT,
    Actor,
    Command,
    DecideApproval,
    Decision,
    ReceiveText,
    RecordAssessment,
    RecordOutcome,
    Refusal,
)
from schemas.messages import Audience, MessageStatus, TextOrder
from schemas.names import new_id
from schemas.plan import PlanState, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.refusals import EngineUnavailable
from schemas.transition import Placement, ReplyFinding
from schemas.treating import AssessmentOutcome
from tests.api.recorded_plans import RecordedPlans
from tests.care.played_plan import THERAPIST
from tests.care.simulated_clinic import SimulatedClinic, Temper

CALM = Temper(odd=0.002, red_flag=0, opts_out=0, steers=0, outage=0, slot_taken=0, text_fails=0, withdraws=0)
"""A client who answers most texts and a clinic that does its work."""

_WEEKS_TO_GOAL = 10
_MISSES = 0.08
_ANSWERS: Mapping[str, Callable[[float], str]] = {
    "CHK-PAIN": lambda share: str(round(max(1.0, 5 - 6 * share))),
    "CHK-STIFF": lambda share: str(round(max(1.0, 5 - 5 * share))),
    "CHK-SORE": lambda _share: "2",
    "CHK-GOAL": lambda share: str(round(4 + 5 * share)),
    "CHK-FLARE": lambda _share: "0",
    "CHK-HOME": lambda _share: "6",
    "CHK-CHANGE": lambda _share: "No",
    "CHK-BETTER": lambda share: str(round(5 + 4 * share)),
}


@dataclass(frozen=True)
class _Note:
    """Words that staff wrote."""

    id: str
    plan_id: str
    author_id: str
    at: datetime


_Step = Recording | Sent | _Note | tuple[str, datetime, str]


class StagedPlan(SimulatedClinic):
    """One plan's life, remembered in order so that it can be put on record."""

    def __init__(
        self, state: PlanState, now: datetime, taken: list[Placement], temper: Temper = CALM, *, seed: int = 1
    ) -> None:
        self.history: list[_Step] = []
        super().__init__(
            state, now, temper, seed=seed, recorded=self.history.append, texted=self.history.append
        )
        self.taken = taken
        self.decides = True
        self._until = now
        self.busy = self._is_taken

    def _is_taken(self, wanted: Placement) -> bool:
        return any(
            one.starts_at < wanted.ends_at
            and wanted.starts_at < one.ends_at
            and (one.therapist_id == wanted.therapist_id or one.room_id == wanted.room_id)
            for one in self.taken
        )

    @property
    def therapist(self) -> Actor:
        """The plan's own therapist, under the id that the database knows."""
        return THERAPIST.but(id=self.state.protocol.therapist_id)

    def ask(
        self, command: Command, by: Actor = THERAPIST, finding: ReplyFinding | None = None
    ) -> Refusal | None:
        """Staff of the paper clinic are this plan's therapist; what they write is kept in the record."""
        known = (
            self.therapist if by is THERAPIST else by.but(id=demo_clinic.FRONT_DESK.id) if by.roles else by
        )
        written = {name: new_id() for name in ("reason_id", "note_id") if getattr(command, name, None)}
        before = len(self.history)
        refusal = super().ask(command.but(**written), known, finding)
        if refusal is None:
            words = [_Note(note_id, self.state.plan_id, known.id, self.now) for note_id in written.values()]
            self.history[before:before] = words
        return refusal

    def _answer(self, question: str | None) -> str:
        """A client who gets on."""
        share = self._share()
        asked = question or ""
        return _ANSWERS[asked](share) if asked in _ANSWERS else "1"

    def _share(self) -> float:
        return min(1.0, (self.now - self.state.opened_at) / timedelta(weeks=_WEEKS_TO_GOAL))

    def _record(self, number: int) -> None:
        """A visit that took place, most of the time, and what was measured at it."""
        if self.state.assessment is None:
            items = tuple(one.id for one in self.pack.physical_assessment.required)
            self.ask(RecordAssessment(outcome=AssessmentOutcome.suitable, items=items))
        missed = self.rng.random() < _MISSES
        share, primary = self._share(), self.state.protocol.primary
        pain = round(
            max(1.0, self.state.protocol.pain_baseline * (1 - 1.4 * share)) + self.rng.choice((0, 0, 1))
        )
        value = primary.baseline + (primary.target - primary.baseline) * min(1.0, 1.15 * share)
        outcome = RecordOutcome(session_no=number, outcome=SessionStatus.no_show)
        if not missed:
            outcome = RecordOutcome(
                session_no=number,
                outcome=SessionStatus.attended,
                pain=pain,
                stiffness=min(10, pain + self.rng.choice((0, 1))),
                primary=round(value, 1),
            )
        self.ask(outcome)

    def run(self, until: datetime) -> None:
        """Play until a moment, and not a minute longer."""
        self._until = until
        super().run(until)

    def _let_time_pass(self) -> None:
        super()._let_time_pass()
        self.now = min(self.now, self._until)

    def _judge(self, approval_id: str, kind: ApprovalKind) -> None:
        if self.decides and kind is not ApprovalKind.clearance:
            self.ask(DecideApproval(approval_id=approval_id, decision=Decision.approve))

    def text(self, words: str) -> None:
        """The client's text is on record before the plan reads it."""
        inbound_id = new_id()
        self.history.append((inbound_id, self.now, words))
        read = reading_of(self.pack, words, reply_question(self.state, inbound_id))
        self.ask(ReceiveText(inbound_id=inbound_id), CLIENT, read)

    async def keep(self, engine: AsyncEngine) -> None:
        """Put everything that happened since the last time on record."""
        for step in self.history:
            await self._keep(engine, step)
        self.history.clear()

    async def _keep(self, engine: AsyncEngine, step: _Step) -> None:
        if isinstance(step, Recording):
            reply = await record(engine, step.transition, next_item(step.transition.state))
            if reply.conflicts:
                raise AssertionError(f"the calendar refused a staged plan: {reply.conflicts}")
            self.taken.extend(step.transition.place)
        elif isinstance(step, Sent):
            await _deliver(engine, step.order, step.at, self.state)
        elif isinstance(step, _Note):
            row = {
                **asdict(step),
                "kind": "alert",
                "body": "Rang. All is well; home plan gone through again.",
            }
            async with engine.begin() as connection:
                await connection.execute(insert(notes), row)
        else:
            await _arrive(engine, self.state.plan_id, *step)


async def _deliver(engine: AsyncEngine, order: TextOrder, at: datetime, state: PlanState) -> None:
    """The text went out and arrived, in the product's words for its template."""
    await outbox.put(engine, order, at)
    told = PlannedWords(builtin(), demo_clinic.SITE, state.protocol, demo_clinic.THERAPIST.name)
    words = Words(to="+447700900321", body=told.text(order.template, order.starts_at) or "", segments=1)
    if order.audience is Audience.staff:
        return
    await outbox.claim(engine, order, words, at, next_item(state))
    sid = f"SM{new_id().replace('-', '')}"
    await outbox.settle(engine, order, Fate(MessageStatus.sent, provider_sid=sid), at, next_item(state))
    await outbox.settle(engine, order, Fate(MessageStatus.delivered), at + timedelta(seconds=4), None)


async def _arrive(engine: AsyncEngine, plan_id: str, inbound_id: str, at: datetime, words: str) -> None:
    row: dict[str, Any] = {
        "id": inbound_id,
        "provider_sid": f"SM{inbound_id}",
        "from_number": "+447700900321",
        "to_number": "+447700900999",
        "body": words,
        "num_media": 0,
        "raw": {},
        "received_at": at,
        "minute_key": inbound_id,
        "status": InboundStatus.routed,
        "plan_id": plan_id,
        "routed_at": at,
    }
    async with engine.begin() as connection:
        await connection.execute(insert(inbound_messages), row)


class StagedPlans(RecordedPlans):
    """Plans that may be lived forward before a page looks at them; commands go to the real decisions as ever."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        super().__init__(engine, clock)
        self._lived: dict[str, StagedPlan] = {}
        self._taken: list[Placement] = []

    async def start(self, state: PlanState) -> None:
        """Open the plan on paper; it is put on record at once, unless the engine is away."""
        if self.away:
            raise EngineUnavailable(state.plan_id, "no connection")
        staged = StagedPlan(state, self.clock(), self._taken, seed=len(self._lived) + 1)
        self._lived[state.plan_id] = staged
        await self._keep(state.plan_id)

    async def live(
        self,
        plan_id: str,
        until: datetime,
        temper: Temper = CALM,
        act: Callable[[StagedPlan], object] | None = None,
    ) -> StagedPlan:
        """Let a plan live on from where it stands until a moment, then let something happen to it."""
        staged = self._lived[plan_id]
        staged.state = self.states[plan_id]
        staged.temper = temper
        staged.run(until)
        if act is not None:
            staged.now = max(staged.now, until)
            act(staged)
        await self._keep(plan_id)
        return staged

    def lived(self, plan_id: str) -> StagedPlan:
        """A plan as it has lived so far."""
        return self._lived[plan_id]

    def take_up(self, staged: StagedPlan) -> None:
        """Go on with a plan that is on record already; it is the first here."""
        self._taken = staged.taken
        self._lived[staged.state.plan_id] = staged
        self.states[staged.state.plan_id] = staged.state

    async def _keep(self, plan_id: str) -> None:
        staged = self._lived[plan_id]
        await staged.keep(self.engine)
        self.states[plan_id] = staged.state
