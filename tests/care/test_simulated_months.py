"""What holds in every plan's life, whatever client and clinic do: months of random care, checked step by step."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.agenda import agenda, next_item
from care.agenda_texts import texts_flow
from care.deciding import decide
from care.driving import Recording, Sent
from care.guards import refuse
from care.local_time import is_quiet, local_day, out_of_quiet
from care.opening import blocking
from care.pack import builtin
from care.start_condition import unmet
from schemas.commands import (
    CLIENT,
    Amend,
    CommandEnvelope,
    DecideApproval,
    ReceiveText,
    Reschedule,
    ResumePlan,
    Withdraw,
)
from schemas.events import EventKind
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import (
    AHEAD,
    SLOT_TAKING,
    TEXT_KINDS,
    AgendaKind,
    PlanState,
    SessionStatus,
    Stage,
)
from schemas.protocol import OpeningSpan, SiteHours
from schemas.screening import URGENT
from tests.care.plans import NOW, plan_for
from tests.care.simulated_clinic import SimulatedClinic, Temper

ROUTINE = frozenset({TextPurpose.reminder, TextPurpose.question})
ESCALATES = frozenset({AgendaKind.alert_escalation, AgendaKind.contact_overdue})
LARGEST_STATE = 60_000

FORMS: tuple[dict[str, dict[str, object]], ...] = (
    {},
    {},
    {},
    {"SCR-17": {"value": ["none"]}, "SCR-01": {"value": "checked"}},
    {"SCR-02": {"value": "new_or_worse"}},
    {"SCR-15": {"value": "unsure"}},
    {"SCR-10": {"value": "yes"}},
)


def site(zone: str) -> SiteHours:
    """A clinic open on weekdays and Saturday mornings, with a closed week."""
    weekdays = tuple(OpeningSpan(weekday=day, opens=time(8), closes=time(18)) for day in range(5))
    return SiteHours(
        zone=zone,
        spans=(*weekdays, OpeningSpan(weekday=5, opens=time(9), closes=time(12))),
        closed_on=tuple(date(2026, 4, 3) + timedelta(days=offset) for offset in range(5)),
    )


class Watching:
    """The invariants, checked as the plan lives."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.person_placed: set[int] = set()
        self.steps = 0

    # -- every recorded step ------------------------------------------------------------------------

    def recorded(self, step: Recording) -> None:
        """One transition against everything that must hold."""
        before, after = step.before, step.transition.state
        self.steps += 1
        assert after.seq == before.seq + 1
        self._note_placed(step)
        self._somebody_owns_what_comes_next(after)
        self._only_clinicians_decide(step)
        self._nothing_urgent_is_lost(step)
        self._no_emergency_lies_unseen_for_a_day(after, step.now)
        self._emergencies_stop_the_plan(before, after)
        self._a_closed_plan_is_silent(step)
        self._sessions_keep_apart(before, after, step.now)
        self._nothing_is_placed_on_a_closed_day(step)
        if self.steps % 10 == 0:
            self._the_state_travels(after)
            self._withdrawing_always_works(after, step.now)
            self._deciding_changes_nothing_else(step)

    def _note_placed(self, step: Recording) -> None:
        if step.envelope is not None and isinstance(step.envelope.command, Reschedule):
            self.person_placed.add(step.envelope.command.session_no)

    def _somebody_owns_what_comes_next(self, after: PlanState) -> None:
        items = agenda(after)
        assert next_item(after) == next(iter(items), None)
        assert after.closed or items, f"an orphan in {after.stage}"
        assert all(item.owner for item in items)
        assert len({item.key for item in items}) == len(items)
        for item in items:
            if item.kind in TEXT_KINDS:
                assert not is_quiet(after.protocol.hours, item.due), item
        assert len(after.as_json()) < LARGEST_STATE
        if texts_flow(after):
            asked = {one.ask for one in after.protocol.routine if after.progress.step in one.every_days}
            assert asked <= {item.subject for item in items}, "a question of the schedule has no turn"

    def _only_clinicians_decide(self, step: Recording) -> None:
        before, after = step.before, step.transition.state
        command = step.envelope.command if step.envelope else None
        decides = step.envelope is not None and step.envelope.actor.decides
        if after.progress.step is not before.progress.step and before.progress.started_at is not None:
            assert decides and isinstance(command, DecideApproval | Amend)
        if before.stage is not after.stage:
            if after.stage is Stage.active:
                assert decides and isinstance(command, DecideApproval | ResumePlan)
            if after.stage in (Stage.discharged, Stage.declined):
                assert decides and isinstance(command, DecideApproval)
            if after.stage is Stage.withdrawn:
                assert isinstance(command, Withdraw)

    def _nothing_urgent_is_lost(self, step: Recording) -> None:
        before, after = step.before, step.transition.state
        now_open = {alert.id: alert for alert in after.alerts}
        closed = {one.alert_id for one in step.transition.closed_alerts}
        for alert in before.alerts:
            assert alert.id in now_open or alert.id in closed
            if alert.id in now_open:
                assert now_open[alert.id].urgency.rank <= alert.urgency.rank
        decided = {one.approval_id for one in step.transition.closed_approvals}
        still = {approval.id for approval in after.approvals}
        assert {approval.id for approval in before.approvals} <= still | decided

    def _no_emergency_lies_unseen_for_a_day(self, after: PlanState, now: datetime) -> None:
        """Also while the site is closed: the next of the chain is paged within a day, or 25 hours in autumn."""
        due = {item.subject: item.due for item in agenda(after) if item.kind in ESCALATES}
        for alert in after.alerts:
            if alert.urgency in URGENT and alert.acknowledged_at is None:
                assert due[alert.id] <= now + timedelta(hours=25), alert

    def _emergencies_stop_the_plan(self, before: PlanState, after: PlanState) -> None:
        if after.stage is Stage.active:
            assert after.safe_to_start, "active with an emergency open"
            assert not blocking(after) and not after.screening.repeat_items
            assert not unmet(builtin(), after), "active before its start condition is met"
        known = {alert.id for alert in before.alerts}
        if any(alert.urgency in URGENT and alert.id not in known for alert in after.alerts):
            assert after.stage is not Stage.active
        if after.stage is Stage.suspended and after.pause is not None and after.pause.safety:
            coming = [s for s in after.sessions if s.starts_at > after.pause.since]
            assert not after.prompts
            assert all(
                s.status is not SessionStatus.booked or _outcome_due(s.starts_at, after) for s in coming
            )

    def _a_closed_plan_is_silent(self, step: Recording) -> None:
        before, after = step.before, step.transition.state
        if not after.closed:
            return
        told = [order for order in step.transition.texts if order.audience is Audience.client]
        answered = step.envelope is not None and isinstance(step.envelope.command, ReceiveText)
        for order in told:
            closing = order.purpose is TextPurpose.closing and not before.closed
            assert closing or (order.purpose is TextPurpose.safety and answered), order
        assert not after.prompts and not after.approvals
        assert not step.transition.place
        assert all(s.starts_at <= step.now for s in after.sessions if s.status in SLOT_TAKING)

    def _sessions_keep_apart(self, before: PlanState, after: PlanState, now: datetime) -> None:
        taking = sorted(
            (s for s in after.sessions if s.status in SLOT_TAKING), key=lambda s: (s.starts_at, s.no)
        )
        for one, other in pairwise(taking):
            assert one.starts_at + timedelta(minutes=one.minutes) <= other.starts_at, (one, other)
            if {one.no, other.no} & self.person_placed or other.starts_at <= now:
                continue
            hours, rung = after.protocol.hours, after.protocol.taper.rung(other.step)
            gap = local_day(hours, other.starts_at) - local_day(hours, one.starts_at)
            assert gap.days >= int(rung.min_gap_days), (one, other)
        kept = {s.no for s in after.sessions}
        assert all(s.no in kept for s in before.sessions if s.status in AHEAD)

    def _nothing_is_placed_on_a_closed_day(self, step: Recording) -> None:
        hours = step.before.protocol.hours
        for event in step.transition.events:
            if event.kind is EventKind.session_placed:
                starts_at = datetime.fromisoformat(str(event.facts["starts_at"]))
                assert local_day(hours, starts_at) not in hours.closed_on

    def _the_state_travels(self, after: PlanState) -> None:
        travelled = PlanState.read_json(after.as_json())
        assert travelled == after
        assert agenda(travelled) == agenda(after)

    def _withdrawing_always_works(self, after: PlanState, now: datetime) -> None:
        if after.closed:
            return
        envelope = CommandEnvelope(command_id="stop", actor=CLIENT, command=Withdraw())
        assert refuse(after, envelope, now) is None
        assert decide(after, envelope, now).finish().state.stage is Stage.withdrawn

    def _deciding_changes_nothing_else(self, step: Recording) -> None:
        if step.envelope is None or isinstance(step.envelope.command, ReceiveText):
            return
        before = step.before.as_json()
        first = decide(step.before, step.envelope, step.now).finish()
        again = decide(step.before, step.envelope, step.now).finish()
        assert first == again
        assert step.before.as_json() == before

    # -- every text ---------------------------------------------------------------------------------

    def texted(self, sent: Sent) -> None:
        """One text on its way."""
        before, order, now = sent.before, sent.order, sent.at
        assert order.key not in self.keys, order.key
        self.keys.add(order.key)
        if order.audience is Audience.staff:
            return
        if order.purpose in ROUTINE and order.template != "MSG-REASK":
            assert before.stage is Stage.active and before.takes_texts
        if order.purpose is TextPurpose.reminder:
            sent_at = out_of_quiet(before.protocol.hours, now)
            assert order.expires_at < order.starts_at[0]
            assert sent_at < order.starts_at[0] or sent_at >= order.expires_at
        self._within_the_budget(before, order, now)

    def _within_the_budget(self, before: PlanState, order: TextOrder, now: datetime) -> None:
        """A question that comes by the calendar is never more than the budget's last in 7 days in a row."""
        item = next((one for one in agenda(before) if one.key == order.agenda_key), None)
        if item is None or item.kind is not AgendaKind.routine_question or item.session_no is not None:
            return
        hours = before.protocol.hours
        first_day = local_day(hours, item.due) - timedelta(days=6)
        sent = [at for _, at in before.routine_sent if first_day <= local_day(hours, at)]
        assert len(sent) < before.protocol.max_routine_per_7_days


def _outcome_due(starts_at: datetime, state: PlanState) -> bool:
    """A visit that had begun when the plan was stopped."""
    return state.pause is not None and starts_at <= state.pause.since


@given(
    seed=st.integers(0, 2**32 - 1),
    form=st.sampled_from(FORMS),
    profile=st.sampled_from(("chronic_tension", "post_surgical")),
    zone=st.sampled_from(("Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York")),
    temper=st.builds(
        Temper,
        answers=st.sampled_from((0.0, 0.3, 0.9)),
        red_flag=st.sampled_from((0.0, 0.005, 0.03)),
        odd=st.sampled_from((0.0, 0.05)),
        staff_acts=st.sampled_from((0.02, 0.3, 0.8)),
        steers=st.sampled_from((0.0, 0.05, 0.3)),
        outage=st.sampled_from((0.0, 0.02)),
        slot_taken=st.sampled_from((0.0, 0.3)),
        text_fails=st.sampled_from((0.0, 0.1)),
    ),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_in_half_a_year_a_plan_keeps_its_promises(
    seed: int, form: dict[str, dict[str, object]], profile: str, zone: str, temper: Temper
) -> None:
    """No orphan, no lost alert, no text at night, no session in an emergency, no decision by software."""
    watching = Watching()
    plan = plan_for(form, profile=profile, hours=site(zone))
    life = SimulatedClinic(plan, NOW, temper, seed=seed, recorded=watching.recorded, texted=watching.texted)
    life.run(NOW + timedelta(weeks=26))
