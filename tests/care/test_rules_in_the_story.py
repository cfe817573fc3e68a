"""Every rule that takes effect stands in the plan's events by its id: walked through the whole pack."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from care import pack as packs
from care.draft import Draft
from care.number_alerts import ScoreContext, number_alerts
from care.taper import evaluate, policy_from
from care.taper_steps import take_verdict
from schemas.alerts import AlertReason
from schemas.commands import (
    AnswerCheckIn,
    CloseAlert,
    RecordAssessment,
    RecordOutcome,
    ReportAdverseEvent,
    Rescreen,
    ResumePlan,
)
from schemas.plan import SessionStatus
from schemas.protocol import ApprovalKind
from schemas.rules_form import AllOf, AnyOf, NotOf, Operator, Predicate, ScreeningRule
from schemas.rules_form import Test as Comparison
from schemas.taper import TaperInputs
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import PlayedPlan

PACK = packs.builtin()
Answers = dict[str, dict[str, Any]]


@pytest.fixture
def running() -> PlayedPlan:
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    return played


def told(played: PlayedPlan) -> set[str]:
    """Every rule id in the events and texts of a plan's story."""
    named = {sent.order.rule for sent in played.sent}
    for step in played.steps:
        for event in step.transition.events:
            named.add(event.rule or "")
            for fact in event.facts.values():
                named.update(fact if isinstance(fact, tuple) else ())
            named.add(str(event.facts.get("template")))
    return named


# -- screening ----------------------------------------------------------------------------------------


def matching(when: Predicate, item: str, found: Answers) -> None:
    """Add to `found` what a client would answer for this predicate to hold."""
    match when:
        case AllOf(parts=parts):
            for part in parts:
                matching(part, item, found)
        case AnyOf(parts=(first, *_)):
            matching(first, item, found)
        case NotOf():
            raise AssertionError("no rule of the form is a negation; teach this walk one")
        case Comparison():
            found.setdefault(when.i or item, {})
            answer = _ANSWERS[when.op](when.v)
            if answer is None:
                found[when.i or item].pop(when.f, None)
            else:
                found[when.i or item][when.f] = answer


def _days_ago(days: int) -> str:
    return (NOW.date() - timedelta(days=days)).isoformat()


_ANSWERS: dict[Operator, Any] = {
    Operator.eq: lambda v: v,
    Operator.ne: lambda v: "no" if v == "yes" else "yes",
    Operator.is_in: lambda v: v[0],
    Operator.has_any: lambda v: [v[0]],
    Operator.lt: lambda v: v - 1,
    Operator.gte: lambda v: v,
    Operator.days_ago_lt: lambda v: _days_ago(v - 1),
    Operator.days_ago_gte: _days_ago,
    Operator.missing: lambda _v: None,
}
RULES: list[tuple[str, ScreeningRule]] = [
    (one.id, rule) for one in PACK.screening.items for rule in one.rules
]


@pytest.mark.parametrize(("item", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_screening_rule_that_matches_is_in_the_story(item: str, rule: ScreeningRule) -> None:
    answers: Answers = {one: dict(given) for one, given in ALL_CLEAR.items()}
    matching(rule.when, item, answers)
    played = PlayedPlan(plan_for(answers), NOW)
    named = told(played)
    assert rule.id in named
    assert {one.code for one in rule.then.restrictions} <= named
    if rule.then.message and played.state.screening.result.message == rule.then.message:
        assert rule.then.message in named


def test_the_laws_of_the_algebra_are_in_the_story() -> None:
    sprain: Answers = {
        "SCR-07": {
            "value": "yes",
            "date": date(2026, 2, 27).isoformat(),
            "region": "ankle_foot",
            "severe": ["none"],
        },
        "SCR-04": {},
    }
    laws = {step.id for step in PACK.disposition_algebra.steps} - {"ALG-10"}  # tests/care/test_overrides.py
    assert laws <= told(PlayedPlan(plan_for(sprain), NOW))


# -- words and numbers --------------------------------------------------------------------------------

WORDS = {
    "KW-CES": "My bum has gone numb",
    "KW-SELFHARM": "I want to die",
    "KW-CHEST": "Got chest pain",
    "KW-STROKE": "face drooping",
    "KW-DVT": "swelling calf",
    "KW-WEAK": "foot drop since today",
    "KW-NECK": "double vision",
    "KW-INJURY": "heard a pop in my knee",
    "KW-INFECT": "shivering all night",
    "KW-PREG-EMERG": "pregnant and my waters broke",
    "KW-EMERG": "called an ambulance",
    "KW-NEURO": "pins n needles in foot",
    "KW-WORSE": "it is worse",
    "KW-DIZZY": "feeling dizzy",
    "KW-SWELL": "a rash",
    "KW-CHANGE": "new tablets",
    "KW-UPSET": "very unhappy",
}


def test_the_walk_knows_words_for_every_group() -> None:
    assert set(WORDS) == {group.id for group in PACK.sms_checkins.keyword_groups}


@pytest.mark.parametrize("group", WORDS)
def test_words_that_ring_an_alarm_are_in_the_story(running: PlayedPlan, group: str) -> None:
    running.text(WORDS[group])
    assert group in told(running)


NUMBERS = {
    "AL-01": ("CHK-PAIN", 8, ScoreContext()),
    "AL-02": ("CHK-PAIN", 6, ScoreContext(baseline=3)),
    "AL-03": ("CHK-PAIN", 7, ScoreContext(previous=7)),
    "AL-04": ("CHK-PAIN", 5, ScoreContext(pre_session=3, day3=True)),
    "AL-05": ("CHK-SORE", 7, ScoreContext()),
    "AL-06": ("CHK-SORE", 4, ScoreContext()),
    "AL-07": ("CHK-FLARE", 4, ScoreContext()),
    "AL-08": ("CHK-FLARE", 1, ScoreContext()),
    "AL-09": ("CHK-BETTER", 2, ScoreContext()),
    "AL-10": ("CHK-STIFF", 8, ScoreContext()),
    "AL-11": ("CHK-GOAL", 4, ScoreContext(best=6)),
}


@pytest.mark.parametrize("rule", NUMBERS)
def test_a_number_that_raises_an_alert_is_in_the_story(running: PlayedPlan, rule: str) -> None:
    question, value, known = NUMBERS[rule]
    alerts = tuple(one for one in number_alerts(PACK, question, value, known) if one.rule == rule)
    running.must(AnswerCheckIn(question=question, value=value, alerts=alerts))
    assert {rule, question} <= told(running)


def test_silence_and_an_emergency_that_nobody_follows_up_are_in_the_story(running: PlayedPlan) -> None:
    running.until(NOW + timedelta(days=30))
    running.text("Got chest pain")
    running.until(running.now + timedelta(days=3))
    assert {"AL-12", "AL-13", "MID-1", "SCH-9"} <= told(running)
    assert set(NUMBERS) | {"AL-12", "AL-13"} == {one.id for one in PACK.sms_checkins.number_alerts}


# -- the course of a plan -----------------------------------------------------------------------------


def test_the_check_in_schedule_and_what_happens_mid_plan_are_in_the_story(running: PlayedPlan) -> None:
    for number in range(1, 10):
        running.attend(number, pain=3, primary=5)
        for alert in running.state.alerts:
            running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"))
    running.text("new tablets")
    running.text("Got chest pain")
    running.must(Rescreen(result=running.state.screening.result))
    for alert in running.state.alerts:
        running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"))
    running.must(ResumePlan())
    running.until(running.session(10).starts_at - timedelta(hours=12))
    running.text("yes")
    named = told(running)
    assert {f"SCH-{n}" for n in range(1, 10)} <= named
    assert {f"MID-{n}" for n in range(1, 5)} <= named
    assert {"taper_policy.short_course", "TAP-HOLD", "ALG-9"} <= named


def test_what_is_recorded_at_the_table_is_in_the_story(running: PlayedPlan) -> None:
    assessed = tuple(
        one.id for one in (*PACK.physical_assessment.required, *PACK.physical_assessment.conditional)
    )
    stops = tuple(stop.id for stop in PACK.session_rules.stops)
    running.until(running.session(1).starts_at + timedelta(hours=1))
    running.must(RecordAssessment(outcome=AssessmentOutcome.suitable, items=assessed))
    for grade in range(5):
        running.must(ReportAdverseEvent(grade=grade, stops=stops))
    checks = ("DAY-01", "DAY-02", "DAY-03", "DAY-04")
    day = RecordOutcome(
        session_no=1, outcome=SessionStatus.no_show, day_check=checks, repeat_items=("SCR-02",)
    )
    fresh = PlayedPlan(plan_for({}), NOW)
    fresh.approve(ApprovalKind.start)
    fresh.until(fresh.session(1).starts_at + timedelta(hours=1))
    fresh.must(day)
    grades = {f"adverse_events.grade_{grade}" for grade in range(5)}
    assert {*assessed, *stops, *grades, *checks, "REQ-07"} <= told(running) | told(fresh)
    assert running.has_alert(AlertReason.adverse_event)


# -- taper --------------------------------------------------------------------------------------------

FLARE = {"flare": {"count_28d": 1, "longest_h": 72, "days_since": 3}}
NO_GAIN = {"baseline": 3, "target": 8, "mcid": 2, "best_at_step": 3, "values": [3, 3, 3], "weeks": [4, 5, 6]}
SLIPPED = {
    "baseline": 3,
    "target": 8,
    "mcid": 2,
    "best_at_step": 7,
    "values": [7, 5, 4.5],
    "weeks": [9, 11, 13],
}
MET = {"baseline": 3, "target": 8, "mcid": 2, "best_at_step": 8, "values": [8, 8, 8], "weeks": [4, 5, 6]}
WORSE = {"baseline": 6, "at_step_entry": 3, "recent": [3, 5, 5]}
TRENDS: dict[str, dict[str, Any]] = {
    "TAP-STOP": {"client_stop": True},
    "TAP-SUS-1": {"open": {"e01": 1}},
    "TAP-SUS-2": {"screening_valid": False},
    "TAP-ESC-1": {
        "sessions_since_review": 6,
        "primary": NO_GAIN,
        "pain": {"baseline": 6, "at_step_entry": 6, "recent": [6, 6, 6]},
    },
    "TAP-ESC-2": {"step": "S0", **FLARE},
    "TAP-ESC-3": {"step_ups_84d": 1, **FLARE},
    "TAP-ESC-4": {"days_since_review": 90},
    "TAP-ESC-5": {"adherence_28d": 40},
    "TAP-ESC-6": {"missed_run": 3},
    "TAP-DIS-2": {"reviews_no_change": 2},
    "TAP-FRZ-1": {"open": {"e2": 1}},
    "TAP-UP-1": FLARE,
    "TAP-UP-2": {"pain": WORSE},
    "TAP-UP-3": {"primary": SLIPPED},
    "TAP-DIS-1": {"step": "S3", "days_at_step": 60, "primary": MET},
    "TAP-DN": {},
    "TAP-HOLD": {"days_at_step": 3},
}


def test_the_walk_knows_a_trend_for_every_rule_of_the_taper() -> None:
    assert set(TRENDS) == {rule["id"] for rule in PACK.taper_policy.rules}


@pytest.mark.parametrize("rule", TRENDS)
def test_an_evaluation_names_its_rule_and_every_reason(running: PlayedPlan, rule: str) -> None:
    going_well = {**PACK.taper_policy.test_vectors[0]["in"], **TRENDS[rule]}
    decision = evaluate(policy_from(PACK), TaperInputs.read(going_well))
    draft = Draft(running.state, NOW, "walk")
    take_verdict(draft, decision, TaperInputs.read(going_well))
    (event,) = (e for e in draft.finish().events if e.kind == "taper.evaluated")
    assert event.rule == rule
    reasons = event.facts["reasons"]
    assert isinstance(reasons, tuple) and set(decision.reasons) <= set(reasons)
    assert event.facts["inputs"], "with everything it looked at"
