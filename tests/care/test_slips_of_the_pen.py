"""A year or a number that nobody can mean is refused, and nothing changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.commands import (
    Amend,
    Command,
    DecideApproval,
    Decision,
    PausePlan,
    ProtocolEdit,
    RecordOutcome,
    Reschedule,
)
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan

WRONG_YEAR = datetime(2062, 3, 17, 10, tzinfo=UTC)
LAST_OF_ALL = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("moment", [WRONG_YEAR, LAST_OF_ALL])
@pytest.mark.parametrize(
    "meant",
    [
        lambda at: Reschedule(session_no=1, starts_at=at),
        lambda at: PausePlan(until=at),
        lambda at: Amend(edit=ProtocolEdit(first_session_at=at), reason_id="why"),
    ],
)
def test_a_day_years_ahead_is_taken_for_a_slip_since_the_series_would_follow_it(
    running: PlayedPlan, meant: Any, moment: datetime
) -> None:
    before = running.state
    command: Command = meant(moment)
    refusal = running.ask(command)
    assert refusal is not None
    assert refusal.code == "too_far_ahead"
    assert str(moment.year) in refusal.sentence
    assert running.state is before


def test_a_year_away_is_not_a_slip(running: PlayedPlan) -> None:
    running.must(PausePlan(until=running.now + timedelta(days=365)))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_no_record_could_hold_never_reaches_a_plan(number: str) -> None:
    with pytest.raises(ValidationError):
        RecordOutcome.read({"session_no": 1, "outcome": "attended", "primary": number})
    with pytest.raises(ValidationError):
        ProtocolEdit.model_validate({"primary": {"code": "PSFS", "baseline": 3, "target": number, "mcid": 2}})


def test_a_start_years_ahead_is_not_approved() -> None:
    played = PlayedPlan(plan_for({}), NOW)
    refusal = played.ask(_edited_start(played, WRONG_YEAR))
    assert refusal is not None
    assert refusal.code == "too_far_ahead"
    played.must(_edited_start(played, NOW + timedelta(days=30)))


def _edited_start(played: PlayedPlan, first: datetime) -> Command:
    return DecideApproval(
        approval_id=played.approval(ApprovalKind.start).id,
        decision=Decision.edit,
        reason_id="why",
        edit=ProtocolEdit(first_session_at=first),
    )
