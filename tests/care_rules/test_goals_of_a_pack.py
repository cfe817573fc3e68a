"""What a goal may be set in is the pack's to say, with its own numbers; what cannot be is refused in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.goals import WantedGoal, goal, goal_codes, goal_faults, joints
from care.pack import builtin
from schemas.goals import JointAngle, Movement
from tests.care_rules.test_pack_loading import refusal

SHOULDER = JointAngle(joint="shoulder", movement=Movement.abduction)


def test_the_pack_says_what_a_goal_may_be_set_in_the_profile_s_measures_first() -> None:
    pack = builtin()
    assert goal_codes(pack, "chronic_tension")[:3] == pack.profiles["chronic_tension"].goal_measures
    assert set(goal_codes(pack, "chronic_tension")) == {"PSFS", "STIFF", "NRS", "ROM"}


@pytest.mark.parametrize("joint", joints(builtin(), builtin().measures["ROM"]))
def test_every_joint_that_is_offered_makes_a_goal_with_the_pack_s_own_numbers(joint: str) -> None:
    table = builtin().measures["ROM"]
    angle = JointAngle(joint=joint, movement=Movement.flexion)
    made = goal(builtin(), WantedGoal(code="ROM", baseline=20, target=60, angle=angle))
    assert made.mcid == table.mdc_same_assessor.get(joint, table.mdc_same_assessor["default"])
    assert made.mdc_between == table.mdc_between.get(joint, table.mdc_between["default"])


@pytest.mark.parametrize(
    ("wanted", "field", "said"),
    [
        (WantedGoal(code="ODI", baseline=1, target=2), "code", "choose one of: NRS, STIFF, PSFS, ROM"),
        (WantedGoal(code="GROC", baseline=0, target=4), "code", "no measure that a goal can be set in"),
        (WantedGoal(code="PSFS", baseline=3, target=11), "target", "from 0 to 10; check the number"),
        (WantedGoal(code="NRS", baseline=-1, target=0), "baseline", "from 0 to 10; check the number"),
        (WantedGoal(code="PSFS", baseline=4, target=4), "target", "is 4 already; set a goal"),
        (WantedGoal(code="PSFS", baseline=6, target=4), "target", "higher is better: from 6"),
        (WantedGoal(code="STIFF", baseline=3, target=7), "target", "lower is better: from 3"),
        (WantedGoal(code="PSFS", baseline=3, target=8, mcid=1), "mcid", "which change counts: 2. Leave it"),
        (WantedGoal(code="PSFS", baseline=3, target=8, angle=SHOULDER), "angle", "leave it out"),
        (WantedGoal(code="ROM", baseline=90, target=120), "angle.joint", "Say which joint; one of: neck,"),
        (WantedGoal(code="ROM", baseline=90, target=999, angle=SHOULDER), "target", "180 degrees; check"),
        (
            WantedGoal(code="ROM", baseline=90, target=120, angle=JointAngle(joint="wing")),
            "angle.joint",
            "'wing' is no joint here; choose one of",
        ),
        (
            WantedGoal(code="ROM", baseline=90, target=120, angle=JointAngle(joint="shoulder")),
            "angle.movement",
            "Say which movement of the shoulder",
        ),
    ],
)
def test_a_goal_that_cannot_be_names_its_field_the_reason_and_the_way_out(
    wanted: WantedGoal, field: str, said: str
) -> None:
    [(found, reason)] = goal_faults(builtin(), wanted)
    assert (found, said in reason) == (field, True), reason
    with pytest.raises(ValueError, match=field):
        goal(builtin(), wanted)


_CODES = st.sampled_from(goal_codes(builtin(), "chronic_tension"))
_NUMBERS = st.floats(-200, 200, allow_nan=False)


@given(code=_CODES, baseline=_NUMBERS, target=_NUMBERS)
def test_whatever_goal_is_taken_lies_in_its_range_and_on_the_better_side(
    code: str, baseline: float, target: float
) -> None:
    measure = builtin().measures[code]
    angle = SHOULDER if measure.is_angle else None
    wanted = WantedGoal(code=code, baseline=baseline, target=target, angle=angle)
    low, high = measure.limits or (0, 0)
    inside = low <= baseline <= high and low <= target <= high
    better = {True: target > baseline, False: target < baseline, None: target != baseline}
    taken = not list(goal_faults(builtin(), wanted))
    assert taken is (inside and better[measure.higher_is_better])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lumbar: 10, default: 10}", "lumbar: 10}", "mdc_same_assessor has no 'default'"),
        ("lumbar: 15, default: 15}", "lumbar: 15}", "mdc_between has no 'default'"),
        ("{neck: 10, shoulder: 15", "{neck: ten, shoulder: 15", "neck: must be a number"),
        ("{neck: 10, shoulder: 15", "{neck: true, shoulder: 15", "neck: must be a number"),
        ("{neck: 10, shoulder: 15", "{neck: 0, shoulder: 15", "neck: must be more than 0"),
        ("{neck: 10, shoulder: 15", "{neck: 10, wing: 5, shoulder: 15", "has no line for 'wing'"),
        (
            "{neck: 10, shoulder: 25",
            "{neck: 5, shoulder: 25",
            "neck: 5 between two assessors is less than 10",
        ),
        ("better: lower, mcid: 2, by_sms", "better: '', mcid: 2, by_sms", "say whether higher or lower"),
        ("range: [-5, 5]", "range: [-4, 4]", "must span 10 steps, as CHK-BETTER asks for it"),
        ("goal_measures: [ROM, PSFS, STIFF]", "goal_measures: [GROC]", "no goal can be set in GROC"),
        (
            "0-10', range: [0, 10], better: higher, mcid: 2",
            "0-10', range: [0, 9], better: higher, mcid: 2",
            "the client's form asks for it from 0 to 10",
        ),
        ("better: higher, mcid: 2, small", "better: higher, small", "PSFS has no mcid"),
    ],
)
def test_a_measure_that_no_plan_could_be_judged_by_is_refused_with_file_and_line(
    old: str, new: str, said: str
) -> None:
    told = refusal((old, new))
    assert said in told
    assert "clinic.yaml:" in told
