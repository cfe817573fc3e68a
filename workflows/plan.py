"""One client's plan, from intake to discharge.

The workflow keeps one state and one agenda. It sleeps until the agenda's first item or until a person asks for
something, lets the pure functions of `care` say what follows, records that as one transition, and sends what
the transition ordered. Everything clinical is in `care`; everything that touches the world is an activity.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from care.agenda import due_items, next_item
    from care.answers import reply_question
    from care.deciding import decide, with_conflicts
    from care.draft import Draft
    from care.guards import refuse
    from care.local_time import is_quiet, out_of_quiet
    from care.opening import open_plan
    from care.performing import due_text, perform, text_not_sent
    from care.taper_steps import take_verdict, taper_inputs
    from schemas import names
    from schemas.commands import (
        CommandEnvelope,
        CommandReply,
        ReceiveText,
        Refusal,
        Reschedule,
    )
    from schemas.messages import MessageStatus, SendOutcome, TextOrder, TextPurpose
    from schemas.orders import RecordOrder, TaperOrder
    from schemas.plan import AgendaItem, PlanState
    from schemas.transition import ReplyFinding, SlotConflict
    from workflows import asking
    from workflows.alarm import Alarm

HISTORY_KEPT = 200
"""Events after which a run hands over to the next at a quiet moment: replay stays cheap, deploys arrive soon."""

NEEDS_A_PERSON = frozenset({MessageStatus.failed, MessageStatus.unknown, MessageStatus.expired})

WAITS_FOR_MORNING = frozenset(
    {TextPurpose.reminder, TextPurpose.question, TextPurpose.notice, TextPurpose.closing}
)


@dataclass
class Waiting:
    """A command on its way through the plan."""

    envelope: CommandEnvelope
    reply: CommandReply | None = None
    refusal: Refusal | None = None
    conflicts: tuple[SlotConflict, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the sender can be told."""
        return self.reply is not None or self.refusal is not None


class RecordedBefore(Exception):  # noqa: N818 - a state of affairs, not a fault
    """The database already holds another step under this number; the plan goes on from there."""


class SlotTaken(Exception):  # noqa: N818 - a state of affairs, not a fault
    """The calendar refused the time that a person asked for."""

    def __init__(self, conflicts: tuple[SlotConflict, ...]) -> None:
        super().__init__("slot taken")
        self.conflicts = conflicts


@workflow.defn(name=names.PLAN_WORKFLOW)
class PlanWorkflow:
    """A plan as an entity: started once, it lives until care has ended and nothing needs a person."""

    @workflow.init
    def __init__(self, state: PlanState) -> None:
        self.state = state
        self._inbox: deque[Waiting] = deque()
        self._alarm = Alarm()
        self._sending: set[asyncio.Task[None]] = set()
        self._not_sent: deque[tuple[TextOrder, SendOutcome]] = deque()

    @workflow.run
    async def run(self, state: PlanState) -> str:  # noqa: ARG002 — `__init__` has taken the state
        """Carry the plan to its end; returns the stage it ended in."""
        if self.state.seq == 0:
            await self._open()
        while not self._over():
            await self._wait()
            if self._may_hand_over():
                workflow.continue_as_new(self.state)
            await self._take_commands()
            await self._note_failures()
            await self._do_what_is_due()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.state.stage

    @workflow.update(name=names.COMMAND_UPDATE)
    async def command(self, envelope: CommandEnvelope) -> CommandReply:
        """Apply one command, once, and answer when it is recorded."""
        waiting = Waiting(envelope)
        self._inbox.append(waiting)
        await workflow.wait_condition(lambda: waiting.answered)
        if waiting.reply is None:
            raise _refused(waiting.refusal, waiting.conflicts)
        return waiting.reply

    @command.validator
    def validate(self, envelope: CommandEnvelope) -> None:
        """Refuse what cannot be, before anything is recorded.

        A plan that has not opened yet judges nothing: the database may hold its opening already, recorded by a worker
        that died, and people then answer what they see there.
        """
        if self.state.seq == 0 or envelope.command_id in self.state.recent_commands:
            return
        refusal = refuse(self.state, envelope, workflow.now())
        if refusal is not None:
            raise _refused(refusal, ())

    # -- the loop -----------------------------------------------------------------------------------

    def _over(self) -> bool:
        idle = not (self._inbox or self._sending or self._not_sent)
        return self.state.closed and not self.state.alerts and idle

    async def _wait(self) -> None:
        """Sleep until the agenda's first item, a command, news of a text, or quiet in a long history."""
        first = next_item(self.state)
        if first is not None and first.due <= workflow.now():
            return
        self._alarm.rang = False
        if first is not None:
            self._alarm.set(first.due)
        await workflow.wait_condition(
            lambda: (
                bool(self._inbox or self._not_sent or self._alarm.rang)
                or self._over()
                or self._may_hand_over()
            )
        )

    def _may_hand_over(self) -> bool:
        """A quiet moment in a history that has grown long: nothing to do, and everybody has been answered."""
        info = workflow.info()
        long = info.get_current_history_length() >= HISTORY_KEPT or info.is_continue_as_new_suggested()
        quiet = not (self._inbox or self._sending or self._not_sent)
        return long and quiet and self.state.seq > 0 and workflow.all_handlers_finished()

    async def _open(self) -> None:
        while self.state.seq == 0:
            try:
                await self._commit(open_plan(self.state, workflow.now()))
            except RecordedBefore:
                continue

    async def _take_commands(self) -> None:
        while self._inbox:
            waiting = self._inbox.popleft()
            try:
                await self._take(waiting)
            except SlotTaken as taken:
                waiting.conflicts = taken.conflicts
                waiting.refusal = _slot_refusal(taken.conflicts)
            except Exception as fault:
                # A command that our own code or the database cannot digest must not stop the plan's safety net.
                workflow.logger.error("command failed in the plan", extra={"fault": type(fault).__name__})
                waiting.refusal = Refusal(
                    code="plan_fault", sentence="The plan could not apply this; engineers see the fault."
                )

    async def _take(self, waiting: Waiting) -> None:
        """Read, decide, evaluate, record: one command as one transition."""
        envelope = waiting.envelope
        while not waiting.answered:
            repeated = envelope.command_id in self.state.recent_commands
            if not repeated:
                waiting.refusal = refuse(self.state, envelope, workflow.now())
                if waiting.refusal is not None:
                    return
                draft = decide(self.state, envelope, workflow.now(), await self._read(envelope))
                await self._evaluate(draft)
                try:
                    await self._commit(draft, refusable=isinstance(envelope.command, Reschedule))
                except RecordedBefore:
                    continue
            waiting.reply = CommandReply(
                plan_id=self.state.plan_id,
                seq=self.state.seq,
                stage=self.state.stage,
                repeated=repeated,
            )

    async def _read(self, envelope: CommandEnvelope) -> ReplyFinding | None:
        if not isinstance(envelope.command, ReceiveText):
            return None
        return await asking.read_reply(reply_question(self.state, envelope.command.inbound_id))

    async def _evaluate(self, draft: Draft) -> None:
        """After a session and after a weekly check-in the taper policy is asked (taper_policy)."""
        if draft.evaluate_taper and not draft.state.closed:
            inputs = taper_inputs(draft.state, draft.now)
            order = TaperOrder(policy=draft.protocol.taper, inputs=inputs)
            take_verdict(draft, await asking.evaluate_taper(order))

    async def _note_failures(self) -> None:
        """Texts that did not arrive reach a person."""
        while self._not_sent:
            order, outcome = self._not_sent.popleft()
            unknown = outcome.status is MessageStatus.unknown
            draft = Draft(self.state, workflow.now(), f"not-sent:{order.key}")
            text_not_sent(draft, order.key, order.session_no, unknown, order.rule)
            try:
                await self._commit(draft)
            except RecordedBefore:
                self._not_sent.appendleft((order, outcome))

    async def _do_what_is_due(self) -> None:
        """Everything due, one at a time, looking again after each: one step may make the next pointless."""
        while due := due_items(self.state, workflow.now()):
            await self._do(due[0])
            if self._inbox:
                return

    async def _do(self, item: AgendaItem) -> None:
        now = workflow.now()
        text = due_text(self.state, item, now)
        if text is not None:
            self.state = text.state
            self._send(text.order)
            return
        try:
            await self._commit(perform(self.state, item, now))
        except RecordedBefore:
            return

    # -- the world ------------------------------------------------------------------------------------

    async def _commit(self, draft: Draft, *, refusable: bool = False) -> None:
        """Record a step, take its state over, and send what it ordered.

        A workflow task can run twice while its first run was already recorded: then what the database holds
        wins. RecordedBefore: it holds a different step, so the caller must decide again.
        """
        while True:
            transition = draft.finish()
            order = RecordOrder(transition=transition, next_item=next_item(transition.state))
            reply = await asking.record(order)
            if not reply.conflicts:
                break
            if refusable:
                raise SlotTaken(reply.conflicts)
            with_conflicts(draft, reply.conflicts)
        self.state = reply.state or transition.state
        for text in reply.texts if reply.state else transition.texts:
            self._send(text)
        if reply.state is not None and reply.cause != transition.cause:
            raise RecordedBefore

    def _send(self, order: TextOrder) -> None:
        task = asyncio.create_task(self._deliver(order))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, order: TextOrder) -> None:
        """Have a text sent; at night it waits for the morning, unless it is about safety (F13)."""
        hours = self.state.protocol.hours
        if order.purpose in WAITS_FOR_MORNING and is_quiet(hours, workflow.now()):
            await workflow.sleep(out_of_quiet(hours, workflow.now()) - workflow.now())
        outcome = await asking.send_text(order, next_item(self.state), workflow.now())
        if outcome.status in NEEDS_A_PERSON:
            self._not_sent.append((order, outcome))


def _slot_refusal(conflicts: tuple[SlotConflict, ...]) -> Refusal:
    first = conflicts[0]
    return Refusal(code="slot_taken", sentence=f"That time is not free: {first.reason}.")


def _refused(refusal: Refusal | None, conflicts: tuple[SlotConflict, ...]) -> ApplicationError:
    """A refusal on the wire: its code as the error type, free alternatives as details."""
    code, sentence = (refusal.code, refusal.sentence) if refusal else ("plan_fault", "No answer.")
    alternatives = [at.isoformat() for conflict in conflicts for at in conflict.alternatives]
    return ApplicationError(sentence, alternatives, type=code, non_retryable=True)
