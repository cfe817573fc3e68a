"""A client who gets better and answers everything, up to the taper's next proposal."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas.commands import CloseAlert
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan


def with_proposal(kind: ApprovalKind) -> PlayedPlan:
    """A running plan in which the taper has just proposed a step down, or discharge."""
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    number = 0
    while not any(a.kind is kind for a in played.state.approvals):
        number += 1
        for approval in played.state.approvals:
            played.approve(approval.kind)
        answer_everything(played, played.session(number).starts_at)
        for alert in played.state.alerts:
            played.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"))
        played.attend(number, pain=1, primary=8)
    return played


def answer_everything(played: PlayedPlan, moment: datetime) -> None:
    """The client answers every question well, within the hour."""
    answers = {"CHK-HOME": "7", "CHK-FLARE": "0", "CHK-GOAL": "9", "CHK-BETTER": "9", "CHK-CHANGE": "NO"}
    while played.now < moment:
        played.until(min(moment, played.now + timedelta(hours=1)))
        for prompt in played.state.prompts:
            if prompt.question is not None:
                played.text(answers.get(prompt.question, "0"))
