"""New rules and running plans: judged again under a new major version, tightened by a person, never relaxed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest

from care import pack as packs
from care.pack_change import RULE, judged_under, major
from schemas.alerts import AlertReason
from schemas.commands import SERVICE, CloseAlert, Withdraw
from schemas.events import EventKind
from schemas.protocol import ApprovalKind
from schemas.rules import RulePack
from schemas.screening import Disposition
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

BRUISES: dict[str, dict[str, object]] = {"SCR-21": {"value": "bruise_easily"}}


@cache
def next_major(what: str, instead: str) -> RulePack:
    """The pack as version 1, with one thing changed."""
    text = packs.builtin_text().replace("\n  version: 0.1.0-draft", "\n  version: 1.0.0", 1)
    changed, times = re.subn(what, instead, text, count=1)
    assert times == 1
    return packs.parse(changed, "next.yaml")


@cache
def stricter() -> RulePack:
    letter = "needs_clearance, scope: plan, clearance: {from: gp, document: clinician_letter, valid_days: 9}"
    return next_major(r"(id: SCR-21-b.*disposition: )modify, scope: plan", rf"\g<1>{letter}")


@cache
def milder() -> RulePack:
    return next_major(
        r"(id: SCR-21-b.*disposition: )modify(, scope: plan, restrictions: ).*\]\}\}", r"\g<1>clear\g<2>[]}}"
    )


@pytest.fixture
def running() -> PlayedPlan:
    played = PlayedPlan(plan_for(BRUISES), NOW)
    played.approve(ApprovalKind.start)
    return played


def judged(played: PlayedPlan, pack: RulePack) -> None:
    form = {**ALL_CLEAR, **BRUISES}
    played.must(judged_under(pack, played.state, form, played.now.date()), SERVICE)


def test_only_a_change_of_the_major_version_judges_again() -> None:
    assert major("1.4.0") == major("1.9.2-clinic") != major("2.0.0")


def test_what_new_rules_judge_more_strictly_is_put_before_the_physiotherapist(running: PlayedPlan) -> None:
    judged(running, stricter())
    alert = running.alert(AlertReason.rules_changed)
    assert alert.rule == RULE and alert.urgency == "E3" and alert.screening_items == ("SCR-21",)
    (event,) = running.events(EventKind.judged_again)
    assert event.facts["rules"] == ("SCR-21-b",) and event.facts["overall"] == Disposition.needs_clearance
    refusal = running.ask(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"), FRONT_DESK)
    assert refusal is not None, "a physiotherapist closes it"


@pytest.mark.parametrize("pack", [stricter, milder], ids=["stricter", "milder"])
def test_new_rules_never_change_what_is_in_force_by_themselves(
    running: PlayedPlan, pack: Callable[[], RulePack]
) -> None:
    before = running.state
    judged(running, pack())
    after = running.state
    for part in ("protocol", "screening", "stage", "sessions", "progress"):
        assert getattr(after, part) == getattr(before, part)


def test_milder_rules_ask_nobody_anything(running: PlayedPlan) -> None:
    judged(running, milder())
    assert not running.has_alert(AlertReason.rules_changed)
    assert running.state.judged_under == milder().content_hash
    assert "R-NO-DEEP-PRESSURE" in {one.code for one in running.state.protocol.restrictions}


def test_answers_that_are_missing_under_new_rules_are_no_good_news(running: PlayedPlan) -> None:
    command = judged_under(stricter(), running.state, {}, running.now.date())
    assert command.overall.severity >= Disposition.needs_clearance.severity
    assert {"SCR-01-incomplete", "SCR-25-incomplete"} <= set(command.rules)


def test_a_closed_plan_is_left_alone(running: PlayedPlan) -> None:
    running.must(Withdraw())
    command = judged_under(stricter(), running.state, {}, running.now.date())
    assert running.ask(command, SERVICE) is not None


@pytest.mark.parametrize(
    ("what", "instead", "rule"),
    [
        (r"(id: SCR-21-b.*code: R-NO-DEEP-PRESSURE\})", r"\g<1>, {code: R-NO-NECK}", "SCR-21-b"),
        (
            r"(id: SCR-11-c.*)then: \{disposition: defer, urgency: E3, scope: region, region_from: region, ",
            r"\g<1>then: {disposition: defer, urgency: E3, scope: region, region_from: region, "
            "clearance: {from: gp, document: clinician_letter, valid_days: 30}, ",
            "SCR-11-c",
        ),
        (r"(id: SCR-12-b.*valid_days: )180", r"\g<1>90", "SCR-12-b"),
        (r"(id: SCR-07-b.*date \+ )7( days', days_from_field: date, days: )7", r"\g<1>9\g<2>9", "SCR-07-b"),
    ],
    ids=["another limit on the work", "another letter", "a letter that counts for less", "a longer wait"],
)
def test_the_same_finding_that_asks_for_more_is_put_before_the_physiotherapist_too(
    what: str, instead: str, rule: str
) -> None:
    sprain: dict[str, object] = {
        "value": "yes",
        "date": "2026-03-01",
        "region": "knee",
        "severe": ["none"],
        "seen": "yes",
    }
    wound: dict[str, object] = {"value": ["wound_or_skin_problem"], "region": "knee"}
    answers: dict[str, dict[str, object]] = {
        **BRUISES,
        "SCR-07": sprain,
        "SCR-11": wound,
        "SCR-12": {"value": ["lost_height"]},
    }
    played = PlayedPlan(plan_for(answers), NOW)
    told = judged_under(next_major(what, instead), played.state, {**ALL_CLEAR, **answers}, NOW.date())
    assert told.rules == (rule,) and told.items == (rule[:6],)


def test_a_start_condition_that_comes_with_new_rules_is_put_before_the_physiotherapist() -> None:
    own = (
        "  chronic_tension:\n"
        "    start_condition: 'seen by the GP'\n"
        "    start_needs: {clearance: {from: gp, document: clinician_letter, valid_days: 90}}\n"
    )
    running = PlayedPlan(plan_for(BRUISES), NOW)
    running.approve(ApprovalKind.start)
    judged(running, next_major("  chronic_tension:\n", own))
    told = running.events(EventKind.judged_again)[-1]
    assert told.facts["rules"] == ("profiles.chronic_tension.start_condition",)
    assert running.has_alert(AlertReason.rules_changed)


def test_rules_that_no_longer_know_the_plans_profile_still_judge_its_answers() -> None:
    running = PlayedPlan(plan_for(BRUISES, profile="general_wellbeing"), NOW)
    judged(running, next_major("  general_wellbeing:\n", "  wellbeing:\n"))
    assert running.state.judged_under
