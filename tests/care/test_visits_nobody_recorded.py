"""A clinic that does not record what became of its visits: asked once for each, and the plan goes on meanwhile."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from schemas.alerts import AlertReason
from schemas.commands import Reschedule
from schemas.events import EventKind
from schemas.protocol import ApprovalKind
from schemas.taper import Step
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan

HALF_A_YEAR = timedelta(weeks=26)


def test_visits_that_nobody_records_for_half_a_year_are_each_asked_about_once_and_the_plan_comes_to_rest() -> (
    None
):
    played = PlayedPlan(plan_for({}, start_step=Step.S0), NOW)
    played.approve(ApprovalKind.start)
    played.until(NOW + HALF_A_YEAR)
    asked = Counter(
        event.facts["session"]
        for event in played.events(EventKind.alert_raised)
        if event.facts["reason"] == AlertReason.outcome_missing
    )
    assert len(asked) > 40
    assert set(asked.values()) == {1}
    skipped = [str(event.facts["key"]) for event in played.events(EventKind.text_skipped)]
    assert not [key for key in skipped if key.startswith("s")]
    keys = [sent.order.key for sent in played.sent]
    assert len(keys) == len(set(keys))


def test_a_visit_without_an_outcome_hides_from_nobody_that_the_next_one_needs_its_questions_first(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(days=2))
    assert running.alert(AlertReason.outcome_missing).session_no == 1
    later = running.session(1).starts_at + timedelta(weeks=10)
    for number in (2, 3):
        running.must(Reschedule(session_no=number, starts_at=later + timedelta(weeks=number)))
    running.until(later + timedelta(weeks=2, days=-3))
    assert running.alert(AlertReason.screening_expires).session_no == 2
