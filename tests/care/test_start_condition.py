"""No plan after an operation starts before its protocol is there and the wound is healed (`start_condition`)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from care import pack as packs
from care.opening import blocking
from care.overriding import overridable
from care.pack import parse
from care.preview import PlannedKind, preview
from care.regions import judged_for
from care.screening import screen, screen_again
from care.session_sheet import session_sheet
from care.start_condition import only_by_protocol, start_holds, unmet
from care.technique_limits import techniques_under
from schemas.commands import (
    Actor,
    Amend,
    DecideApproval,
    Decision,
    OverrideHold,
    ProtocolEdit,
    RecordOutcome,
    Refusal,
    Rescreen,
    Role,
    SurgicalTechniques,
)
from schemas.events import EventKind
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind, Protocol
from schemas.screening import HoldKind
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

PACK = packs.builtin()
RULE = "profiles.post_surgical.start_condition"
KEY = f"{RULE}/start"
HEALED = ("the wound is healed and dry",)
Answers = dict[str, dict[str, Any]]
NEW_KNEE: Answers = {
    "SCR-09": {
        "value": "yes",
        "procedure": "new knee",
        "date": "2025-11-01",
        "region": "knee",
        "side": "left",
        "wound": "yes",
    },
}
"""A knee operated on 17 weeks ago: the physiotherapist reads the discharge letter (SCR-09-d)."""
STILL_LIMITED: Answers = NEW_KNEE | {
    "SCR-10": {"value": "knee", "still_told_limits": "yes", "region": "knee", "side": "left"}
}


def after_surgery(answers: Answers = NEW_KNEE, *targets: str, **changes: Any) -> PlayedPlan:
    """A plan that has just been opened for somebody after an operation."""
    kind: dict[str, Any] = {"profile": "post_surgical", "condition": "post_surgical_joint"} | changes
    return PlayedPlan(plan_for(answers, targets=targets or ("hip",), **kind), NOW)


def record(played: PlayedPlan, hold_key: str, **more: Any) -> Refusal | None:
    """A physiotherapist records the document of a hold; its refusal, if any."""
    (asked,) = (one for one in played.state.approvals if one.proposal.hold_key == hold_key)
    until = played.now.date() + timedelta(days=365)
    decision: dict[str, Any] = {"decision": Decision.approve, "document_valid_until": until} | more
    return played.ask(DecideApproval(approval_id=asked.id, reason_id="read", **decision))


def surgical(protocol: Protocol, *allowed: str) -> SurgicalTechniques:
    """What the API makes of the techniques that a paper allows."""
    after = techniques_under(PACK, protocol, protocol.restrictions, protocol.target_regions, surgical=allowed)
    return SurgicalTechniques(allowed=allowed, techniques=after)


def ready(played: PlayedPlan) -> PlayedPlan:
    """Every paper is there, the wound is healed, and the start is approved."""
    for held in blocking(played.state):
        confirmed = held.hold.confirm or None
        assert record(played, held.key, confirmed=confirmed) is None
    played.approve(ApprovalKind.start)
    return played


# -- before the start -------------------------------------------------------------------------------------


def test_a_plan_after_an_operation_waits_for_the_protocol_though_nothing_else_holds_it() -> None:
    opened = after_surgery({"SCR-10": {"value": "knee", "still_told_limits": "no", "region": "knee"}})
    assert opened.stands(Stage.awaiting_clearance)
    (held,) = blocking(opened.state)
    assert (held.key, held.hold.owner, held.hold.document) == (KEY, "surgical_team", "postop_protocol")
    assert held.hold.until == PACK.profiles["post_surgical"].start_condition
    assert not any(one.kind is ApprovalKind.start for one in opened.state.approvals)
    assert opened.texts("waiting_for_letter"), "the client hears that a letter is needed"


def test_a_paper_alone_starts_nothing_the_wound_must_be_healed() -> None:
    opened = after_surgery()
    refused = record(opened, KEY)
    assert refused is not None and refused.code == "start_condition"
    assert "the wound is healed and dry" in refused.sentence
    assert record(opened, KEY, confirmed=HEALED) is None
    (told,) = [one for one in opened.events(EventKind.hold_discharged) if one.rule == RULE]
    assert (told.actor, told.facts["confirmed"]) == (THERAPIST.id, HEALED)


def test_all_is_there_and_the_plan_may_start() -> None:
    opened = ready(after_surgery())
    assert opened.stands(Stage.active)


def test_every_hold_about_the_operation_keeps_the_plan_from_starting_also_of_another_region() -> None:
    opened = after_surgery(STILL_LIMITED, "hip")
    assert record(opened, KEY, confirmed=HEALED) is None
    waiting = {one.key for one in blocking(opened.state)}
    assert waiting == {"SCR-09-d/clearance/knee/left", "SCR-10-e/clearance/knee/left"}
    assert opened.stands(Stage.awaiting_clearance)
    for key in sorted(waiting):
        assert record(opened, key) is None
    opened.approve(ApprovalKind.start)
    assert opened.stands(Stage.active)


def test_another_plan_works_round_a_held_knee() -> None:
    opened = PlayedPlan(plan_for(STILL_LIMITED, targets=("hip",)), NOW)
    assert opened.stands(Stage.awaiting_approval)


@pytest.mark.parametrize("days", [10, 60, 120])
def test_a_recent_operation_holds_by_its_own_rules_beside_the_start_condition(days: int) -> None:
    recent = NEW_KNEE | {"SCR-09": NEW_KNEE["SCR-09"] | {"date": str(NOW.date() - timedelta(days=days))}}
    opened = after_surgery(recent, "knee")
    rules = {one.hold.rule for one in blocking(opened.state)}
    assert RULE in rules and any(one.startswith("SCR-09") for one in rules)


def test_no_answer_lifts_it_and_nobody_sets_it_aside() -> None:
    opened = after_surgery()
    form = {**ALL_CLEAR, **NEW_KNEE}
    opened.must(Rescreen(result=screen_again(PACK, form, NOW.date(), opened.state.protocol)), FRONT_DESK)
    assert KEY in {one.key for one in blocking(opened.state)}
    opened.must(Rescreen(result=screen(PACK, form, NOW.date(), ("hip",))), FRONT_DESK)
    assert KEY in {one.key for one in blocking(opened.state)}, "nor a screening that did not look for it"
    (held,) = (one for one in opened.state.screening.holds if one.key == KEY)
    assert not overridable(held.hold)
    lead = Actor(id="lead", roles=(Role.lead_physiotherapist,))
    refused = opened.ask(OverrideHold(hold_key=KEY, reason_id="why"), lead)
    assert refused is not None and refused.code == "not_overridable"


def test_no_change_of_regions_gets_round_it() -> None:
    opened = after_surgery()
    regions = judged_for(PACK, opened.state, {**ALL_CLEAR, **NEW_KNEE}, ("neck", "shoulder"), NOW.date())
    opened.must(Amend(edit=ProtocolEdit(), reason_id="why", regions=regions))
    assert opened.stands(Stage.awaiting_clearance)


def test_only_a_physiotherapist_confirms_it() -> None:
    opened = after_surgery()
    (asked,) = (one for one in opened.state.approvals if one.proposal.hold_key == KEY)
    decision = DecideApproval(
        approval_id=asked.id,
        decision=Decision.approve,
        document_valid_until=date(2026, 5, 1),
        confirmed=HEALED,
    )
    refused = opened.ask(decision, FRONT_DESK)
    assert refused is not None and refused.code == "not_a_clinician"


def test_a_protocol_that_says_no_ends_the_plan_before_it_began() -> None:
    opened = after_surgery()
    assert record(opened, KEY, decision=Decision.reject, document_valid_until=None) is None
    assert opened.stands(Stage.declined)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"confirmed": HEALED}, "not_to_confirm"),
        ({"surgical": SurgicalTechniques()}, "techniques_not_here"),
    ],
)
def test_what_belongs_to_the_start_condition_is_confirmed_nowhere_else(
    more: dict[str, Any], code: str
) -> None:
    opened = after_surgery(NEW_KNEE, "knee")
    refused = record(opened, "SCR-09-d/clearance/knee/left", **more)
    assert refused is not None and refused.code == code


def test_the_future_of_a_plan_that_waits_shows_no_visit() -> None:
    opened = after_surgery()
    assert not any(one.kind is PlannedKind.session for one in preview(opened.state, NOW, weeks=8))


# -- while it runs ----------------------------------------------------------------------------------------


def test_the_protocol_is_read_again_after_42_days_and_until_then_nothing_goes_on() -> None:
    running = ready(after_surgery({"SCR-10": {"value": "knee", "still_told_limits": "no", "region": "knee"}}))
    (held,) = (one for one in running.state.screening.holds if one.key == KEY)
    assert held.document_valid_until == NOW.date() + timedelta(days=42), "however far the letter reaches"
    running.until(NOW + timedelta(days=43))
    assert running.stands(Stage.suspended)
    assert KEY in {one.key for one in blocking(running.state)}
    refused = record(running, KEY)
    assert refused is not None and refused.code == "start_condition", "the wound is looked at again"


def test_a_plan_that_began_without_it_stands_still_at_its_first_outcome() -> None:
    fused: Answers = {"SCR-10": {"value": "spine_fusion", "still_told_limits": "no", "region": "lumbar"}}
    begun = ready(after_surgery(fused))
    screening = begun.state.screening
    begun.state = begun.state.but(
        screening=screening.but(
            holds=tuple(one for one in screening.holds if one.hold.kind is not HoldKind.start)
        )
    )
    assert [one.rule for one in unmet(PACK, begun.state)] == [RULE]
    begun.until(begun.session(1).starts_at + timedelta(hours=1))
    outcome = RecordOutcome(
        session_no=1, outcome=SessionStatus.attended, pain=3, start_unmet=unmet(PACK, begun.state)
    )
    begun.must(outcome)
    assert begun.stands(Stage.suspended)
    assert all(one.status is not SessionStatus.booked for one in begun.state.sessions)
    assert record(begun, KEY, confirmed=HEALED) is None
    begun.approve(ApprovalKind.resume)
    assert begun.stands(Stage.active)
    assert not unmet(PACK, begun.state)


def test_or_as_soon_as_its_questions_are_asked_again() -> None:
    begun = ready(after_surgery())
    screening = begun.state.screening
    kept = tuple(one for one in screening.holds if one.hold.kind is not HoldKind.start)
    begun.state = begun.state.but(screening=screening.but(holds=kept))
    form = {**ALL_CLEAR, **NEW_KNEE}
    begun.must(Rescreen(result=screen_again(PACK, form, NOW.date(), begun.state.protocol), items=("SCR-03",)))
    assert begun.stands(Stage.suspended)


# -- a form that tells of no operation --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "contradicts"),
    [
        ({"profile": "post_surgical", "condition": None}, True),
        ({"profile": "older_adult", "condition": "post_surgical_joint"}, True),
        ({"profile": "athlete", "condition": "back_pain"}, False),
    ],
)
@pytest.mark.parametrize("answer", ["no", "waiting"])
def test_a_plan_after_an_operation_that_the_form_does_not_tell_of_goes_to_a_person(
    kind: dict[str, Any], contradicts: bool, answer: str
) -> None:
    waiting = {"value": answer, "procedure": "new knee", "region": "knee"}
    form: Answers = {"SCR-09": waiting if answer == "waiting" else {"value": "no"}}
    opened = after_surgery(form, **kind)
    found = {one.hold.rule: one.hold.until for one in blocking(opened.state)}
    assert ("SCR-09-incomplete" in found) is contradicts
    assert not contradicts or "no operation" in found["SCR-09-incomplete"]


def test_metal_in_the_bone_is_an_operation_however_long_ago() -> None:
    opened = after_surgery({"SCR-10": {"value": "knee", "still_told_limits": "no", "region": "knee"}})
    assert {one.hold.rule for one in blocking(opened.state)} == {RULE}


# -- techniques that only the protocol can allow ----------------------------------------------------------


def test_a_technique_comes_with_the_protocol_that_allows_it_and_goes_with_one_that_does_not() -> None:
    opened = after_surgery()
    assert opened.state.protocol.techniques == ("passive_assisted", "active_assisted", "static")
    before = session_sheet(PACK, opened.state.protocol, unmet=unmet(PACK, opened.state))
    assert "pnf_hold_relax" in before.only_if_protocol_says
    assert before.not_yet == (PACK.profiles["post_surgical"].start_condition,)
    (why,) = {one.why for one in before.left_out if one.technique == "pnf_hold_relax" and not one.region}
    assert why.startswith("only if the surgical protocol says so")
    assert (
        record(opened, KEY, confirmed=HEALED, surgical=surgical(opened.state.protocol, "pnf_hold_relax"))
        is None
    )
    after = session_sheet(PACK, opened.state.protocol, unmet=unmet(PACK, opened.state))
    assert "pnf_hold_relax" in {one.technique for one in after.allowed}
    assert "pnf_hold_relax" not in after.only_if_protocol_says and not after.not_yet
    assert not [one for one in after.left_out if one.technique == "pnf_hold_relax" and not one.region]
    ready(opened).until(NOW + timedelta(days=43))
    assert record(opened, KEY, confirmed=HEALED, surgical=surgical(opened.state.protocol)) is None
    assert "pnf_hold_relax" not in opened.state.protocol.techniques


def test_a_protocol_read_without_a_word_about_techniques_allows_no_further_one() -> None:
    opened = after_surgery()
    assert (
        record(opened, KEY, confirmed=HEALED, surgical=surgical(opened.state.protocol, "pnf_hold_relax"))
        is None
    )
    ready(opened).until(NOW + timedelta(days=43))
    assert record(opened, KEY, confirmed=HEALED) is None
    assert opened.state.protocol.techniques == ("passive_assisted", "active_assisted", "static")


def test_a_newer_protocol_is_read_between_times_and_only_beside_one_that_counts() -> None:
    opened = after_surgery()
    newer = surgical(opened.state.protocol, "dynamic")
    edit = ProtocolEdit(surgical_techniques=newer.allowed, techniques=newer.techniques)
    refused = opened.ask(Amend(edit=edit, reason_id="why"))
    assert refused is not None and refused.code == "protocol_not_read"
    ready(opened)
    opened.must(Amend(edit=edit, reason_id="letter of 1 April: active movement from now on"))
    assert "dynamic" in opened.state.protocol.techniques
    beyond = edit.but(techniques=(*newer.techniques, "myofascial_release"))
    refused = opened.ask(Amend(edit=beyond, reason_id="why"))
    assert refused is not None and refused.code == "technique_ruled_out"


def test_what_the_protocol_allows_stays_allowed_when_other_parts_are_treated() -> None:
    opened = after_surgery()
    record(opened, KEY, confirmed=HEALED, surgical=surgical(opened.state.protocol, "pre_contraction"))
    regions = judged_for(PACK, opened.state, {**ALL_CLEAR, **NEW_KNEE}, ("hip", "lumbar"), NOW.date())
    assert "pre_contraction" in regions.techniques


def test_no_protocol_allows_what_the_pack_leaves_out_altogether() -> None:
    possible = only_by_protocol(PACK, "post_surgical", "post_surgical_joint")
    assert possible == ("pnf_hold_relax", "pre_contraction", "myofascial_release", "dynamic")
    assert "pnf_contract_relax" not in possible
    assert "myofascial_release" not in only_by_protocol(PACK, "post_surgical", "sciatica_like")
    assert only_by_protocol(PACK, "athlete", "back_pain") == ()


def test_without_a_start_condition_the_techniques_are_read_with_the_surgical_team_s_protocol() -> None:
    opened = after_surgery(STILL_LIMITED, "hip", profile="athlete")
    assert not [one for one in opened.state.screening.holds if one.hold.kind is HoldKind.start]
    key = "SCR-10-e/clearance/knee/left"
    assert record(opened, key, surgical=surgical(opened.state.protocol, "dynamic")) is None
    assert "dynamic" in opened.state.protocol.techniques


def test_a_condition_may_have_a_start_condition_of_its_own() -> None:
    own = (
        "  post_surgical_joint:\n"
        "    start_condition: 'the gait is safe'\n"
        "    start_needs: {clearance: {from: surgical_team, document: postop_protocol, valid_days: 28}}\n"
    )
    pack = parse(packs.builtin_text().replace("  post_surgical_joint:\n", own), "own.yaml")
    found = {one.rule: one.valid_days for one in start_holds(pack, "post_surgical", "post_surgical_joint")}
    assert found == {RULE: 42, "conditions.post_surgical_joint.start_condition": 28}
