"""Reviews: what counts as change from one to the next, and that a plan looked at after two without any goes on."""

from __future__ import annotations

import pytest

from care.draft import Draft
from schemas.alerts import AlertReason
from schemas.commands import CloseAlert
from schemas.screening import Urgency
from tests.care.played_plan import PlayedPlan


def looked_at(plan: PlayedPlan) -> int:
    """The therapist looks at the plan; how many reviews in a row have now been without change."""
    draft = Draft(plan.state, plan.now, f"test:{plan.state.seq}")
    draft.raise_alert(AlertReason.review_due, Urgency.E3, "review_after")
    plan.commit(draft)
    return dealt_with(plan, AlertReason.review_due)


def dealt_with(plan: PlayedPlan, reason: AlertReason) -> int:
    """The therapist closes an alert; how many reviews in a row have now been without change."""
    plan.must(CloseAlert(alert_id=plan.alert(reason).id, outcome="seen"))
    return plan.state.progress.reviews_no_change


def reviewed_after(plan: PlayedPlan, goal_at_each_visit: list[float]) -> list[int]:
    """A review after every second visit; the goal stands at 3.5 when the plan begins and shall come to 8."""
    counted = []
    for number, goal in enumerate(goal_at_each_visit, start=1):
        plan.attend(number, primary=goal)
        if number % 2 == 0:
            counted.append(looked_at(plan))
    return counted


@pytest.mark.parametrize(
    ("goal_at_each_visit", "without_change"),
    [
        ([3.5, 3.5, 3.5, 3.5, 3.5, 3.5], [1, 2, 3]),
        ([3.5, 3.5, 4, 4.5, 5, 5.6], [1, 2, 0]),
        ([8, 8, 8, 8, 8, 8], [0, 0, 0]),
        ([7.8, 7.8, 7.8, 7.7, 7.8, 7.8], [0, 0, 0]),
    ],
    ids=["nothing moves", "slow steps add up", "the goal is reached", "nearly there, and kept"],
)
def test_a_review_is_without_change_only_where_the_client_has_not_come_as_far_as_expected_tap_dis_2(
    running: PlayedPlan, goal_at_each_visit: list[float], without_change: list[int]
) -> None:
    assert reviewed_after(running, goal_at_each_visit) == without_change


def test_after_the_therapist_has_decided_what_follows_no_change_the_next_two_reviews_count_afresh(
    running: PlayedPlan,
) -> None:
    assert reviewed_after(running, [3.5] * 4)[-1] == 2
    running.attend(5, primary=3.5)
    assert running.alert(AlertReason.taper_escalation).rule == "TAP-DIS-2"
    assert dealt_with(running, AlertReason.taper_escalation) == 0
    running.attend(6, primary=3.5)
    assert looked_at(running) == 1
