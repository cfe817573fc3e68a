"""A number that a clinic changes in its pack is the number that its plans go by, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from care.assessing import items_needed
from care.pack import builtin, builtin_text, parse
from care.pack_text import PackError
from care.session_questions import asked_after, sore_answers
from care.taper_steps import adherence, taper_inputs
from schemas.commands import Amend, ProtocolEdit, ReportAdverseEvent
from schemas.plan import PlanState
from schemas.prompts import Answer
from schemas.protocol import ApprovalKind, Protocol
from schemas.rules import RulePack
from schemas.screening import Disposition, Urgency
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan


def own(*changes: tuple[str, str]) -> RulePack:
    """The clinic's own pack: the draft with these words changed."""
    text = builtin_text()
    for was, now in changes:
        assert was in text, f"the pack no longer says {was!r}"
        text = text.replace(was, now, 1)
    return parse(text, "own.yaml")


_SCH_1 = "when: 'next day after every session (20-28 h)'"
_SCH_2 = "or if CHK-SORE >= 4'"
_SCH_7 = "when: 'before each review'"
_CALLS = "  mandatory_follow_up:\n"
_E2 = "E2: {label: soon, "
_THRESHOLD = "    threshold: 75\n"
_PARAMS = "  params:\n    n_consecutive: 3\n"

CHANGES: tuple[tuple[str, tuple[str, str], Callable[[Protocol], Any], Any], ...] = (
    (
        "AL-12 rings",
        ("'2 routine check-ins in a row", "'4 routine check-ins in a row"),
        lambda p: p.silent_phone_after,
        4,
    ),
    (
        "AL-13 speaks to the client",
        ("contact in 4 staffed hours", "contact in 2 staffed hours"),
        lambda p: (p.alert_terms[Urgency.E0].contact_minutes, p.alert_terms[Urgency.E1].contact_minutes),
        (15, 120),
    ),
    (
        "SCH-1",
        (_SCH_1, f"{_SCH_1}, days_after_session: 2, hours_after_session: [40, 60]"),
        lambda p: (p.about_sessions.sore_after_days, p.about_sessions.sore_until),
        (2, timedelta(hours=60)),
    ),
    (
        "SCH-2 first sessions",
        (_SCH_2, f"{_SCH_2}, first_sessions: 5"),
        lambda p: p.about_sessions.first_sessions,
        5,
    ),
    (
        "SCH-2 soreness",
        (_SCH_2, f"{_SCH_2}, if_sore_at_least: 3"),
        lambda p: p.about_sessions.if_sore_at_least,
        3,
    ),
    ("SCH-7", (_SCH_7, f"{_SCH_7}, days_before_review: 3"), lambda p: p.before_review_days, 3),
    (
        "SCH-6 gap",
        (
            "when: 'every 2 weeks, never within 24 h of CHK-PAIN'",
            "when: 'every 2 weeks', gap_hours: {CHK-PAIN: 36}",
        ),
        lambda p: p.question_gap,
        timedelta(hours=36),
    ),
    (
        "calls after an effect",
        (_CALLS, f"  call_again_hours: 24\n{_CALLS}"),
        lambda p: {one.call_again_hours for one in p.adverse},
        {24},
    ),
    (
        "no screening outlives the ceiling",
        ("par_q_style_ceiling_days: 365", "par_q_style_ceiling_days: 60"),
        lambda p: p.screening_valid_by[Disposition.clear],
        60,
    ),
    (
        "ADH",
        (_THRESHOLD, f"{_THRESHOLD}    window_days: 21\n    min_planned: 4\n"),
        lambda p: (p.taper.adherence_window_days, p.taper.adherence_min_planned),
        (21, 4),
    ),
    *(
        (
            name,
            (_PARAMS, f"{_PARAMS}    {name}: {number}\n"),
            lambda p, name=name: getattr(p.taper, name),
            number,
        )
        for name, number in (
            ("missed_run_escalate", 2),
            ("no_contact_days", 28),
            ("reviews_no_change_escalate", 3),
            ("pain_gap_hours", 72),
            ("review_overdue_after_days", 3),
            ("lasting_pain_share", 0.5),
            ("lasting_pain_max", 4),
        )
    ),
    (
        "how long a decision may wait",
        ("  escalation_chain: [", "  decisions: {taper: 480}\n  escalation_chain: ["),
        lambda p: p.approval_minutes[ApprovalKind.taper],
        480,
    ),
    (
        "the same day",
        (_E2, f"{_E2}same_day: {{rules: [AL-05], told_before: '12:00'}}, "),
        lambda p: (p.same_day.rules, p.same_day.told_before.hour),
        (("AL-05",), 12),
    ),
)


@pytest.mark.parametrize(
    ("change", "number", "expected"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES]
)
def test_a_changed_number_is_in_every_new_plan(
    change: tuple[str, str], number: Callable[[Protocol], Any], expected: Any
) -> None:
    assert number(plan_for({}).protocol) != expected
    assert number(plan_for({}, rules=own(change)).protocol) == expected


def test_the_numbers_that_plans_began_with_before_they_carried_them_are_the_drafts() -> None:
    now = plan_for({}).protocol
    told = now.plain()
    for name in ("about_sessions", "question_gap", "before_review_days", "same_day", "silent_phone_after"):
        del told[name]
    assert Protocol.read(told) == now


def test_adherence_looks_back_as_far_as_the_pack_says_and_is_silent_on_too_little_adh() -> None:
    def known(*changes: tuple[str, str]) -> float | None:
        state = plan_for({}, rules=own(*changes), home_days_per_week=3)
        told = Answer(question="CHK-HOME", at=NOW, value=3)
        return adherence(state.but(progress=state.progress.but(answers=(told,))), NOW + timedelta(days=25))

    assert known() == 100
    assert known((_THRESHOLD, f"{_THRESHOLD}    window_days: 21\n")) is None
    assert known((_THRESHOLD, f"{_THRESHOLD}    min_planned: 4\n")) is None


def test_lasting_pain_may_be_as_high_as_the_plans_own_numbers_say() -> None:
    rules = own((_PARAMS, f"{_PARAMS}    lasting_pain_max: 4\n"))
    running = PlayedPlan(plan_for({}, rules=rules, pain_baseline=8), NOW)
    running.approve(ApprovalKind.start)
    refusal = running.ask(Amend(edit=ProtocolEdit(pain_ok_max=4.5), reason_id="why"))
    assert refusal is not None and refusal.code == "pain_limit_too_high"
    assert "never above 4" in refusal.sentence
    running.must(Amend(edit=ProtocolEdit(pain_ok_max=4), reason_id="why"))


def test_a_sentence_that_the_engine_cannot_follow_is_refused_with_its_rule() -> None:
    with pytest.raises(PackError, match=r"AL-12.*2 routine check-ins in a row unanswered"):
        own(("'2 routine check-ins in a row unanswered'", "'a few check-ins unanswered'"))


def test_step_ups_count_for_as_long_as_the_pack_says_tap_esc_3() -> None:
    def counted(rules: RulePack | None) -> int:
        state = plan_for({}, rules=rules)
        ups = (NOW - timedelta(days=84), NOW - timedelta(days=30))
        return taper_inputs(state.but(progress=state.progress.but(step_ups=ups)), NOW).step_ups_84d

    assert counted(None) == 2
    assert counted(own(("step_up_window_days: 84", "step_up_window_days: 40"))) == 1


def test_the_limit_of_the_days_pain_is_read_from_its_key_day_04() -> None:
    def limit(pack: RulePack) -> int | None:
        return next(one.severe_from for one in pack.screening.session_day_check if one.id == "DAY-04")

    assert limit(builtin()) == 8
    assert limit(own(("gte_8: 'no session", "gte_7: 'no session"))) == 7


def test_any_change_asks_again_what_a_text_about_one_would_day_01() -> None:
    (first, *_) = builtin().screening.session_day_check
    (changes,) = (one for one in builtin().sms_checkins.keyword_groups if one.id == "KW-CHANGE")
    assert first.id == "DAY-01" and set(changes.scr) < set(first.repeats)


def test_a_question_of_the_day_whose_yes_asks_nothing_is_refused() -> None:
    with pytest.raises(PackError, match="a yes asks nothing again"):
        own(("any_yes: 'SCR-01 and SCR-03'", "any_yes: 'have a look'"))


@pytest.mark.parametrize("answer", [{}, {"value": ["unsure"]}, {"value": ["fall_1"]}])
def test_whoever_may_have_fallen_is_looked_at_for_balance_pa_11(answer: dict[str, Any]) -> None:
    asked = items_needed(builtin(), {**ALL_CLEAR, "SCR-18": answer}, NOW.date(), ("lumbar",))
    assert "PA-11" in {one.id for one in asked}
    assert "PA-11" not in {one.id for one in items_needed(builtin(), ALL_CLEAR, NOW.date(), ("lumbar",))}


def test_a_plan_asks_about_its_visits_by_its_own_numbers_sch_1_sch_2() -> None:
    rules = own(
        (_SCH_1, f"{_SCH_1}, days_after_session: 2, hours_after_session: [20, 60]"),
        (_SCH_2, f"{_SCH_2}, days_after_session: 4, first_sessions: 1, if_sore_at_least: 3"),
    )
    played = PlayedPlan(plan_for({}, rules=rules), NOW)
    starts_at = played.state.protocol.first_session_at
    sore_at, pain_at = asked_after(played.state.protocol)(starts_at)
    assert (sore_at - starts_at, pain_at.date() - starts_at.date()) == (timedelta(days=2), timedelta(days=4))
    assert _left_sore(played.state, 3) and not _left_sore(plan_for({}), 3)


def _left_sore(state: PlanState, value: int) -> bool:
    answers = (Answer(question="CHK-SORE", at=NOW, value=value),)
    return bool(sore_answers(state.but(progress=state.progress.but(answers=answers))))


def test_the_next_call_after_an_effect_comes_as_soon_as_the_pack_says() -> None:
    played = PlayedPlan(plan_for({}, rules=own((_CALLS, f"  call_again_hours: 24\n{_CALLS}"))), NOW)
    played.must(ReportAdverseEvent(grade=1, note_id="what"), FRONT_DESK)
    first = played.state.adverse[0].follow_up_at
    played.until(first)
    assert played.state.adverse[0].follow_up_at == first + timedelta(hours=24)
