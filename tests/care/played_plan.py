"""One plan, driven as its workflow drives it: commands, due items, texts read by the real parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.reading import finding
from care import pack as packs
from care.agenda import due_items, next_item
from care.answers import reply_question
from care.deciding import decide, with_conflicts
from care.draft import Draft
from care.guards import refuse
from care.opening import open_plan
from care.performing import due_text, perform, text_not_sent
from care.taper import evaluate
from care.taper_steps import take_verdict, taper_inputs
from schemas.commands import (
    CLIENT,
    Actor,
    Command,
    CommandEnvelope,
    DecideApproval,
    Decision,
    ReceiveText,
    RecordOutcome,
    Refusal,
    Reschedule,
    Role,
)
from schemas.events import EventKind, PlanEvent
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import (
    SLOT_TAKING,
    AgendaItem,
    Alert,
    AlertReason,
    Approval,
    PlanState,
    Session,
    SessionStatus,
    Stage,
)
from schemas.protocol import ApprovalKind
from schemas.transition import Placement, SlotConflict, Transition

THERAPIST = Actor(id="staff-0", roles=(Role.treating_physiotherapist,))
FRONT_DESK = Actor(id="staff-9", roles=(Role.front_desk,))

_NEVER_AT_REST = 400


@dataclass(frozen=True)
class Recording:
    """One recorded step: the state before, the transition, when, and who asked for it, if anybody."""

    before: PlanState
    transition: Transition
    now: datetime
    envelope: CommandEnvelope | None


@dataclass(frozen=True)
class Sent:
    """A text on its way, the state from before it, and when its turn came."""

    before: PlanState
    order: TextOrder
    at: datetime


class PlayedPlan:
    """A plan and its story so far. `busy` says which claims the calendar refuses; a plan's own it always refuses."""

    def __init__(
        self, state: PlanState, now: datetime, busy: Callable[[Placement], bool] = lambda one: False
    ) -> None:
        self.state = state
        self.now = now
        self.busy = busy
        self.pack = packs.builtin()
        self.steps: list[Recording] = []
        self.sent: list[Sent] = []
        self._count = 0
        self.commit(open_plan(state, now))

    # -- what happened ----------------------------------------------------------------------------------

    def events(self, kind: EventKind) -> list[PlanEvent]:
        """Every event of a kind so far."""
        return [event for step in self.steps for event in step.transition.events if event.kind is kind]

    def texts(self, template: str | None = None) -> list[Sent]:
        """Every text to the client so far, or those of one template."""
        return [
            sent
            for sent in self.sent
            if sent.order.audience is Audience.client and template in (None, sent.order.template)
        ]

    @property
    def pages(self) -> list[str]:
        """Who was paged, in order."""
        return [s.order.recipient_id for s in self.sent if s.order.purpose is TextPurpose.page]

    def approval(self, kind: ApprovalKind) -> Approval:
        """The one open approval of a kind."""
        (found,) = (one for one in self.state.approvals if one.kind is kind)
        return found

    def alert(self, reason: AlertReason) -> Alert:
        """The one open alert with a reason."""
        (found,) = (one for one in self.state.alerts if one.reason is reason)
        return found

    def has_alert(self, reason: AlertReason) -> bool:
        """Whether an alert with a reason is open."""
        return any(one.reason is reason for one in self.state.alerts)

    def stands(self, stage: Stage) -> bool:
        """Whether the plan is at a stage now."""
        return self.state.stage is stage

    def session(self, number: int) -> Session:
        """A session that is still in the state."""
        found = self.state.session(number)
        assert found is not None
        return found

    # -- time -------------------------------------------------------------------------------------------

    def until(self, moment: datetime) -> PlayedPlan:
        """Do everything as it falls due, to the second, up to and including a moment."""
        while (item := next_item(self.state)) is not None and item.due <= moment:
            self.now = max(self.now, item.due)
            self.do_what_is_due()
        self.now = max(self.now, moment)
        return self

    def outage_until(self, moment: datetime) -> PlayedPlan:
        """Nothing happens until a moment; then everything that is due by then."""
        self.now = moment
        self.do_what_is_due()
        return self

    def do_what_is_due(self) -> None:
        """One item at a time, looking again after each. AssertionError if the plan never comes to rest."""
        for _ in range(_NEVER_AT_REST):
            due = due_items(self.state, self.now)
            if not due:
                return
            self._do(due[0])
        raise AssertionError(f"the plan never comes to rest: {due_items(self.state, self.now)[:3]}")

    def _do(self, item: AgendaItem) -> None:
        text = due_text(self.state, item, self.now)
        if text is None:
            self.commit(perform(self.state, item, self.now))
        else:
            before, self.state = self.state, text.state
            self.send(before, text.order)

    # -- people -----------------------------------------------------------------------------------------

    def ask(self, command: Command, by: Actor = THERAPIST) -> Refusal | None:
        """Ask the plan for something; its refusal, if any. Nothing has changed then."""
        self._count += 1
        envelope = CommandEnvelope(command_id=f"c{self._count}", actor=by, command=command)
        refusal = refuse(self.state, envelope, self.now)
        if refusal is None and not self._decide(envelope, None):
            return Refusal(code="slot_taken", sentence="That time is not free.")
        return refusal

    def must(self, command: Command, by: Actor = THERAPIST) -> None:
        """Ask for something that the plan takes."""
        refusal = self.ask(command, by)
        assert refusal is None, refusal

    def text(self, words: str) -> None:
        """The client texts; the plan takes every text."""
        self._count += 1
        command = ReceiveText(inbound_id=f"in{self._count}")
        envelope = CommandEnvelope(command_id=f"c{self._count}", actor=CLIENT, command=command)
        assert refuse(self.state, envelope, self.now) is None
        self._decide(envelope, words)

    def approve(self, kind: ApprovalKind) -> None:
        """The therapist approves the one open approval of a kind."""
        self.must(DecideApproval(approval_id=self.approval(kind).id, decision=Decision.approve))

    def reject(self, kind: ApprovalKind) -> None:
        """The therapist rejects it."""
        command = DecideApproval(
            approval_id=self.approval(kind).id, decision=Decision.reject, reason_id="why"
        )
        self.must(command)

    def attend(self, number: int, pain: float | None = 3, primary: float | None = 5) -> None:
        """A session takes place and its outcome is recorded as it ends."""
        session = self.session(number)
        self.until(session.starts_at + timedelta(minutes=session.minutes))
        outcome = RecordOutcome(session_no=number, outcome=SessionStatus.attended, pain=pain, primary=primary)
        self.must(outcome)

    # -- the world --------------------------------------------------------------------------------------

    def _decide(self, envelope: CommandEnvelope, words: str | None) -> bool:
        read = None
        if isinstance(envelope.command, ReceiveText) and words is not None:
            read = finding(self.pack, words, reply_question(self.state, envelope.command.inbound_id))
        draft = decide(self.state, envelope, self.now, read)
        if draft.evaluate_taper and not draft.state.closed:
            take_verdict(draft, evaluate(draft.protocol.taper, taper_inputs(draft.state, self.now)))
        return self.commit(draft, envelope)

    def commit(self, draft: Draft, envelope: CommandEnvelope | None = None) -> bool:
        """Record a step as the workflow does; False for a move that the calendar refuses."""
        transition = draft.finish()
        while conflicts := self._conflicts(transition):
            if envelope is not None and isinstance(envelope.command, Reschedule):
                return False
            transition = with_conflicts(draft, conflicts).finish()
        before, self.state = self.state, transition.state
        self.recorded(Recording(before, transition, self.now, envelope))
        for order in transition.texts:
            self.send(before, order)
        return True

    def recorded(self, step: Recording) -> None:
        """A step has been recorded."""
        self.steps.append(step)

    def send(self, before: PlanState, order: TextOrder) -> None:
        """A text is handed to the sender."""
        self.sent.append(Sent(before, order, self.now))

    def text_fails(self, order: TextOrder, *, unknown: bool = False) -> None:
        """The provider gave a text up, or nobody knows what became of it."""
        draft = Draft(self.state, self.now, f"not-sent:{order.key}")
        text_not_sent(draft, order.key, order.session_no, unknown, order.rule)
        self.commit(draft)

    def _conflicts(self, transition: Transition) -> tuple[SlotConflict, ...]:
        moving = {one.session_no for one in transition.place}
        taken = [
            (s.starts_at, s.starts_at + timedelta(minutes=s.minutes))
            for s in transition.state.sessions
            if s.status in SLOT_TAKING and s.no not in moving
        ]
        refused = []
        for one in transition.place:
            if self.busy(one) or any(start < one.ends_at and one.starts_at < end for start, end in taken):
                refused.append(
                    SlotConflict(session_no=one.session_no, starts_at=one.starts_at, reason="busy")
                )
            taken.append((one.starts_at, one.ends_at))
        return tuple(refused)
