"""A clinic and a client that behave at random, on a plan that is driven as its workflow drives it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from care.agenda import next_item
from care.driving import Recording, Sent
from care.number_alerts import number_alerts
from care.pack_change import judged_under
from care.regions import judged_for
from care.screening import screen_again
from care.start_condition import to_confirm
from schemas.commands import (
    CLIENT,
    AcknowledgeAlert,
    Actor,
    Amend,
    AnswerCheckIn,
    CancelSession,
    CloseAlert,
    Command,
    DecideApproval,
    Decision,
    FollowUpAdverseEvent,
    OverrideHold,
    PausePlan,
    ProtocolEdit,
    RecordAssessment,
    RecordOutcome,
    ReportAdverseEvent,
    Reschedule,
    Rescreen,
    ResumePlan,
    Role,
    TextFailed,
    Withdraw,
)
from schemas.messages import Audience
from schemas.plan import AHEAD, PlanState, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.screening import ScreeningResult
from schemas.taper import Step
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

_MANAGER = Actor(id="staff-3", roles=(Role.clinic_manager, Role.lead_physiotherapist))

_ODD_TEXTS = (
    "👍",
    "running late sorry",
    "ok",
    "ta",
    "99",
    "who is this",
    "...",
    "CANCEL",
    "2 weeks ago",
    "7/8",
)
_SAFETY_TEXTS = (
    "chest pain now",
    "I want to die",
    "my calf is swollen and hot",
    "numb around my bottom",
    "some tingling in my fingers",
    "10, but chest pain",
    "no chest pain, 3",
    "STOP I want to die",
    "I'm pregnant",
)
_RED_FLAG_FORMS: tuple[dict[str, dict[str, object]], ...] = (
    {"SCR-02": {"value": "new_or_worse"}},
    {"SCR-01": {"value": "checked"}},
    {"SCR-15": {"value": "unsure"}},
    {"SCR-08": {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-02-01"}},
)
_REGIONS = ("lumbar", "hip", "knee", "neck", "leg_whole")


@dataclass(frozen=True)
class Temper:
    """How this client and this clinic are: chances per look, and how long between looks."""

    looks_every: timedelta = timedelta(hours=9)
    answers: float = 0.7
    odd: float = 0.02
    red_flag: float = 0.004
    opts_out: float = 0.003
    staff_acts: float = 0.6
    steers: float = 0.02
    outage: float = 0.01
    slot_taken: float = 0.05
    text_fails: float = 0.02
    withdraws: float = 0.0005


class SimulatedClinic(PlayedPlan):
    """One plan's life under a temper; the same seed is the same life. Every step and text goes to the listeners."""

    def __init__(
        self,
        state: PlanState,
        now: datetime,
        temper: Temper,
        *,
        seed: int,
        recorded: Callable[[Recording], None],
        texted: Callable[[Sent], None],
    ) -> None:
        self.temper = temper
        self.rng = random.Random(seed)
        self._recorded = recorded
        self._texted = texted
        super().__init__(state, now, lambda one: self._chance(temper.slot_taken))

    def recorded(self, step: Recording) -> None:
        """Nothing is kept: a long life is a long story."""
        self._recorded(step)

    def texted(self, text: Sent) -> None:
        """Texts fail now and then."""
        self._texted(text)
        if text.order.audience is Audience.client and self._chance(self.temper.text_fails):
            self.text_fails(text.order, unknown=self._chance(0.5))

    def run(self, until: datetime) -> None:
        """Play until a day, or until nothing is left to do."""
        while self.now < until and not (self.state.closed and not self.state.alerts):
            self._let_time_pass()
            if self._chance(self.temper.outage):
                self.now += timedelta(days=self.rng.randint(1, 5))
            self.do_what_is_due()
            self._client_acts()
            self._staff_act()

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _let_time_pass(self) -> None:
        """Mostly to the next agenda item exactly, else to wherever the clinic looks up next."""
        step = timedelta(seconds=self.rng.expovariate(1 / self.temper.looks_every.total_seconds()))
        item = next_item(self.state)
        if item is not None and self._chance(0.6):
            self.now = max(self.now, min(item.due, self.now + 4 * step))
        else:
            self.now += step

    # -- the client ------------------------------------------------------------------------------------

    def _client_acts(self) -> None:
        temper = self.temper
        if self._chance(temper.red_flag):
            self.text(self.rng.choice(_SAFETY_TEXTS))
        if self._chance(temper.odd):
            self.text(self.rng.choice(_ODD_TEXTS))
        if self._chance(temper.opts_out if self.state.texts_on else 0.1):
            self.text("STOP" if self.state.texts_on else "START")
        if self.state.prompts and self._chance(temper.answers):
            self.text(self._answer(self.rng.choice(self.state.prompts).question))
        if self._chance(temper.withdraws):
            self.ask(Withdraw(), CLIENT)

    def _answer(self, question: str | None) -> str:
        if question is None:
            return self.rng.choices(("1", "2", "3", "1, 2", "A", "B"), (20, 2, 2, 1, 2, 2))[0]
        if question == "CHK-CHANGE":
            return self.rng.choices(("NO", "yes", "I have a new medicine"), (20, 1, 1))[0]
        return str(self.rng.choices(range(11), (3, 6, 6, 5, 4, 3, 2, 2, 1, 1, 1))[0])

    # -- staff -----------------------------------------------------------------------------------------

    def _staff_act(self) -> None:
        for session in self.state.sessions:
            begun = session.status is SessionStatus.booked and session.starts_at <= self.now
            if begun and self._chance(self.temper.staff_acts):
                self._record(session.no)
        if not self._chance(self.temper.staff_acts):
            return
        for approval in self.state.approvals:
            if self._chance(0.4):
                self._judge(approval.id, approval.kind)
        for alert in self.state.alerts:
            if self._chance(0.4):
                actor = self.rng.choice((THERAPIST, FRONT_DESK))
                self.ask(AcknowledgeAlert(alert_id=alert.id), actor)
            if self._chance(0.4):
                actor = self.rng.choice((THERAPIST, THERAPIST, FRONT_DESK))
                note = self.rng.choice(("note", None))
                self.ask(CloseAlert(alert_id=alert.id, outcome="seen", note_id=note), actor)
        if self.state.screening.repeat_items or self._old_screening():
            self.ask(self._rescreen({}), FRONT_DESK)
        if self._chance(self.temper.steers):
            self._steer()

    def _old_screening(self) -> bool:
        return self.state.screening.valid_until <= self.now.date() and self._chance(0.3)

    def _record(self, number: int) -> None:
        outcome = self.rng.choices(
            (SessionStatus.attended, SessionStatus.no_show, SessionStatus.late_cancel), (12, 2, 1)
        )[0]
        attended = outcome is SessionStatus.attended
        measured = attended and self._chance(0.9)
        command = RecordOutcome.read(
            {
                "session_no": number,
                "outcome": outcome,
                "pain": self.rng.choice((0, 1, 2, 3, 3, 5)) if measured else None,
                "primary": self.rng.choice((4, 5, 6, 7, 8, 8)) if measured else None,
                **(
                    {"day_check": ("DAY-02",), "repeat_items": ("SCR-02", "SCR-15")}
                    if self._chance(0.02)
                    else {}
                ),
                **({"not_asked": ("DAY-01", "DAY-05")} if attended and self._chance(0.1) else {}),
            }
        )
        self.ask(command)

    def _judge(self, approval_id: str, kind: ApprovalKind) -> None:
        decision = self.rng.choices((Decision.approve, Decision.edit, Decision.reject), (8, 1, 1))[0]
        if kind in (ApprovalKind.start, ApprovalKind.clearance) and self._chance(0.9):
            decision = Decision.approve
        step = self.rng.choice((None, *Step)) if decision is Decision.edit else None
        until = self.now.date() + timedelta(days=self.rng.choice((20, 90, 200)))
        asked = self.state.approval(approval_id)
        confirmed = to_confirm(self.state, asked) if asked and kind is ApprovalKind.clearance else None
        command = DecideApproval(
            approval_id=approval_id,
            decision=decision,
            reason_id=self.rng.choice(("why", None)),
            step=step if kind is not ApprovalKind.start else None,
            document_valid_until=until if kind is ApprovalKind.clearance else None,
            confirmed=confirmed if confirmed and self._chance(0.7) else None,
        )
        self.ask(command, self.rng.choice((THERAPIST, THERAPIST, FRONT_DESK)))

    def _steer(self) -> None:
        """Whatever else staff may ask of a plan, most of it refused most of the time."""
        rng = self.rng
        soon = self.now + timedelta(hours=rng.randint(1, 24 * 42))
        numbers = [s.no for s in self.state.sessions if s.status in AHEAD] or [1]
        number = rng.choice(numbers)
        edits: tuple[dict[str, Any], ...] = (
            {"therapist_id": f"staff-{rng.randint(0, 3)}"},
            {"start_step": rng.choice(tuple(Step))},
            {"first_session_at": soon},
            {"session_minutes": rng.choice((30, 60))},
        )
        commands: tuple[Command, ...] = (
            Reschedule(session_no=number, starts_at=soon),
            CancelSession(session_no=number, by_clinic=self._chance(0.5)),
            PausePlan(until=rng.choice((None, soon))),
            ResumePlan(),
            Amend(edit=ProtocolEdit(**rng.choice(edits)), reason_id="why"),
            self._treat_elsewhere(),
            self._rescreen(rng.choice(_RED_FLAG_FORMS)),
            self._rescreen({}),
            TextFailed(message_key=f"k{self.state.seq}", error_class="bad_number"),
            *self._at_the_table(),
        )
        self.ask(rng.choice(commands), rng.choice((THERAPIST, FRONT_DESK, _MANAGER)))

    def _at_the_table(self) -> tuple[Command, ...]:
        """Assessments, unwanted effects and their follow-up, telephone check-ins, overrides."""
        rng, state = self.rng, self.state
        grade = rng.choices(range(5), (8, 4, 2, 1, 1))[0]
        open_events = [event.id for event in state.adverse] or ["none"]
        holds = [held.key for held in state.screening.holds] or ["none"]
        pain = number_alerts(self.pack, "CHK-PAIN", 9)
        outcome = rng.choices(tuple(AssessmentOutcome), (6, 2, 1, 1))[0]
        return (
            RecordAssessment(outcome=outcome, items=("PA-01",)),
            ReportAdverseEvent(grade=grade, software_contributed=self._chance(0.2)),
            *(
                FollowUpAdverseEvent(
                    event_id=rng.choice(open_events),
                    examined=True,
                    client_told=True,
                    resolved=self._chance(0.7),
                )
                for _ in range(3)
            ),
            AnswerCheckIn(question="CHK-PAIN", value=9, alerts=pain),
            OverrideHold(hold_key=rng.choice(holds), reason_id="why"),
            judged_under(self.pack, state, rng.choice(_RED_FLAG_FORMS), self.now.date()),
        )

    def _treat_elsewhere(self) -> Amend:
        wanted = tuple(self.rng.sample(_REGIONS, self.rng.randint(1, 3)))
        regions = judged_for(self.pack, self.state, ALL_CLEAR, wanted, self.now.date())
        return Amend(edit=ProtocolEdit(), reason_id="why", regions=regions)

    def _rescreen(self, answers: dict[str, dict[str, object]]) -> Rescreen:
        return Rescreen(
            result=self._screened(answers), items=() if self._chance(0.7) else tuple(answers) or ("SCR-01",)
        )

    def _screened(self, answers: dict[str, dict[str, object]]) -> ScreeningResult:
        form = {**ALL_CLEAR, **answers}
        return screen_again(self.pack, form, self.now.date(), self.state.protocol)
