"""What must hold at every step of every plan, whatever client and clinic do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from care.agenda import next_item
from care.contact_budget import BUDGET_WINDOW
from care.driving import Recording, Sent
from care.local_time import is_quiet, local_day
from schemas.alerts import Alert, AlertReason
from schemas.commands import ReceiveText
from schemas.messages import Audience, TextPurpose
from schemas.plan import PlanState, Stage

_SIX_WEEKS = timedelta(weeks=6)
_ACTIVE, _REMINDER = Stage.active, TextPurpose.reminder  # looked at for every text


def _somebody_has_the_next_step(step: Recording) -> bool:
    state = step.transition.state
    return state.closed or next_item(state) is not None


def _a_closed_plan_orders_nothing(step: Recording) -> bool:
    """An ended plan books nothing and tells its client nothing, but for an answer about safety."""
    if not step.before.closed:
        return True
    answered = step.envelope is not None and isinstance(step.envelope.command, ReceiveText)
    told = (order for order in step.transition.texts if order.audience is Audience.client)
    return not step.transition.place and all(
        answered and order.purpose is TextPurpose.safety for order in told
    )


def _an_emergency_suspends(step: Recording) -> bool:
    state = step.transition.state
    return state.stage is not _ACTIVE or state.safe_to_start


def _no_alert_vanishes(step: Recording) -> bool:
    before, after = step.before.alerts, step.transition.state.alerts
    if before is after:
        return True
    closed = [one.alert_id for one in step.transition.closed_alerts]
    return not [one for one in before if one.id not in closed and _vanishes(one, after)]


def _vanishes(alert: Alert, after: tuple[Alert, ...]) -> bool:
    """Whether an alert is gone, or less urgent than it was."""
    for one in after:
        if one.id == alert.id:
            return one.urgency.rank > alert.urgency.rank
    return True


def _no_visit_is_forgotten(step: Recording) -> bool:
    """Who is asked for the outcome of a visit is asked until it is recorded, or the plan has ended."""
    if not step.transition.closed_alerts:
        return True
    after, closed = step.transition.state, {one.alert_id for one in step.transition.closed_alerts}
    asked = (a for a in step.before.alerts if a.reason is AlertReason.outcome_missing and a.id in closed)
    visits = [after.session(alert.session_no) for alert in asked]
    return after.closed or not any(visit and visit.awaits_outcome(step.now) for visit in visits)


def _only_a_person_starts_or_tapers(step: Recording) -> bool:
    before, after = step.before, step.transition.state
    moved = after.progress.step is not before.progress.step and before.progress.started_at is not None
    begun = after.stage is not before.stage and after.stage is _ACTIVE
    if not (moved or begun):
        return True
    return step.envelope is not None and step.envelope.actor.decides


STEPS: dict[str, Callable[[Recording], bool]] = {
    "somebody has the next step (no orphans)": _somebody_has_the_next_step,
    "a closed plan orders nothing": _a_closed_plan_orders_nothing,
    "E0 and E1 suspend (MID-1)": _an_emergency_suspends,
    "no alert vanishes without a close (REQ-13)": _no_alert_vanishes,
    "no visit without an outcome is forgotten": _no_visit_is_forgotten,
    "only a physiotherapist starts a plan or changes its step (P1)": _only_a_person_starts_or_tapers,
}


def at_rest(before: PlanState, after: PlanState) -> bool:
    """Whether a plan that goes on kept its stage, its step and its alerts: such a step breaks no promise."""
    return (
        after.alerts is before.alerts
        and after.stage is before.stage
        and after.progress.step is before.progress.step
        and next_item(after) is not None
        and not before.closed
    )


def _within_the_budget(text: Sent) -> bool:
    """A question that comes by the calendar is never more than the budget's last in 7 days in a row."""
    order = text.order
    if order.session_no is not None or order.asking is None or order.asking.routine is None:
        return True
    sent, protocol = text.before.routine_sent, text.before.protocol
    budget, hours = protocol.max_routine_per_7_days, protocol.hours
    if len(sent) < budget:
        return True
    return local_day(hours, sent[-budget][1]) + BUDGET_WINDOW <= local_day(hours, order.due_at or text.at)


def _at_no_time_of_night(text: Sent) -> bool:
    return not is_quiet(text.before.protocol.hours, text.at)


def _no_reminder_after_the_start(text: Sent) -> bool:
    order = text.order
    return order.purpose is not _REMINDER or order.starts_at[0] > text.at


def _to_active_plans(text: Sent) -> bool:
    return text.before.stage is _ACTIVE and text.before.takes_texts


PLANNED_TEXTS: dict[str, Callable[[Sent], bool]] = {
    "the contact budget holds": _within_the_budget,
    "no planned text in quiet hours": _at_no_time_of_night,
    "no reminder after the start": _no_reminder_after_the_start,
    "routine texts go to active plans whose client wants them": _to_active_plans,
}
"""What each text that the agenda plans must keep. Only what has just happened may be answered at any time."""


def broken_by_step(step: Recording) -> list[str]:
    """The promises that this step breaks; none for a plan `at_rest`."""
    return [name for name, holds in STEPS.items() if not holds(step)]


class CheckInsAsked:
    """When each check-in of the calendar was last asked of one client."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}

    def broken_by(self, text: Sent, question: str) -> list[str]:
        """Whether another has waited too long when this one is asked: six weeks more than twice its interval.

        Counted while texts flow and the plan keeps its step.
        """
        state = text.before
        self._at[question] = text.at
        progress, long_ago = state.progress, text.at - _SIX_WEEKS
        flows = max(progress.step_entered_at, state.texts_since or progress.step_entered_at)
        broken: list[str] = []
        if flows > long_ago:
            return broken
        for one in state.protocol.routine:
            asked_at = self._at.get(one.ask, flows)
            if asked_at >= long_ago:  # as most of them: no interval is less than none
                continue
            days = one.every_days.get(progress.step)
            if days is not None and max(asked_at, flows) < long_ago - timedelta(days=2 * days):
                broken.append("no check-in is pushed for ever (SCH-3 … SCH-6)")
        return broken


def broken_by_text(text: Sent, asked: CheckInsAsked) -> list[str]:
    """The promises that a text of the agenda breaks; `asked` is what its client was asked before, and notes it."""
    broken = [name for name, holds in PLANNED_TEXTS.items() if not holds(text)]
    asking = text.order.asking
    if asking is not None and asking.routine is not None:
        broken += asked.broken_by(text, asking.routine)
    return broken
