"""Nobody is treated on an old screening: the form before the first session, and after gaps (gap_rules)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from care import pack as packs
from care.agenda import agenda
from care.screening import screen
from care.screening_age import FORM_RULE, GAP_RULE
from schemas.alerts import AlertReason
from schemas.commands import PausePlan, RecordAssessment, RecordOutcome, Rescreen, ResumePlan
from schemas.plan import AgendaKind, Session, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

SHORT, FULL = packs.builtin().disposition_algebra.expiry.gap_rules


@pytest.fixture
def running() -> PlayedPlan:
    """A plan in which the first visit has taken place."""
    played = PlayedPlan(plan_for({}, assessment_needed=True), NOW)
    played.approve(ApprovalKind.start)
    done = RecordAssessment(outcome=AssessmentOutcome.suitable, items=("PA-01",))
    played.until(played.session(1).starts_at)
    played.must(done)
    played.attend(1)
    return played


def screened_again(
    played: PlayedPlan, items: tuple[str, ...] = (), answers: dict[str, dict[str, object]] | None = None
) -> None:
    form = {**ALL_CLEAR, **(answers or {})}
    result = screen(packs.builtin(), form, played.now.date(), played.state.protocol.target_regions)
    played.must(Rescreen(result=result, items=items), FRONT_DESK)


def after_gap(played: PlayedPlan, days: int) -> Session:
    """The client was away for so many days; the plan goes on with the next visit, more than a week on."""
    back = played.now + timedelta(days=days)
    played.must(PausePlan(until=back))
    played.until(back)
    played.must(ResumePlan())
    return min(
        (s for s in played.state.sessions if s.status is SessionStatus.booked), key=lambda s: s.starts_at
    )


def recorded_now(session: Session) -> RecordOutcome:
    return RecordOutcome(session_no=session.no, outcome=SessionStatus.attended, pain=2)


def test_a_form_older_than_fourteen_days_is_asked_again_before_the_first_session() -> None:
    late = datetime(2026, 3, 24, 10, 0, tzinfo=UTC)
    played = PlayedPlan(plan_for({}, first_session_at=late), NOW)
    played.approve(ApprovalKind.start)
    first = played.session(1)
    played.until(first.starts_at + timedelta(minutes=50))
    assert played.alert(AlertReason.screening_expires).rule == FORM_RULE
    refusal = played.ask(recorded_now(first))
    assert refusal is not None and refusal.code == "rescreen_needed" and FORM_RULE in refusal.sentence
    screened_again(played)
    assert not played.has_alert(AlertReason.screening_expires)
    played.must(recorded_now(first))


def test_after_more_than_28_days_the_short_list_is_asked_again_a_week_before_the_session(
    running: PlayedPlan,
) -> None:
    session = after_gap(running, 32)
    running.until(session.starts_at + timedelta(minutes=50))
    alert = running.alert(AlertReason.screening_expires)
    assert alert.rule == GAP_RULE and alert.screening_items == SHORT.items
    assert alert.opened_at < session.starts_at
    refusal = running.ask(recorded_now(session))
    assert refusal is not None and "SCR-09" in refusal.sentence
    screened_again(running, items=SHORT.items)
    running.must(recorded_now(session))
    assert running.state.assessment is not None, "a short gap needs no new assessment"


def test_a_few_other_questions_do_not_stand_in_for_the_short_list(running: PlayedPlan) -> None:
    session = after_gap(running, 32)
    running.until(session.starts_at + timedelta(minutes=50))
    screened_again(running, items=("SCR-02", "SCR-15"))
    assert running.has_alert(AlertReason.screening_expires)
    assert running.ask(recorded_now(session)) is not None


def test_after_more_than_90_days_the_whole_form_and_the_assessment_come_again(running: PlayedPlan) -> None:
    session = after_gap(running, 95)
    running.until(session.starts_at + timedelta(minutes=50))
    assert running.state.assessment is None
    assert running.has_alert(AlertReason.assessment_missing)
    screened_again(running, items=SHORT.items)
    assert running.ask(recorded_now(session)) is not None, "the short list is not enough after 90 days"
    screened_again(running)
    running.must(recorded_now(session))


def test_weekly_visits_are_never_interrupted_by_gap_questions(running: PlayedPlan) -> None:
    for number in (2, 3, 4):
        running.attend(number)
    assert AgendaKind.screening_too_old not in {item.kind for item in agenda(running.state)}
    assert not running.has_alert(AlertReason.screening_expires)


@pytest.mark.parametrize(
    ("answers", "overall", "days"),
    [
        ({}, Disposition.clear, 180),
        ({"SCR-12": {"value": ["told_osteoporosis"]}}, Disposition.modify, 90),
    ],
)
def test_a_repeated_screening_counts_as_long_as_what_it_came_to(
    running: PlayedPlan, answers: dict[str, dict[str, object]], overall: Disposition, days: int
) -> None:
    today: date = running.now.date()
    screened_again(running, answers=answers)
    assert running.state.screening.overall is overall
    assert running.state.screening.valid_until == today + timedelta(days=days)
