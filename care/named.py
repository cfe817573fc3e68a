"""What a command or an agenda item speaks of: it is in the plan, since its guard or the agenda has looked."""

from __future__ import annotations

from typing import TypeVar

from schemas.alerts import Alert
from schemas.plan import Approval, PlanState, Session

T = TypeVar("T")


def the_session(state: PlanState, number: int | None) -> Session:
    """The session with this number. KeyError if the plan has none."""
    return _there(state, state.session(number or 0), f"session {number}")


def the_alert(state: PlanState, alert_id: str | None) -> Alert:
    """The open alert with this id. KeyError if it is not open."""
    return _there(state, state.alert(alert_id or ""), f"open alert {alert_id}")


def the_approval(state: PlanState, approval_id: str | None) -> Approval:
    """The open approval with this id. KeyError if it is not open."""
    return _there(state, state.approval(approval_id or ""), f"open approval {approval_id}")


def _there(state: PlanState, found: T | None, what: str) -> T:
    if found is None:
        raise KeyError(f"plan {state.plan_id} has no {what}")
    return found
