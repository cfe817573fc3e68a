"""A number that a client tells somebody, on the telephone or at the desk, looked at as a texted one is."""

from __future__ import annotations

from care.answers import reply_question
from care.finding import Reader, finding
from schemas.number_alerts import NumberAlert
from schemas.plan import PlanState
from schemas.rules import RulePack


def alerts_of(
    pack: RulePack, state: PlanState, question: str, value: int, reader: Reader | None = None
) -> tuple[NumberAlert, ...]:
    """What the number raises, compared with the plan's own scores (AL-01 … AL-11)."""
    asked = reply_question(state, "told", (question,))
    return finding(pack, str(value), asked, reader).alerts.get(question, ())
