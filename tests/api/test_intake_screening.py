"""Every example intake opens the plan that its answers ask for."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.api.forms import EXAMPLES, example
from tests.api.recorded_plans import RecordedPlans

OUTCOMES = {
    "anna-back-pain": ("modify", None),
    "caitlin-athlete": ("clear", None),
    "dorothy-osteoporosis": ("needs_clearance", "E3"),
    "frances-no-texts": ("clear", None),
    "george-recent-surgery": ("defer", "E2"),
    "maya-saddle-numbness": ("refer_urgent", "E0"),
    "omar-unfinished-form": ("needs_clearance", "E2"),
}


def test_every_example_has_its_outcome_written_down() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(OUTCOMES)


@pytest.mark.parametrize("name", OUTCOMES)
async def test_an_example_is_screened_as_its_story_says(name: str, service: AsyncClient) -> None:
    answered = await service.post("/api/v1/intakes", json=example(name))
    assert answered.status_code == 201, answered.text
    screening = answered.json()["screening"]
    assert (screening["overall"], screening["urgency"]) == OUTCOMES[name]


async def test_an_urgent_finding_names_the_text_and_the_hold(service: AsyncClient) -> None:
    answered = await service.post("/api/v1/intakes", json=example("maya-saddle-numbness"))
    screening = answered.json()["screening"]
    assert screening["message"] == "MSG-CES"
    assert screening["message_text"].startswith("Riverside Physio: ")
    assert "Go to A&E" in screening["message_text"]
    assert "SCR-02-a" in {hold["rule"] for hold in screening["holds"]}


async def test_blank_questions_are_named_with_their_words(service: AsyncClient) -> None:
    answered = await service.post("/api/v1/intakes", json=example("omar-unfinished-form"))
    fields = {one["field"]: one["question"] for one in answered.json()["screening"]["incomplete"]}
    assert set(fields) == {"SCR-06", "SCR-10.still_told_limits", "SCR-13"}
    assert all(fields.values())


async def test_restrictions_say_what_they_do(service: AsyncClient, anna: dict[str, Any]) -> None:
    answered = await service.post("/api/v1/intakes", json=anna)
    restriction = answered.json()["screening"]["restrictions"][0]
    assert restriction["code"] == "R-NO-DEEP-PRESSURE"
    assert "pressure" in restriction["in_words"]


async def test_the_demo_plan_starts_weekly_from_her_own_numbers(
    service: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = (await service.post("/api/v1/intakes", json=anna)).json()["plan_id"]
    protocol = plans.states[plan_id].protocol
    assert protocol.start_step == "S1"
    assert (protocol.primary.baseline, protocol.primary.target) == (3.5, 8)
    assert protocol.pain_baseline == 6
    assert f"{protocol.first_session_at:%a %H:%M}" == "Tue 10:00"


async def test_without_consent_the_plan_opens_with_texts_off(
    service: AsyncClient, plans: RecordedPlans
) -> None:
    answered = await service.post("/api/v1/intakes", json=example("frances-no-texts"))
    assert not plans.states[answered.json()["plan_id"]].texts_on
