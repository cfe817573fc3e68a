"""A plan driven as its workflow drives it, with no workflow: for the preview, for simulations and for tests.

It asks the same functions in the same order (`workflows/plan.py`); the clock is whatever its owner says.
"""

from __future__ import annotations

from datetime import datetime

from care.agenda import due_items, next_item
from care.deciding import decide, with_conflicts
from care.draft import Draft
from care.guards import refuse
from care.opening import open_plan
from care.performing import due_text, perform
from care.taper import evaluate
from care.taper_steps import take_verdict, taper_inputs
from schemas.commands import Actor, Command, CommandEnvelope, Refusal, Reschedule
from schemas.made import Made, made
from schemas.messages import TextOrder
from schemas.plan import AgendaItem, PlanState
from schemas.transition import ReplyFinding, SlotConflict, Transition

_NEVER_AT_REST = 400


@made
class Recording(Made):
    """One recorded step: the state before, the transition, when, and who asked for it, if anybody."""

    before: PlanState
    transition: Transition
    now: datetime
    envelope: CommandEnvelope | None


@made
class Sent(Made):
    """A text on its way, the state from before it, and when its turn came."""

    before: PlanState
    order: TextOrder
    at: datetime


class DrivenPlan:
    """One plan and its clock. `recorded` and `texted` hear of every step and text; `refused` is the calendar."""

    def __init__(self, state: PlanState, now: datetime) -> None:
        self.state = state
        self.now = now
        self.commands = 0

    # -- what its owner may listen to -------------------------------------------------------------------

    def recorded(self, step: Recording) -> None:
        """A step has been recorded."""

    def texted(self, text: Sent) -> None:
        """A text is handed to the sender."""

    def refused(self, transition: Transition) -> tuple[SlotConflict, ...]:  # noqa: ARG002 - a calendar looks
        """The slots that the calendar refuses; without one, it has room for everybody."""
        return ()

    # -- time -------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The first step of a plan that has none yet."""
        if self.state.seq == 0:
            self.commit(open_plan(self.state, self.now))

    def do_what_is_due(self) -> None:
        """One item at a time, looking again after each. AssertionError if the plan never comes to rest."""
        for _ in range(_NEVER_AT_REST):
            item = next_item(self.state)
            if item is None or item.due > self.now:
                return
            self.do(item)
        raise AssertionError(f"the plan never comes to rest: {due_items(self.state, self.now)[:3]}")

    def do(self, item: AgendaItem) -> None:
        """One item that is due: its text goes on its way, or what else it leads to is recorded."""
        text = due_text(self.state, item, self.now)
        if text is None:
            self.commit(perform(self.state, item, self.now))
        else:
            before, self.state = self.state, text.state
            self.texted(Sent.of(before=before, order=text.order, at=self.now))

    # -- people -----------------------------------------------------------------------------------------

    def ask(self, command: Command, by: Actor, finding: ReplyFinding | None = None) -> Refusal | None:
        """Ask the plan for something; its refusal, if any. Nothing has changed then."""
        self.commands += 1
        envelope = CommandEnvelope.of(command_id=f"c{self.commands}", actor=by, command=command)
        refusal = refuse(self.state, envelope, self.now)
        if refusal is None and not self._take(envelope, finding):
            return Refusal(code="slot_taken", sentence="That time is not free.")
        return refusal

    def _take(self, envelope: CommandEnvelope, finding: ReplyFinding | None) -> bool:
        draft = decide(self.state, envelope, self.now, finding)
        if draft.evaluate_taper and not draft.state.closed:
            inputs = taper_inputs(draft.state, self.now)
            take_verdict(draft, evaluate(draft.protocol.taper, inputs), inputs)
        return self.commit(draft, envelope)

    # -- the record -------------------------------------------------------------------------------------

    def commit(self, draft: Draft, envelope: CommandEnvelope | None = None) -> bool:
        """Record a step as the workflow does; False for a move that the calendar refuses."""
        transition = draft.finish()
        while conflicts := self.refused(transition):
            if envelope is not None and isinstance(envelope.command, Reschedule):
                return False
            transition = with_conflicts(draft, conflicts).finish()
        before, self.state = self.state, transition.state
        self.recorded(Recording.of(before=before, transition=transition, now=self.now, envelope=envelope))
        for order in transition.texts:
            self.texted(Sent.of(before=before, order=order, at=self.now))
        return True
