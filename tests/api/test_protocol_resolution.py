"""A plan's protocol is the more cautious of profile, condition and screening, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.pack import builtin
from care.protocol import resolve
from care.screening import screen
from care.technique_limits import allowed_techniques
from database.demo_clinic import HOURS, ROOM_IDS, SITE_ID, THERAPIST
from schemas.goals import Measure
from schemas.protocol import ApprovalKind, ChainLink, Protocol
from schemas.screening import Restriction, Urgency
from schemas.taper import Step
from tests.api.forms import example

PACK = builtin()
ANSWERS = {**example("caitlin-athlete")["screening"], "SCR-24": {"value": "2001-02-05"}}
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def a_protocol(
    profile: str = "chronic_tension",
    condition: str | None = "back_pain",
    regions: tuple[str, ...] = ("lumbar", "hip"),
    answers: dict[str, Any] | None = None,
) -> Protocol:
    """The protocol of a client with these answers."""
    return resolve(
        PACK,
        profile=profile,
        condition=condition,
        screening=screen(PACK, {**ANSWERS, **(answers or {})}, NOW.date(), regions),
        site_id=SITE_ID,
        hours=HOURS,
        therapist_id=THERAPIST.id,
        room_id=ROOM_IDS[0],
        chain=(ChainLink(role="treating_physiotherapist", staff_id=THERAPIST.id),),
        first_session_at=NOW + timedelta(days=1),
        primary=Measure(code="PSFS", baseline=3, target=8, mcid=2),
        pain_baseline=4,
        target_regions=regions,
    )


@pytest.mark.parametrize("condition", [None, *PACK.conditions])
@pytest.mark.parametrize("profile", PACK.profiles)
def test_every_profile_and_condition_resolve_to_the_more_cautious(
    profile: str, condition: str | None
) -> None:
    both = (PACK.profiles[profile], *((PACK.conditions[condition],) if condition else ()))
    protocol = a_protocol(profile, condition)
    assert protocol.session_minutes == min(one.session_minutes for one in both)
    assert protocol.review_sessions == min(one.review_after.sessions for one in both)
    assert protocol.review_days == min(one.review_after.days for one in both)
    assert protocol.start_step == both[-1].start_step
    assert all(set(protocol.techniques) <= set(one.allowed) for one in both)
    assert {code for one in both for code in one.restrictions} <= {one.code for one in protocol.restrictions}


def test_a_condition_s_own_review_ceiling_tightens_the_taper() -> None:
    assert a_protocol(condition=None).taper.hard_review_sessions == 9
    assert a_protocol(condition="sciatica_like").taper.hard_review_sessions == 6


def test_a_technique_to_avoid_on_one_region_stays_for_the_others() -> None:
    avoided = Restriction(code="R-EXCL-TECH", technique="pnf_contract_relax", region="lumbar")

    def allowed(*regions: str) -> tuple[str, ...]:
        return allowed_techniques(
            PACK, profile="athlete", condition=None, restrictions=[avoided], target_regions=regions
        )

    assert "pnf_contract_relax" not in allowed("lumbar")
    assert "pnf_contract_relax" in allowed("lumbar", "hip")
    assert avoided in a_protocol("athlete", "back_pain").restrictions


def test_blood_thinners_rule_deep_pressure_out() -> None:
    assert "myofascial_release" in a_protocol().techniques
    assert "myofascial_release" not in a_protocol(answers={"SCR-21": {"value": "thinner_stable"}}).techniques


def test_a_client_who_wants_no_touch_leaves_nothing_to_choose() -> None:
    assert a_protocol(answers={"SCR-25": {"value": ["can_say_stop", "not_ok_with_touch"]}}).techniques == ()


def test_a_whole_leg_covers_its_parts() -> None:
    clot = {"SCR-04": {"value": "under_3_months", "on_treatment": "yes"}}
    assert a_protocol("athlete", None, ("knee", "hip"), clot).techniques == ()
    assert a_protocol("athlete", None, ("knee", "shoulder"), clot).techniques


def test_the_clock_s_rules_come_from_the_pack() -> None:
    protocol = a_protocol()
    assert (protocol.hours.quiet_start, protocol.hours.quiet_end) == (time(20), time(9))
    assert protocol.reply_window == timedelta(hours=48)
    every = {rule.rule: rule.every_days for rule in protocol.routine}
    assert set(every) == {"SCH-3", "SCH-4", "SCH-5", "SCH-6"}
    assert (every["SCH-3"][Step.S1], every["SCH-3"][Step.S3]) == (7, 28)
    assert Step.S0 not in every["SCH-4"]


def test_urgent_alerts_page_and_contact_never_comes_before_acknowledgement() -> None:
    terms = a_protocol().alert_terms
    assert {urgency for urgency in Urgency if terms[urgency].pages} == {Urgency.E0, Urgency.E1}
    assert all(one.contact_minutes >= one.acknowledge_minutes for one in terms.values())
    assert [terms[urgency].acknowledge_minutes for urgency in Urgency] == [15, 60, 240, 1440]


def test_every_decision_has_its_deadline() -> None:
    assert set(a_protocol().approval_minutes) == set(ApprovalKind)


def test_a_screening_counts_half_as_long_when_it_found_something() -> None:
    assert a_protocol().screening_valid_days == 180
    assert a_protocol(answers={"SCR-21": {"value": "thinner_stable"}}).screening_valid_days == 90


restrictions = st.lists(
    st.builds(
        Restriction,
        code=st.sampled_from(sorted(PACK.restrictions)),
        region=st.none() | st.sampled_from(PACK.enums.regions),
        technique=st.none() | st.sampled_from([*PACK.techniques, "all_hands_on"]),
    ),
    max_size=6,
)
targets = st.lists(st.sampled_from(PACK.enums.regions), max_size=4, unique=True).map(tuple)


@given(restrictions, restrictions, targets)
def test_a_further_restriction_never_allows_more(
    some: list[Restriction], more: list[Restriction], regions: tuple[str, ...]
) -> None:
    def allowed(in_force: list[Restriction]) -> tuple[str, ...]:
        return allowed_techniques(
            PACK, profile="athlete", condition=None, restrictions=in_force, target_regions=regions
        )

    assert set(allowed([*some, *more])) <= set(allowed(some))
    assert allowed([*some, *more]) == allowed([*more, *some])
