"""The plan played forward: every text, session, review and step under "all goes as planned".

It uses the same agenda, the same commands and the same taper as the running plan, so the therapist approves
what will really happen. Nothing is stored and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from care.agenda import agenda, next_item, session_key
from care.driving import DrivenPlan, Recording, Sent
from care.local_time import out_of_quiet
from care.texts_agreed import reaches_client
from schemas.alerts import AlertReason
from schemas.base import Frozen, Instant
from schemas.commands import (
    CLIENT,
    Actor,
    CloseAlert,
    Command,
    DecideApproval,
    Decision,
    ReceiveText,
    RecordOutcome,
    Rescreen,
    Role,
)
from schemas.events import EventKind
from schemas.messages import CAN_WAIT
from schemas.plan import AgendaKind, PlanState, Session, SessionStatus
from schemas.prompts import Prompt, PromptKind
from schemas.protocol import ApprovalKind
from schemas.replies import Reading
from schemas.taper import Step
from schemas.transition import ReplyFinding, Transition

_THINKS_FOR = timedelta(minutes=30)
_BEST_PAIN = 1.0


class PlannedKind(StrEnum):
    """What a line of the preview is."""

    text = "text"
    session = "session"
    review = "review"
    decision = "decision"
    step = "step"
    end = "end"


class Planned(Frozen):
    """One line of the future: when, what, by which rule."""

    at: Instant
    kind: PlannedKind
    what: str
    rule: str
    session_no: int | None = None
    step: Step | None = None
    visits: tuple[Instant, ...] = ()


def preview(
    state: PlanState,
    now: datetime,
    weeks: int = 26,
    *,
    undecided: frozenset[ApprovalKind] = frozenset(),
) -> tuple[Planned, ...]:
    """What lies ahead of a plan, earliest first, for so many weeks or until discharge.

    Proposals of the kinds that stay `undecided` are not answered: the plan keeps to what it is.
    A plan that holds still block shows nothing beyond the texts and deadlines that wait for a person.
    """
    played = _Played(state, now, _DECIDED_AS_PLANNED - undecided)
    played.run(now + timedelta(weeks=weeks))
    return tuple(sorted(played.lines, key=lambda line: (line.at, line.kind is PlannedKind.end)))


class _Played(DrivenPlan):
    """The plan under "all goes as planned"; `refused_asks` are subjects that its guards keep from being settled."""

    def __init__(self, state: PlanState, now: datetime, decided: frozenset[ApprovalKind]) -> None:
        super().__init__(state, now)
        self._decided = decided
        self.lines: list[Planned] = []
        self.refused_asks: set[str] = set()
        therapist = state.protocol.therapist_id
        self.therapist = Actor(id=therapist, roles=(Role.treating_physiotherapist,))

    def run(self, until: datetime) -> None:
        """Play on until a moment, until the plan has ended, or until only a person's delay is left."""
        self.open()
        while not self.state.closed:
            self._answers()
            moment, act = self._next()
            if moment is None or moment > until or act is None:
                return
            self.now = max(self.now, moment)
            act()

    def recorded(self, step: Recording) -> None:
        """The events that a therapist wants to see ahead."""
        self.lines += _told(step.transition, step.now)

    def texted(self, text: Sent) -> None:
        """The texts that the client gets; pages to staff are no part of a plan that goes as planned."""
        order, hours = text.order, text.before.protocol.hours
        if reaches_client(text.before, order):
            self.lines.append(
                Planned(
                    at=out_of_quiet(hours, text.at) if order.purpose in CAN_WAIT else text.at,
                    kind=PlannedKind.text,
                    what=order.template,
                    rule=order.rule,
                    session_no=order.session_no,
                    visits=order.starts_at,
                )
            )

    # -- people, as planned -----------------------------------------------------------------------------

    def _answers(self) -> None:
        """Clients answer and therapists decide within the half hour."""
        while (asked := self._reply() or self._judgement()) is not None:
            self.now += _THINKS_FOR
            self._settle(*asked)

    def _settle(self, subject: str, command: Command, actor: Actor, finding: ReplyFinding | None) -> None:
        if self.ask(command, actor, finding) is not None:
            self.refused_asks.add(subject)

    def _reply(self) -> tuple[str, Command, Actor, ReplyFinding | None] | None:
        prompt = next(
            (p for p in self.state.prompts if p.expires_at > self.now + _THINKS_FOR and p.kind in _READINGS),
            None,
        )
        if prompt is None:
            return None
        reading = Reading.read(_READINGS[prompt.kind](self, prompt))
        text = ReceiveText.of(inbound_id=f"preview-{self.commands}")
        return prompt.key, text, CLIENT, ReplyFinding(reading=reading)

    def _judgement(self) -> tuple[str, Command, Actor, ReplyFinding | None] | None:
        for alert in self.state.alerts:
            if alert.id in self.refused_asks:
                continue
            if alert.reason is AlertReason.screening_expires:
                result = self.state.screening.result.but(evaluated_on=self.now.date())
                return alert.id, Rescreen(result=result), self.therapist, None
            if alert.reason in _SETTLED_AS_PLANNED:
                closing = CloseAlert(alert_id=alert.id, outcome="as planned", note_id="preview")
                return alert.id, closing, self.therapist, None
        for approval in self.state.approvals:
            if approval.kind in self._decided and approval.id not in self.refused_asks:
                decision = DecideApproval(approval_id=approval.id, decision=Decision.approve)
                return approval.id, decision, self.therapist, None
        return None

    def _next(self) -> tuple[datetime | None, Callable[[], None] | None]:
        """The next agenda item, or the end of the next session, whichever is first."""
        item = next_item(self.state)
        if item is not None and item.kind in _SOMEBODYS_DELAY:
            item = next((one for one in agenda(self.state) if one.kind not in _SOMEBODYS_DELAY), None)
        booked = [
            s
            for s in self.state.sessions
            if s.status is SessionStatus.booked and session_key(s) not in self.refused_asks
        ]
        session = min(booked, key=lambda s: s.starts_at, default=None)
        if session is not None:
            ends = session.starts_at + timedelta(minutes=session.minutes)
            if item is None or ends < item.due:
                return ends, lambda: self._attend(session)
        if item is None:
            return None, None
        return item.due, lambda: self.do(item)

    def _attend(self, session: Session) -> None:
        share = self._share()
        primary, pain = self.state.protocol.primary, self.state.protocol.pain_baseline
        outcome = RecordOutcome(
            session_no=session.no,
            outcome=SessionStatus.attended,
            pain=float(round(max(min(pain, _BEST_PAIN), pain - (pain - _BEST_PAIN) * min(1, 2 * share)))),
            primary=round(primary.baseline + (primary.target - primary.baseline) * share, 1),
        )
        self._settle(session_key(session), outcome, self.therapist, None)

    def _share(self) -> float:
        """How far a plan that keeps to its planned weeks has come."""
        started = self.state.progress.started_at or self.now
        return min(1.0, (self.now - started) / timedelta(weeks=self.state.protocol.planned_weeks))

    def expected_score(self, prompt: Prompt) -> int:
        """The answer of a client who gets on as planned."""
        if prompt.question == "CHK-HOME":
            return self.state.protocol.home_days_per_week
        if prompt.question == "CHK-FLARE":
            return 0
        if prompt.question in ("CHK-GOAL", "CHK-BETTER"):
            return round(5 + 4 * self._share())
        return round(max(_BEST_PAIN, 3 - 3 * self._share()))


def _told(transition: Transition, now: datetime) -> Iterator[Planned]:
    """The events of a step that a therapist wants to see ahead."""
    for event in transition.events:
        rule = event.rule or ""
        if event.kind is EventKind.outcome_recorded:
            number = event.facts["session"]
            session = next(s for s in transition.state.sessions if s.no == number)
            yield Planned(
                at=session.starts_at,
                kind=PlannedKind.session,
                what=f"session {session.no}",
                rule=f"taper_policy.ladder.{session.step}",
                session_no=session.no,
                step=session.step,
            )
        elif event.kind is EventKind.step_changed:
            yield Planned(
                at=now,
                kind=PlannedKind.step,
                what=f"{event.facts['was']} to {event.facts['now']}",
                rule=rule,
                step=transition.state.progress.step,
            )
        elif event.kind is EventKind.approval_opened and event.facts["decision_on"] == ApprovalKind.rescreen:
            yield Planned(at=now, kind=PlannedKind.review, what="screening is repeated", rule=rule)
        elif event.kind is EventKind.reviewed:
            yield Planned(
                at=now, kind=PlannedKind.review, what="review by the therapist", rule="review_after"
            )
        elif event.kind is EventKind.approval_decided:
            yield Planned(
                at=now,
                kind=PlannedKind.decision,
                what=f"{event.facts['decision_on']} approved",
                rule=rule or "P1",
            )
        elif event.kind is EventKind.stage_changed and transition.state.closed:
            yield Planned(at=now, kind=PlannedKind.end, what=transition.state.stage, rule=rule)


def _confirms(played: _Played, prompt: Prompt) -> dict[str, object]:
    return {"value": 1, "choice": 1}


def _no_change(played: _Played, prompt: Prompt) -> dict[str, object]:
    return {"yes_no": False}


def _scores(played: _Played, prompt: Prompt) -> dict[str, object]:
    return {"value": played.expected_score(prompt)}


def _the_first(played: _Played, prompt: Prompt) -> dict[str, object]:
    return {"option": 1}


_READINGS: dict[PromptKind, Callable[[_Played, Prompt], dict[str, object]]] = {
    PromptKind.confirm_session: _confirms,
    PromptKind.health_change: _no_change,
    PromptKind.score: _scores,
    PromptKind.which: _the_first,
}

_SETTLED_AS_PLANNED = frozenset(
    {
        AlertReason.review_due,
        AlertReason.short_course,
        AlertReason.taper_escalation,
        AlertReason.opted_out,
        AlertReason.outcome_missing,
    }
)

_SOMEBODYS_DELAY = frozenset(
    {
        AgendaKind.alert_escalation,
        AgendaKind.contact_overdue,
        AgendaKind.approval_reminder,
        AgendaKind.approval_escalation,
    }
)
"""What happens only when a person is late: no part of a plan that goes as planned."""

_DECIDED_AS_PLANNED = frozenset(
    {ApprovalKind.start, ApprovalKind.taper, ApprovalKind.discharge, ApprovalKind.resume}
)
