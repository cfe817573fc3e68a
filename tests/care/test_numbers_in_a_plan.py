"""Numbers that clients tell: what they are compared with, how soon somebody rings, and what stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care.answers import reply_question
from care.number_told import alerts_of
from care.pack import builtin_text, parse
from schemas.commands import AnswerCheckIn, RecordOutcome
from schemas.goals import Measure
from schemas.messages import TextPurpose
from schemas.number_alerts import NumberAlert
from schemas.plan import SessionStatus, Stage
from schemas.prompts import Prompt, PromptKind
from schemas.protocol import ApprovalKind
from schemas.rules import RulePack
from schemas.screening import Urgency
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan


@pytest.fixture(scope="module")
def urgent_pain() -> RulePack:
    """A clinic that sends severe pain to 111."""
    was = "if: 'value >= 8', urgency: E2, message: MSG-CALLBACK"
    assert was in builtin_text()
    return parse(
        builtin_text().replace(was, "if: 'value >= 8', urgency: E1, message: MSG-111", 1), "own.yaml"
    )


def asked_for_pain(running: PlayedPlan, key: str = "q:CHK-PAIN", session_no: int | None = None) -> None:
    """The client has been asked for their pain, just now."""
    prompt = Prompt(
        key=key,
        kind=PromptKind.score,
        question="CHK-PAIN",
        session_no=session_no,
        asked_at=running.now,
        expires_at=running.now + timedelta(hours=48),
        routine=True,
    )
    running.state = running.state.but(prompts=(prompt,))


def test_a_number_that_the_clinic_calls_urgent_stands_the_plan_still_with_one_text_mid_1(
    running: PlayedPlan, urgent_pain: RulePack
) -> None:
    running.pack = urgent_pain
    asked_for_pain(running)
    before = len(running.texts())
    running.text("9")
    assert running.stands(Stage.suspended)
    assert {s.status for s in running.state.sessions} == {SessionStatus.held}
    (answer,) = running.texts()[before:]
    assert answer.order.template == "MSG-111" and answer.order.purpose is TextPurpose.safety


def test_told_on_the_telephone_it_stands_the_plan_still_too_mid_1(
    running: PlayedPlan, urgent_pain: RulePack
) -> None:
    alerts = alerts_of(urgent_pain, running.state, "CHK-PAIN", 9)
    running.must(AnswerCheckIn(question="CHK-PAIN", value=9, alerts=alerts), FRONT_DESK)
    assert running.stands(Stage.suspended)
    assert len(running.texts("session_held")) == 1


def test_pain_on_the_third_day_is_compared_with_the_visit_that_was_asked_about_al_04(
    running: PlayedPlan,
) -> None:
    running.attend(1, pain=2)
    running.attend(2, pain=4)
    asked_for_pain(running, "s1:day3", session_no=1)
    assert reply_question(running.state, "in").pre_session == 2
    running.text("4")
    assert "AL-04" in {alert.rule for alert in running.state.alerts}


def test_stiffness_is_compared_with_its_own_baseline_where_it_is_the_plans_measure_al_10() -> None:
    stiff = Measure(code="STIFF", baseline=3, target=1, mcid=2)
    played = PlayedPlan(plan_for({}, primary=stiff), NOW)
    found = alerts_of(played.pack, played.state, "CHK-STIFF", 6)
    assert found == (NumberAlert(rule="AL-10", urgency=Urgency.E3, message=None),)
    other = PlayedPlan(plan_for({}), NOW)
    assert alerts_of(other.pack, other.state, "CHK-STIFF", 6) == (), "a goal's baseline is no stiffness"


@pytest.mark.parametrize(("hour", "same_day"), [(13, True), (14, False)])
@pytest.mark.parametrize("how", ["on the telephone", "at the visit", "on the form"])
def test_severe_pain_is_rung_about_the_same_day_however_it_was_told(
    how: str, hour: int, same_day: bool
) -> None:
    now = NOW.replace(hour=hour)
    if how == "on the form":
        severe: dict[str, dict[str, object]] = {
            "SCR-15": {"value": "new_or_worse", "region": "lumbar"},
            "SCR-16": {"value": 8, "worst_24h": 8, "sharp": "no"},
        }
        played = PlayedPlan(plan_for(severe, now=now), now)
    else:
        played = PlayedPlan(plan_for({}), NOW)
        played.approve(ApprovalKind.start)
        played.until(played.session(1).starts_at.replace(hour=hour))
        _tell(played, how)
    alert = next(one for one in played.state.alerts if one.urgency is Urgency.E2)
    assert (alert.contact_by <= played.now.replace(hour=18, minute=0)) is same_day


def _tell(played: PlayedPlan, how: str) -> None:
    if how == "on the telephone":
        alerts = alerts_of(played.pack, played.state, "CHK-PAIN", 8)
        played.must(AnswerCheckIn(question="CHK-PAIN", value=8, alerts=alerts), FRONT_DESK)
    else:
        outcome = RecordOutcome(
            session_no=1, outcome=SessionStatus.attended, pain=8, primary=4, day_check=("DAY-04",)
        )
        played.must(outcome)


@pytest.mark.parametrize(("hour", "day"), [(10, 2), (15, 3)])
def test_words_of_despair_wait_for_nobody_until_the_day_after_tomorrow_kw_upset(hour: int, day: int) -> None:
    now = NOW.replace(hour=hour)
    played = PlayedPlan(plan_for({}, now=now), now)
    played.text("I feel hopeless")
    (alert,) = played.state.alerts
    assert (alert.rule, alert.urgency, alert.contact_by.day) == ("KW-UPSET", Urgency.E3, day)


def test_after_a_technique_that_is_new_to_the_client_pain_is_asked_on_the_third_day_sch_2(
    running: PlayedPlan,
) -> None:
    used = {1: ("static",), 2: (), 3: ("static",), 4: ("static",), 5: ("static", "dynamic"), 6: ("dynamic",)}
    for number, techniques in used.items():
        session = running.session(number)
        running.until(session.starts_at + timedelta(minutes=session.minutes))
        outcome = RecordOutcome(
            session_no=number, outcome=SessionStatus.attended, pain=2, primary=5, techniques=techniques
        )
        running.must(outcome)
        running.until(session.starts_at + timedelta(days=4))
    asked = {s.order.session_no for s in running.texts("CHK-PAIN") if s.order.rule == "SCH-2"}
    assert asked == {1, 2, 3, 5}
