"""Another goal at the console: chosen from the plan's own pack, asked for at the visit, read beside the decision."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from care.pack import builtin
from schemas.plan import SessionStatus
from tests.console.staged_clinic import StagedPlans

SHOULDER = {
    "goal_in": "ROM:shoulder",
    "goal_baseline": "90",
    "goal_target": "150",
    "goal_movement": "abduction",
    "goal_side": "left",
    "goal_mode": "active",
    "goal_device": "goniometer",
}
WHY = "Reaching the shelf is what she wants."


def amend(key: str, **fields: str) -> dict[str, Any]:
    return {"key": key, "form": "amend", "reason": WHY, **fields}


async def amended(browser: httpx2.AsyncClient, plan_id: str, **fields: str) -> httpx2.Response:
    return await browser.post(f"/plans/{plan_id}/amend", data=amend("a", **fields))


async def test_the_choices_are_the_pack_s_the_profile_s_first(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    page = await priya.get(f"/plans/{lived_plan}")
    offered = re.findall(r'<option value="([A-Z]+(?::\w+)?)" >', page.text.partition('name="goal_in"')[2])
    pack = builtin()
    first = pack.profiles[plans.states[lived_plan].protocol.profile].goal_measures
    assert tuple(dict.fromkeys(one.partition(":")[0] for one in offered))[: len(first)] == first
    assert {"PSFS", "STIFF", "NRS", "ROM:shoulder", "ROM:knee_flexion", "ROM:elbow"} <= set(offered)
    assert not {"GROC", "ADH", "FLARE"} & set(offered)
    assert "Shoulder: 15° counts, 25° between two assessors" in page.text
    assert "as now: PSFS" in page.text


async def test_a_running_plan_gets_a_goal_in_degrees_and_older_scores_stay_readable(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    before = plans.states[lived_plan].progress.scores
    done = await amended(priya, lived_plan, **SHOULDER)
    assert done.headers["Location"] == f"/plans/{lived_plan}?said=amended"
    goal = plans.states[lived_plan].protocol.primary
    assert (goal.code, goal.mcid, goal.mdc_between) == ("ROM", 15, 25)
    page = (await priya.get(f"/plans/{lived_plan}")).text
    assert f'<span class="quiet">PSFS {before[-1].primary:g}</span>' in page
    assert "Shoulder abduction, left" in page
    assert (
        "The goal is now ROM shoulder abduction left active goniometer, from 90 to 150; it was PSFS." in page
    )
    assert re.search(r"a change of \d+° counts", page)


async def test_how_an_angle_is_taken_is_left_out_of_a_goal_on_a_scale(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    fields = SHOULDER | {"goal_in": "STIFF", "goal_baseline": "6", "goal_target": "2"}
    assert (await amended(priya, lived_plan, **fields)).status_code == 303
    assert plans.states[lived_plan].protocol.primary.angle is None


async def test_a_refused_goal_says_why_in_the_form_s_words_and_keeps_what_was_chosen(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    before = plans.states[lived_plan]
    no_movement = await amended(priya, lived_plan, **(SHOULDER | {"goal_movement": ""}))
    assert no_movement.status_code == 422
    assert "Please correct: goal&#39;s movement." in no_movement.text
    assert "Say which movement of the shoulder" in no_movement.text
    assert 'value="ROM:shoulder" selected' in no_movement.text
    assert 'name="goal_target" step="any" inputmode="decimal" value="150"' in no_movement.text
    nothing_chosen = await amended(priya, lived_plan, goal_target="9")
    assert nothing_chosen.status_code == 422
    assert "Choose what the goal is set in, beside its numbers." in nothing_chosen.text
    assert plans.states[lived_plan] == before


async def test_a_plan_starts_on_another_goal_and_the_visit_asks_for_it_in_its_unit(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    inbox = await priya.get("/approvals?whose=everyone")
    found = re.search(rf'href="(/approvals/{waiting_plan}-\d+)"', inbox.text)
    assert found is not None
    key = re.search(r'name="key" value="([^"]+)"', (await priya.get(found[1])).text)
    assert key is not None
    edit = {"key": key[1], "decision": "edit", "reason": WHY, **SHOULDER}
    assert (await priya.post(found[1], data=edit)).status_code == 303
    session = next(one for one in plans.states[waiting_plan].sessions if one.status is SessionStatus.booked)
    page = (await priya.get(f"/plans/{waiting_plan}/sessions/{session.no}/outcome")).text
    assert "Shoulder abduction, left, degrees" in page
    assert "goal 150°, began at 90°" in page
    assert "active, goniometer, as every time" in page
    assert 'min="-180" max="180"' in page
    sheet = (await priya.get(found[1])).text
    assert "Shoulder abduction, left 90° → 150° in 12 weeks" in sheet


async def test_a_goal_in_pain_or_stiffness_is_not_asked_for_twice(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    await amended(priya, lived_plan, goal_in="NRS", goal_baseline="6", goal_target="2")
    session = next(one for one in plans.states[lived_plan].sessions if one.status is SessionStatus.booked)
    page = (await priya.get(f"/plans/{lived_plan}/sessions/{session.no}/outcome")).text
    assert 'name="primary"' not in page
    assert "0 none, 10 worst; the goal: 2, began at 6" in page


async def test_beside_the_decision_stand_the_rating_of_change_and_the_share_of_the_pain(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    told = await priya.post(
        f"/plans/{lived_plan}/check-ins",
        data={"key": "c", "form": "check-in", "question": "CHK-BETTER", "value": "8"},
    )
    assert told.status_code == 303, told.text
    page = (await priya.get(f"/plans/{lived_plan}")).text
    assert "<strong>+3 (8 of 10; recoding not validated)</strong>" in page
    assert "Corroborates, never decides alone." in page
    assert re.search(r"Pain since the start <strong>[\d.]+ → [\d.]+: [\d.]+ lower, \d+ %</strong>", page)
    assert "30 % is looked at too" in page
