"""One plan, driven as its workflow drives it: commands, due items, texts read by the real parser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from care import pack as packs
from care.agenda import next_item
from care.answers import reply_question
from care.draft import Draft
from care.driving import DrivenPlan, Recording, Sent
from care.finding import finding as reading_of
from care.performing import text_not_sent
from schemas.alerts import Alert, AlertReason
from schemas.commands import (
    CLIENT,
    Actor,
    Command,
    DecideApproval,
    Decision,
    ReceiveText,
    RecordOutcome,
    Refusal,
    Role,
)
from schemas.events import EventKind, PlanEvent
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import SLOT_TAKING, Approval, PlanState, Session, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.transition import Placement, ReplyFinding, SlotConflict, Transition

THERAPIST = Actor(id="staff-0", roles=(Role.treating_physiotherapist,))
FRONT_DESK = Actor(id="staff-9", roles=(Role.front_desk,))

_NEVER_AT_REST = 400


class PlayedPlan(DrivenPlan):
    """A plan and its story so far. `busy` says which claims the calendar refuses; a plan's own it always refuses."""

    def __init__(
        self, state: PlanState, now: datetime, busy: Callable[[Placement], bool] = lambda one: False
    ) -> None:
        super().__init__(state, now)
        self.busy = busy
        self.pack = packs.builtin()
        self.steps: list[Recording] = []
        self.sent: list[Sent] = []
        self.open()

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

    # -- people -----------------------------------------------------------------------------------------

    def ask(
        self, command: Command, by: Actor = THERAPIST, finding: ReplyFinding | None = None
    ) -> Refusal | None:
        """Ask the plan for something; its refusal, if any. Nothing has changed then."""
        return super().ask(command, by, finding)

    def must(self, command: Command, by: Actor = THERAPIST) -> None:
        """Ask for something that the plan takes."""
        refusal = self.ask(command, by)
        assert refusal is None, refusal

    def text(self, words: str) -> None:
        """The client texts; the plan takes every text."""
        inbound = f"in{self.commands + 1}"
        read = reading_of(self.pack, words, reply_question(self.state, inbound))
        assert self.ask(ReceiveText(inbound_id=inbound), CLIENT, read) is None

    def approve(self, kind: ApprovalKind) -> None:
        """The therapist approves the one open approval of a kind."""
        self.must(DecideApproval(approval_id=self.approval(kind).id, decision=Decision.approve))

    def clear(self, until: date, approval: Approval | None = None) -> None:
        """The therapist records the document that the one open clearance asks for, or this one; its last day."""
        asked = approval or self.approval(ApprovalKind.clearance)
        command = DecideApproval(
            approval_id=asked.id,
            decision=Decision.approve,
            document_valid_until=until,
            reason_id="letter",
        )
        self.must(command)

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

    def text_fails(self, order: TextOrder, *, unknown: bool = False) -> None:
        """The provider gave a text up, or nobody knows what became of it."""
        draft = Draft(self.state, self.now, f"not-sent:{order.key}")
        text_not_sent(draft, order.key, order.session_no, unknown, order.rule)
        self.commit(draft)

    # -- the world --------------------------------------------------------------------------------------

    def recorded(self, step: Recording) -> None:
        """A step has been recorded."""
        self.steps.append(step)

    def texted(self, text: Sent) -> None:
        """A text is handed to the sender."""
        self.sent.append(text)

    def refused(self, transition: Transition) -> tuple[SlotConflict, ...]:
        """The claims that the calendar refuses."""
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
