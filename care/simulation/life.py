"""One simulated plan, from intake to its end: the client and the clinic act, the plan follows its own agenda."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from care.agenda import next_item
from care.answers import reply_question
from care.driving import DrivenPlan, Recording, Sent
from care.finding import finding
from care.local_time import after_staffed
from care.named import the_session
from care.number_told import alerts_of
from care.screening_age import ask_again_before
from care.simulation.person import NEVER, Person, drawn
from care.simulation.promises import CheckInsAsked, at_rest, broken_by_step, broken_by_text
from care.simulation.story import Story
from care.simulation.world import World
from care.start_condition import to_confirm
from care.which import ASKED_BACK
from schemas.alerts import Alert, AlertReason
from schemas.commands import (
    CLIENT,
    AcknowledgeAlert,
    Actor,
    AnswerCheckIn,
    CloseAlert,
    Command,
    DecideApproval,
    Decision,
    DischargePlan,
    ReceiveText,
    RecordOutcome,
    Rescreen,
    Role,
    Withdraw,
)
from schemas.messages import Audience, TextOrder
from schemas.plan import Approval, PlanState, SessionStatus
from schemas.protocol import ApprovalKind

THERAPIST = Actor(id="therapist", roles=(Role.treating_physiotherapist,))

_HOUR = timedelta(hours=1)
_ASKS_AGAIN = timedelta(days=2)
_AFTER_AN_OVERLOOK = 3000
_LETTER_DAYS = 180
_CLIENT = Audience.client

N = TypeVar("N", Alert, Approval)


class Life(DrivenPlan):
    """A plan, its client and its clinic. What people do next stands in `_acts`, the earliest first."""

    def __init__(self, state: PlanState, now: datetime, person: Person, world: World) -> None:
        super().__init__(state, now)
        self.person = person
        self.world = world
        self.began = now
        self.story = Story()
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._turns = count()
        self._meant = ""
        self._asked = CheckInsAsked()
        self._late = timedelta(seconds=world.habits.moments_late)
        self._in(person.withdraws_after, self._withdraw)
        self._in(person.opts_out_after, partial(self._says, "STOP"))
        self._in(person.next_alarm(), self._alarm)

    # -- time -------------------------------------------------------------------------------------------

    def run(self, until: datetime) -> Story:
        """Live until a moment, or until care has ended and nothing needs a person."""
        self.open()
        acts = self._acts
        self._at(until + timedelta.resolution, acts.clear)  # the last act: nothing is left to do
        while acts:
            item = next_item(self.state)
            if item is not None and item.due < acts[0][0]:
                done_at = item.due + self._late
                self.now = done_at if done_at > self.now else self.now
                self.do(item)
            elif item is None and self.state.closed and not self.state.alerts:
                acts.clear()  # what was still planned holds this life: without it, all of it is freed at once
            else:
                moment, _, act = heappop(acts)
                self.now = moment if moment > self.now else self.now
                act()
        self.story.stage = self.state.stage
        ended = self.state.closed_at or until
        self.story.weeks = (ended - self.began) / timedelta(weeks=1)
        return self.story

    @property
    def _since(self) -> timedelta:
        return self.now - (self.state.progress.started_at or self.now)

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heappush(self._acts, (moment, next(self._turns), act))

    def _in(self, wait: timedelta, act: Callable[[], None]) -> None:
        if wait < NEVER:
            self._at(self.now + wait, act)

    def _after_staffed(self, minutes: float) -> datetime:
        late = _AFTER_AN_OVERLOOK if self.person.chance(self.world.habits.overlooks) else 0
        return after_staffed(self.state.protocol.hours, self.now, round(minutes) + late)

    # -- what happens -----------------------------------------------------------------------------------

    def recorded(self, step: Recording) -> None:
        """Count, check, and let people see what is new to them."""
        before, transition, story = step.before, step.transition, self.story
        state = transition.state
        story.steps += 1
        story.note_rules(transition.events)
        if not at_rest(before, state):
            self._moved(step)
        if state.approvals is not before.approvals:
            for approval in _new(state.approvals, before.approvals):
                self._wait_for_decision(approval)
        for slot in transition.place:
            session = the_session(state, slot.session_no)
            self._at(slot.ends_at, partial(self._visit, session.no, session.revision))

    def _moved(self, step: Recording) -> None:
        """Check the promises; note when visits first grow rarer; let somebody see what is new and urgent."""
        story, before, state = self.story, step.before, step.transition.state
        for promise in broken_by_step(step):
            story.broken[promise] += 1
        started = before.progress.started_at is not None
        if started and state.progress.step > before.progress.step and story.first_step_down is None:
            story.first_step_down = self._since / timedelta(weeks=1)
        for alert in _new(state.alerts, before.alerts):
            story.alerts[alert.urgency] += 1
            minutes = drawn(self.person.rng, self.world.habits.acknowledges_after)
            self._at(self._after_staffed(minutes), partial(self._acknowledge, alert.id))

    def texted(self, text: Sent) -> None:
        """A text reaches the client, who answers or not."""
        order, person, story = text.order, self.person, self.story
        if order.agenda_key is not None:
            for promise in broken_by_text(text, self._asked):
                story.broken[promise] += 1
        story.rules.add(order.rule)
        if order.audience is not _CLIENT:
            return
        story.texts[order.purpose] += 1
        if order.rule == ASKED_BACK:
            hours = drawn(person.rng, person.habits.says_which_after_hours)
            self._at(self.now + hours * _HOUR, self._say_which)
        elif (key := _asked_by(order)) is not None and person.answers_at(self._since):
            hours = drawn(person.rng, person.habits.answers_after_hours)
            self._at(self.now + hours * _HOUR, partial(self._reply, key))

    # -- the client -------------------------------------------------------------------------------------

    def _reply(self, key: str) -> None:
        for prompt in self.state.prompts:
            if prompt.key == key and prompt.expires_at > self.now:
                self._meant = key
                self._says(self.person.words(prompt.question, self._since))
                break

    def _say_which(self) -> None:
        """A is the first of the two; beside a visit, B is any question."""
        which = next((p.undecided for p in self.state.prompts if p.undecided is not None), None)
        if which is not None:
            self._says("A" if self._meant == which.options[0] else "B")

    def _says(self, words: str) -> None:
        if self.state.closed or not self.person.texts:
            return
        inbound = f"in{self.commands}"
        asked = reply_question(self.state, inbound)
        read = finding(self.world.pack, words, asked, self.world.read)
        self.ask(ReceiveText.of(inbound_id=inbound), CLIENT, read)

    def _alarm(self) -> None:
        self._says(self.person.rng.choice(self.person.habits.alarming_words))
        self._in(self.person.next_alarm(), self._alarm)

    def _withdraw(self) -> None:
        if not self.state.closed:
            self.ask(Withdraw(), CLIENT)

    # -- the clinic -------------------------------------------------------------------------------------

    def _visit(self, number: int, revision: int) -> None:
        session = self.state.session(number)
        if session is None or session.status is not SessionStatus.booked or session.revision != revision:
            return
        if self.person.chance(self.world.habits.records_at_once):
            self._outcome(number)

    def _outcome(self, number: int) -> None:
        person, habits = self.person, self.person.habits
        fate = person.rng.random()
        if fate < habits.no_show:
            outcome = RecordOutcome.of(session_no=number, outcome=SessionStatus.no_show)
        elif fate < habits.no_show + habits.late_cancel:
            outcome = RecordOutcome.of(session_no=number, outcome=SessionStatus.late_cancel)
        else:
            primary, pain = person.goal_at(self._since), float(person.pain_at(self._since))
            outcome = RecordOutcome.of(
                session_no=number, outcome=SessionStatus.attended, pain=pain, primary=primary
            )
        if self.ask(outcome, THERAPIST) is None:
            self.story.visits += outcome.outcome is SessionStatus.attended

    def _record_late(self, number: int) -> None:
        """What was not asked again before the visit is asked now."""
        session = self.state.session(number)
        if session is not None and ask_again_before(self.state, session) is not None:
            self._rescreen()
        self._outcome(number)

    def _acknowledge(self, alert_id: str) -> None:
        if self.state.alert(alert_id) is None:
            return
        self.ask(AcknowledgeAlert.of(alert_id=alert_id), THERAPIST)
        minutes = drawn(self.person.rng, self.world.habits.closes_after)
        self._at(self._after_staffed(minutes), partial(self._close, alert_id))

    def _close(self, alert_id: str) -> None:
        alert = self.state.alert(alert_id)
        if alert is None:
            return
        if alert.reason is AlertReason.outcome_missing and alert.session_no is not None:
            self._record_late(alert.session_no)
        elif alert.reason is AlertReason.screening_expires:
            self._rescreen()
        elif alert.reason is AlertReason.silent_client:
            self._ring()
        elif alert.reason is AlertReason.short_course and self.person.chance(
            self.world.habits.few_visits_enough
        ):
            self.ask(DischargePlan(reason_id="why"), THERAPIST)
        alert = self.state.alert(alert_id)
        if alert is not None:
            self._ask_again((*self.state.screening.repeat_items, *alert.screening_items))
            self._must_ask(
                CloseAlert.of(alert_id=alert_id, outcome="see_note", note_id="note"),
                partial(self._close, alert_id),
            )

    def _ring(self) -> None:
        """AL-12: front desk rings a client who has gone silent, and asks how the pain was."""
        if self.person.chance(self.world.habits.reached_by_phone):
            question, pain = "CHK-PAIN", self.person.pain_at(self._since)
            alerts = alerts_of(self.world.pack, self.state, question, pain, self.world.read)
            self.ask(AnswerCheckIn(question=question, value=pain, alerts=alerts), THERAPIST)

    def _wait_for_decision(self, approval: Approval) -> None:
        habits = self.world.habits
        if approval.kind is ApprovalKind.clearance:
            days = drawn(self.person.rng, habits.letter_after)
            self._in(timedelta(days=days), partial(self._decide, approval.id))
        else:
            minutes = drawn(self.person.rng, habits.decides_after)
            self._at(self._after_staffed(minutes), partial(self._decide, approval.id))

    def _decide(self, approval_id: str) -> None:
        approval = self.state.approval(approval_id)
        if approval is None:
            return
        if approval.kind is ApprovalKind.rescreen:
            self._rescreen()
            return
        self._ask_again(self.state.screening.repeat_items)
        agrees = self.person.chance(self._agreement(approval.kind))
        until = self.now.date() + timedelta(days=_LETTER_DAYS)
        decision = DecideApproval(
            approval_id=approval_id,
            decision=Decision.approve if agrees else Decision.reject,
            reason_id="why",
            document_valid_until=until if approval.kind is ApprovalKind.clearance and agrees else None,
            confirmed=to_confirm(self.state, approval) if agrees else None,
        )
        self._must_ask(decision, partial(self._decide, approval_id))

    def _agreement(self, kind: ApprovalKind) -> float:
        habits = self.world.habits
        if kind is ApprovalKind.clearance:
            return habits.letter_clears
        return habits.agrees if kind in (ApprovalKind.taper, ApprovalKind.discharge) else 1.0

    def _must_ask(self, command: Command, again: Callable[[], None]) -> None:
        """What the plan refuses now is tried again in a day or two."""
        if self.ask(command, THERAPIST) is not None:
            self._in(_ASKS_AGAIN, again)

    def _ask_again(self, items: tuple[str, ...]) -> None:
        if items:
            self._rescreen(tuple(sorted(set(items))))

    def _rescreen(self, items: tuple[str, ...] = ()) -> None:
        """Nothing is wrong any more: what was wrong at intake has passed. No items are the whole form."""
        state = self.state
        result = self.world.well_again(self.person.age, state.protocol, self.now.date())
        self.ask(Rescreen(result=result, items=items), THERAPIST)


def _asked_by(order: TextOrder) -> str | None:
    """The prompt that a text puts or repeats."""
    asking = order.asking
    if asking is None:
        return None
    return asking.prompt.key if asking.prompt is not None else asking.reminds


def _new(now: tuple[N, ...], before: tuple[N, ...]) -> list[N]:
    known = {one.id for one in before}
    return [one for one in now if one.id not in known]
