"""ALG-10: a physiotherapist sets aside what is theirs to judge, with a reason; nothing absolute is ever relaxed."""

from __future__ import annotations

from typing import Any

import pytest

from care import pack as packs
from care.overriding import liftable, overridable, rules_behind, techniques_without
from care.screening import screen
from care.session_sheet import session_sheet
from schemas.commands import (
    Actor,
    DecideApproval,
    Decision,
    OverrideHold,
    OverrideRestriction,
    ProtocolEdit,
    Rescreen,
    Role,
)
from schemas.events import EventKind
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition, HoldKind, Restriction
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

LEAD = Actor(id="staff-2", roles=(Role.lead_physiotherapist,))
DUTY = Actor(id="staff-1", roles=(Role.duty_physiotherapist,))

SHARP_PAIN: dict[str, dict[str, Any]] = {"SCR-16": {"value": 4, "worst_24h": 5, "sharp": "yes"}}
SEVERE_PAIN: dict[str, dict[str, Any]] = {"SCR-16": {"value": 8, "worst_24h": 8, "sharp": "no"}}


def opened(answers: dict[str, dict[str, Any]]) -> PlayedPlan:
    return PlayedPlan(plan_for(answers), NOW)


def hold_key(played: PlayedPlan, rule: str, kind: HoldKind) -> str:
    (held,) = (h for h in played.state.screening.holds if h.hold.rule == rule and h.hold.kind is kind)
    return held.key


def set_aside(key: str) -> OverrideHold:
    return OverrideHold(hold_key=key, reason_id="why")


@pytest.mark.parametrize("actor", [THERAPIST, LEAD], ids=["treating", "lead"])
def test_a_hold_of_the_physiotherapists_own_is_set_aside_with_a_reason(actor: Actor) -> None:
    played = opened(SHARP_PAIN)
    assert played.stands(Stage.awaiting_clearance)
    played.must(set_aside(hold_key(played, "SCR-16-b", HoldKind.clearance)), actor)
    assert played.stands(Stage.awaiting_approval)
    (event,) = played.events(EventKind.overridden)
    assert event.rule == "ALG-10" and event.facts["rules"] == ("SCR-16-b",)
    assert event.facts["reason_id"] == "why" and event.actor == actor.id
    assert [a.kind for a in played.state.approvals] == [ApprovalKind.start], "the start is still decided"


@pytest.mark.parametrize("actor", [DUTY, FRONT_DESK], ids=["duty", "front desk"])
def test_nobody_else_overrides(actor: Actor) -> None:
    played = opened(SHARP_PAIN)
    refusal = played.ask(set_aside(hold_key(played, "SCR-16-b", HoldKind.clearance)), actor)
    assert refusal is not None and refusal.code == "wrong_role"


ABSOLUTE: tuple[tuple[str, dict[str, dict[str, Any]], str, HoldKind], ...] = (
    ("an urgent referral", {"SCR-02": {"value": "new_or_worse"}}, "SCR-02-a", HoldKind.refer_urgent),
    ("a doctor's letter", {"SCR-01": {"value": "checked"}}, "SCR-01-c", HoldKind.clearance),
    (
        "a wait that the surgeon ends",
        {
            "SCR-09": {
                "value": "yes",
                "procedure": "p",
                "date": "2026-02-20",
                "region": "knee",
                "wound": "yes",
            }
        },
        "SCR-09-b",
        HoldKind.defer,
    ),
    (
        "an open wait without convention",
        {"SCR-08": {"value": "told_unstable", "region": "knee", "date": "2026-01-10"}},
        "SCR-08-a",
        HoldKind.defer,
    ),
    (
        "an open wound of an operation",
        {"SCR-09": {"value": "yes", "procedure": "p", "date": "2025-11-01", "region": "knee", "wound": "no"}},
        "SCR-09-e",
        HoldKind.defer,
    ),
    (
        "broken skin",
        {"SCR-11": {"value": ["wound_or_skin_problem"], "region": "knee"}},
        "SCR-11-c",
        HoldKind.defer,
    ),
    ("a consent", {"SCR-24": {"value": 15}}, "SCR-24-a", HoldKind.clearance),
    ("a blank", {"SCR-04": {}}, "SCR-04-incomplete", HoldKind.incomplete),
)


@pytest.mark.parametrize(
    ("answers", "rule", "kind"), [case[1:] for case in ABSOLUTE], ids=[case[0] for case in ABSOLUTE]
)
def test_what_is_absolute_is_never_overridden(
    answers: dict[str, dict[str, Any]], rule: str, kind: HoldKind
) -> None:
    played = opened(answers)
    before = played.state
    refusal = played.ask(set_aside(hold_key(played, rule, kind)))
    assert refusal is not None and refusal.code == "not_overridable" and rule in refusal.sentence
    assert played.state == before


def test_a_wait_that_rests_on_convention_may_be_set_aside_and_comes_back_with_the_finding() -> None:
    played = opened(SEVERE_PAIN)
    key = hold_key(played, "SCR-16-a", HoldKind.defer)
    played.must(set_aside(key))
    played.approve(ApprovalKind.start)

    def asked_again(answers: dict[str, dict[str, Any]], *items: str) -> None:
        form = {**ALL_CLEAR, **answers}
        result = screen(packs.builtin(), form, played.now.date(), played.state.protocol.target_regions)
        played.must(Rescreen(result=result, items=items))

    asked_again(SEVERE_PAIN, "SCR-02")
    assert played.stands(Stage.active), "another question says nothing about this one"
    asked_again(SEVERE_PAIN, "SCR-16")
    assert played.stands(Stage.suspended), "asked again and found again, it holds again"


def test_setting_one_hold_aside_leaves_every_other() -> None:
    played = opened({**SHARP_PAIN, "SCR-01": {"value": "checked"}})
    played.must(set_aside(hold_key(played, "SCR-16-b", HoldKind.clearance)))
    assert played.stands(Stage.awaiting_clearance)
    assert [h.hold.rule for h in played.state.screening.holds if h.discharged_at is None] == ["SCR-01-c"]


def lift(played: PlayedPlan, code: str) -> OverrideRestriction:
    state, pack = played.state, packs.builtin()
    (one,) = (r for r in state.protocol.restrictions if r.code == code)
    return OverrideRestriction(
        restriction=one,
        rules=rules_behind(pack, state.screening.result, one),
        techniques=techniques_without(pack, state.protocol, one),
        reason_id="why",
    )


def test_a_restriction_of_a_modify_finding_may_be_lifted_and_its_technique_comes_back() -> None:
    played = opened({"SCR-21": {"value": "bruise_easily"}})
    assert "myofascial_release" not in played.state.protocol.techniques
    played.must(lift(played, "R-NO-DEEP-PRESSURE"))
    assert "myofascial_release" in played.state.protocol.techniques
    assert "pnf_contract_relax" not in played.state.protocol.techniques, "the profile still leaves it out"
    (event,) = played.events(EventKind.overridden)
    assert event.facts["rules"] == ("SCR-21-b",)


def test_a_restriction_that_a_letter_also_asks_for_stays() -> None:
    played = opened(
        {
            "SCR-21": {"value": "bruise_easily"},
            "SCR-19": {"value": "current", "bone_spread": "no", "side_effects": ["none"], "region": "hip"},
        }
    )
    refusal = played.ask(lift(played, "R-NO-DEEP-PRESSURE"))
    assert refusal is not None and refusal.code == "not_overridable"


def test_what_the_profile_or_a_held_region_asks_for_cannot_be_lifted() -> None:
    pack = packs.builtin()
    played = opened({"SCR-11": {"value": ["wound_or_skin_problem"], "region": "ankle_foot"}})
    result = played.state.screening.result
    for code, region in (("R-NO-NECK-END", None), ("R-EXCL-REGION", "ankle_foot")):
        assert not liftable(pack, result, Restriction(code=code, region=region, held=region is not None))
    refusal = played.ask(lift(played, "R-EXCL-REGION"))
    assert refusal is not None and refusal.code == "not_overridable"


def test_only_own_reviews_and_waits_by_convention_are_overridable_in_the_whole_pack() -> None:
    rules = {
        held.hold.rule
        for answers in (SHARP_PAIN, SEVERE_PAIN, *(case[1] for case in ABSOLUTE))
        for held in opened(answers).state.screening.holds
        if overridable(held.hold)
    }
    assert rules == {"SCR-16-a", "SCR-16-b", "SCR-09-d"}, "the operation's review is theirs, its wound is not"


def test_a_restriction_that_comes_later_rules_its_techniques_out_at_once() -> None:
    pack = packs.builtin()
    played = opened({})
    played.approve(ApprovalKind.start)
    before = {one.technique for one in session_sheet(pack, played.state.protocol).allowed}
    form = {**ALL_CLEAR, "SCR-21": {"value": "bruise_easily"}}
    result = screen(pack, form, played.now.date(), played.state.protocol.target_regions)
    played.must(Rescreen(result=result, items=("SCR-21",)))
    sheet = session_sheet(pack, played.state.protocol)
    assert before - {one.technique for one in sheet.allowed} == {"myofascial_release"}
    assert "R-NO-DEEP-PRESSURE" in {o.rule for o in sheet.left_out if o.technique == "myofascial_release"}


def test_a_therapist_narrows_the_techniques_and_never_widens_them() -> None:
    played = opened({"SCR-21": {"value": "bruise_easily"}})
    approval = played.approval(ApprovalKind.start)
    kept = played.state.protocol.techniques[:2]
    for wanted, code in ((("myofascial_release",), "technique_ruled_out"), (kept, None)):
        edit = DecideApproval(
            approval_id=approval.id,
            decision=Decision.edit,
            reason_id="why",
            edit=ProtocolEdit(techniques=wanted),
        )
        refusal = played.ask(edit)
        assert (refusal.code if refusal else None) == code
    assert played.state.protocol.techniques == kept


def test_the_session_sheet_names_what_the_condition_wants_clear_and_was_not() -> None:
    pack = packs.builtin()
    played = opened({"SCR-15": {"value": "steady_known", "region": "lumbar"}})
    sheet = session_sheet(pack, played.state.protocol, findings=played.state.screening.result.findings)
    assert sheet.not_clear == ("SCR-15",)
    assert sheet.movements_to_avoid and sheet.pair_with and sheet.to_expect


def test_of_several_caps_the_smallest_holds_at_the_table_alg_5() -> None:
    bendy: dict[str, dict[str, object]] = {"SCR-14": {"value": ["very_bendy"]}}
    usual, gentle = (session_sheet(packs.builtin(), plan_for(one).protocol) for one in ({}, bendy))
    doses = {one.technique: (one.dose, one.caps) for one in gentle.allowed}
    for technique in ("pnf_hold_relax", "pre_contraction"):
        dose, caps = doses[technique]
        assert (dose["contract_s"], caps["contract_s"], caps["effort_pct_max"]) == (3, 3, 20)
    assert {one.caps["effort_pct_max"] for one in usual.allowed if one.caps} == {50}


def test_light_work_caps_the_discomfort_of_every_technique_alike() -> None:
    sore = {"SCR-16": {"value": 6, "worst_24h": 6, "sharp": "no"}}
    sheet = session_sheet(packs.builtin(), plan_for(sore).protocol)
    told = {
        number
        for one in sheet.allowed
        for name, number in one.dose.items()
        if name.endswith(("_cap", "_nrs"))
    }
    assert told == {sheet.discomfort_cap} == {2}


def test_a_technique_says_where_to_look_first_and_the_profile_what_each_visit_needs() -> None:
    pack = packs.builtin()
    state = plan_for(
        {"SCR-04": {"value": "over_3_months", "on_treatment": "no"}, "SCR-12": {"value": ["none"]}}
    )
    found = [one.but(disposition=Disposition.modify) for one in state.screening.result.findings]
    sheet = session_sheet(pack, state.protocol.but(profile="older_adult"), findings=found)
    assert sheet.each_visit == pack.profiles["older_adult"].extra != ()
    release = session_sheet(pack, state.protocol, findings=found).allowed
    assert {one.technique: one.look_first for one in release}["myofascial_release"] == ("SCR-04",)
    surgical = session_sheet(pack, state.protocol.but(profile="post_surgical"), findings=found)
    assert surgical.before_start == (pack.profiles["post_surgical"].start_condition,)
    assert any("24" in one for one in session_sheet(pack, state.protocol.but(profile="athlete")).timing)
