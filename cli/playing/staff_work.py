"""What the clinic's staff do in a played plan: decide what waits, and look after what comes up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from care.local_time import after_staffed, local_day
from care.pack import builtin
from cli.playing.clinic import PlayedClinic
from cli.playing.people import RequestRefused
from cli.playing.script import AlertWork, Script
from cli.playing.story import Line, Story
from schemas.alerts import Alert, AlertReason
from schemas.plan import Approval, PlanState, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency

PlanAct = Callable[[datetime, Callable[[], Awaitable[None]]], None]

_OWN_REVIEW = "treating_physiotherapist"
_AGE = "SCR-24"
_DECIDES_AFTER = 45
_LOOKS_AFTER = 30
_URGENT_SETTLED_AFTER = 540
_SLOT_TRIES = 12
_EXAMINED_BEFORE = timedelta(minutes=15)

_DEALT_WITH = {
    AlertReason.review_due: (
        "reviewed, carry on",
        "Goals and progress gone through together; the plan goes on.",
    ),
    AlertReason.short_course: ("carry on", "Better, and more to gain: the client wants to go on."),
    AlertReason.taper_escalation: ("reviewed", "Looked at the trend with the client; the plan goes on."),
    AlertReason.number_alert: ("rung, no worry", "Rang the client: a passing ache, advice given."),
    AlertReason.silent_client: ("rung", "Rang the client: all is well, texts were overlooked."),
    AlertReason.change_requested: ("rung", "Rang the client about another time."),
}
_OTHERWISE = ("dealt with", "Looked into, and the client was rung.")


class StaffWork:
    """Notices what waits for staff and plans when each thing is done, in staffed time."""

    def __init__(self, clinic: PlayedClinic, script: Script, story: Story, plan_act: PlanAct) -> None:
        self._plan_id = clinic.watch.plan_id
        self._staff = clinic.staff
        self._clock = clinic.clock
        self._watch = clinic.watch
        self._answers = _whole_form(clinic.screening)
        self._script = script
        self._story = story
        self._plan_act = plan_act
        self._seen: set[str] = set()

    def notice(self, state: PlanState, now: datetime) -> None:
        """Plan the work that is new."""
        hours = state.protocol.hours
        self._expect_assessment(state, now)
        for alert in state.alerts:
            if alert.id not in self._seen and self._script.alerts is not AlertWork.left:
                self._seen.add(alert.id)
                self._tell_alert(alert, now)
                self._plan_act(_looked_at(state, alert), self._bound(self._look_after, alert.id))
        for approval in state.approvals:
            if approval.id not in self._seen and not self._left_open(state, approval):
                self._seen.add(approval.id)
                at = after_staffed(hours, now, _DECIDES_AFTER)
                self._plan_act(at, self._bound(self._decide, approval.id))

    def waits_outside(self, state: PlanState) -> bool:
        """Whether the plan rests until somebody outside the clinic writes, or a date comes round."""
        waiting = state.stage in (Stage.deferred, Stage.awaiting_clearance)
        return waiting and all(self._outside(state, approval) for approval in state.approvals)

    def _left_open(self, state: PlanState, approval: Approval) -> bool:
        return approval.kind in self._script.undecided or self._outside(state, approval)

    def _bound(self, work: Callable[[str], Awaitable[None]], subject: str) -> Callable[[], Awaitable[None]]:
        return lambda: work(subject)

    def _outside(self, state: PlanState, approval: Approval) -> bool:
        if approval.kind is ApprovalKind.rescreen:
            return True
        if approval.kind is not ApprovalKind.clearance:
            return False
        held = next((h for h in state.screening.holds if h.key == approval.proposal.hold_key), None)
        return held is None or held.hold.owner != _OWN_REVIEW

    def _tell_alert(self, alert: Alert, now: datetime) -> None:
        reason = alert.reason.replace("_", " ")
        self._story.tell(now, Line.alert, f"{alert.urgency} {reason} ({alert.rule}): a person is needed.")

    def _expect_assessment(self, state: PlanState, now: datetime) -> None:
        """The client is examined before the first hands-on work, at the beginning of the first visit."""
        first = next((s for s in state.sessions if s.status is SessionStatus.booked), None)
        if first is None or not _to_be_assessed(state):
            return
        key = f"assessment at visit {first.no} {first.revision}"
        if key not in self._seen:
            self._seen.add(key)
            self._plan_act(max(now, first.starts_at - _EXAMINED_BEFORE), self._bound(self._assess, key))

    async def _assess(self, key: str) -> None:
        state, now = await self._present()
        if not _to_be_assessed(state):
            self._seen.discard(key)
        else:
            await self._staff.assess(state.protocol.therapist_id, self._plan_id)
            self._story.tell(now, Line.staff, "Physical assessment written up: suitable for the plan.")

    async def _look_after(self, alert_id: str) -> None:
        """Take an alert on; an urgent one is closed when the client is safe, the others at once."""
        state, now = await self._present()
        alert = state.alert(alert_id)
        if alert is None:
            return
        who = state.protocol.therapist_id
        await self._staff.take_on(who, alert)
        self._story.tell(now, Line.staff, f"{alert.urgency} {alert.reason.replace('_', ' ')} acknowledged.")
        if self._script.alerts is AlertWork.taken_on:
            return
        if alert.urgency in (Urgency.E0, Urgency.E1):
            later = after_staffed(state.protocol.hours, now, _URGENT_SETTLED_AFTER)
            self._plan_act(later, self._bound(self._settle_urgent, alert_id))
        else:
            await self._settle(state, alert, now)

    async def _settle(self, state: PlanState, alert: Alert, now: datetime) -> None:
        who = state.protocol.therapist_id
        if alert.reason is AlertReason.screening_expires:
            await self._staff.rescreen(who, self._plan_id, self._answers)
            self._story.tell(now, Line.staff, "The whole screening repeated before it runs out: nothing new.")
            return
        if alert.reason is AlertReason.slot_needed:
            await self._find_slot(state, now)
            return
        outcome, note = _DEALT_WITH.get(alert.reason, _OTHERWISE)
        await self._staff.settle(who, alert, outcome, note)
        self._story.tell(now, Line.staff, f"{alert.reason.replace('_', ' ').capitalize()}: {outcome}.")

    async def _find_slot(self, state: PlanState, now: datetime) -> None:
        """Front desk tries the hours after the wanted time until one is free."""
        session = next((s for s in state.sessions if s.status is SessionStatus.unplaced), None)
        if session is None:
            return
        for tries in range(1, _SLOT_TRIES):
            start = session.starts_at + timedelta(hours=tries % 4, days=tries // 4)
            try:
                await self._staff.reschedule(state.protocol.therapist_id, self._plan_id, session, start)
            except RequestRefused:
                continue
            self._story.tell(now, Line.staff, f"Another time found for visit {session.no}.")
            return

    async def _settle_urgent(self, alert_id: str) -> None:
        state, now = await self._present()
        alert, flag = state.alert(alert_id), self._script.red_flag
        if alert is None:
            return
        outcome, note = (flag.outcome, flag.note) if flag else _OTHERWISE
        await self._staff.settle(state.protocol.therapist_id, alert, outcome, note)
        self._story.tell(now, Line.staff, f"{alert.urgency} closed: {outcome}. {note}")

    async def _decide(self, approval_id: str) -> None:
        state, now = await self._present()
        approval = state.approval(approval_id)
        if approval is None:
            return
        who = state.protocol.therapist_id
        body: dict[str, object] = {"decision": "approve"}
        if approval.kind is ApprovalKind.start and self._script.start_edit is not None:
            body = {"decision": "edit", **self._script.start_edit}
        if approval.kind is ApprovalKind.clearance:
            hours = state.protocol.hours
            body |= _paper(local_day(hours, approval.opened_at), local_day(hours, now))
        if approval.kind is ApprovalKind.resume:
            await self._rescreen_first(state, now)
        await self._staff.decide(who, approval, body)
        reasons = ", ".join(approval.proposal.reasons)
        step = f" to {approval.proposal.step}" if approval.proposal.step and approval.proposal.verdict else ""
        self._story.tell(now, Line.staff, f"Approved: {approval.kind}{step} ({reasons}).")

    async def _rescreen_first(self, state: PlanState, now: datetime) -> None:
        """The questions that the alert mapped to are asked again before anything goes on (MID-3)."""
        items = state.screening.repeat_items
        if items:
            known = self._script.red_flag.answers if self._script.red_flag else {}
            answers = {item: known.get(item, _nothing_wrong(item)) for item in items}
            await self._staff.rescreen(state.protocol.therapist_id, self._plan_id, answers)
            self._story.tell(now, Line.staff, f"Asked again before going on: {', '.join(items)}.")

    async def _present(self) -> tuple[PlanState, datetime]:
        return await self._watch.state(), await self._clock.now()


def _paper(dated: date, today: date) -> dict[str, str]:
    return {
        "document_from": "The treating physiotherapist",
        "document_dated": dated.isoformat(),
        "document_kept": "the client's file",
        "document_valid_until": (today + timedelta(days=90)).isoformat(),
        "reason": "Examined and written up.",
    }


def _whole_form(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Every question answered: what the client said, and no for what was left out; the age is known."""
    answers: dict[str, Mapping[str, Any]] = {}
    for item in builtin().items:
        if item != _AGE:
            answers[item] = given.get(item) or _nothing_wrong(item)
    return answers


def _nothing_wrong(item: str) -> Mapping[str, Any]:
    options = builtin().items[item].options
    return {"value": "no" if "no" in options else ["none"] if "none" in options else None}


def _to_be_assessed(state: PlanState) -> bool:
    needed = state.protocol.assessment_needed and state.assessment is None
    return needed and state.stage is Stage.active


def _looked_at(state: PlanState, alert: Alert) -> datetime:
    """An emergency is taken on within five minutes even at night; the rest in staffed time."""
    if alert.urgency in (Urgency.E0, Urgency.E1):
        return alert.opened_at + timedelta(minutes=5)
    return after_staffed(state.protocol.hours, alert.opened_at, _LOOKS_AFTER)
