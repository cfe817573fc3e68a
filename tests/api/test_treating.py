"""The assessment, the sheet for the treatment room, unwanted effects and check-ins by telephone, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient

from care.pack import builtin
from schemas.rules import Override, RulePack
from tests.api.pathway import active, read


async def test_an_assessment_names_what_it_lacks_and_is_kept_with_codes_only(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    needed = await read(therapist, plan_id, "/assessment")
    items = [one["id"] for one in needed["needed"]]
    assert {"PA-01", "PA-02", "PA-03", "PA-04", "PA-05", "PA-06"} <= set(items)
    body: dict[str, Any] = {
        "outcome": "suitable",
        "reasoning": "Stiff hips, no red flags.",
        "findings": {"PA-01": "Agreed to each area."},
    }
    refused = await therapist.post(f"/api/v1/plans/{plan_id}/assessment", json=body)
    assert refused.status_code == 422
    assert {one["field"] for one in refused.json()["errors"]} == {
        f"findings.{item}" for item in items if item != "PA-01"
    }
    body["findings"] = dict.fromkeys(items, "as it should be")
    taken = await therapist.post(f"/api/v1/plans/{plan_id}/assessment", json=body)
    assert taken.status_code == 200, taken.text
    plan = await read(therapist, plan_id)
    assert plan["state"]["assessment"]["outcome"] == "suitable"
    assert "Stiff hips" not in str(plan["state"])
    assert any("Stiff hips" in note["body"] for note in plan["notes"])


async def test_the_session_sheet_says_what_is_allowed_and_why_the_rest_is_not(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    sheet = (await read(therapist, plan_id, "/session-sheet"))["sheet"]
    assert 30 <= sheet["minutes"] <= 60
    assert [stop["id"] for stop in sheet["stops"]] == [f"STOP-0{n}" for n in range(1, 6)]
    allowed = {one["technique"] for one in sheet["allowed"]}
    fully_out = {one["technique"] for one in sheet["left_out"] if one["region"] is None}
    assert allowed and not allowed & fully_out
    assert all(one["rule"] and one["why"] for one in sheet["left_out"])


async def test_the_sheet_says_before_the_visit_that_nobody_treats_what_has_not_been_examined_mid_2(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    assert (await read(therapist, plan_id, "/session-sheet"))["sheet"]["waits_for"] == []
    told = {"grade": 2, "description": "New pins and needles down the leg."}
    taken = await therapist.post(f"/api/v1/plans/{plan_id}/adverse-events", json=told)
    assert taken.status_code == 200, taken.text
    (waits,) = (await read(therapist, plan_id, "/session-sheet"))["sheet"]["waits_for"]
    assert "has not been examined yet" in waits


async def test_an_adverse_event_is_reported_followed_up_and_closed(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    address = f"/api/v1/plans/{plan_id}/adverse-events"
    wrong = await therapist.post(address, json={"grade": 1, "description": "A bruise.", "stops": ["STOP-9"]})
    assert wrong.status_code == 422
    taken = await therapist.post(address, json={"grade": 1, "description": "A bruise.", "stops": ["STOP-01"]})
    assert taken.status_code == 200, taken.text
    plan = await read(therapist, plan_id)
    (event,) = plan["state"]["adverse"]
    assert any(item["kind"] == "adverse_follow_up" for item in plan["agenda"])
    done = await therapist.post(
        f"{address}/{event['id']}/follow-up", json={"note": "Gone after two days.", "resolved": True}
    )
    assert done.status_code == 200, done.text
    assert (await read(therapist, plan_id))["state"]["adverse"] == []


async def test_a_check_in_by_telephone_raises_what_a_text_would_raise(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    address = f"/api/v1/plans/{plan_id}/check-ins"
    out_of_range = await therapist.post(address, json={"question": "CHK-FLARE", "value": 9})
    assert out_of_range.status_code == 422
    taken = await therapist.post(address, json={"question": "CHK-PAIN", "value": 9, "note": "By telephone."})
    assert taken.status_code == 200, taken.text
    plan = await read(therapist, plan_id)
    assert any(alert["rule"] == "AL-01" for alert in plan["alerts"])


async def test_an_override_needs_a_weighty_reason_and_never_touches_what_is_absolute(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    address = f"/api/v1/plans/{plan_id}/overrides"
    listed = await read(therapist, plan_id, "/overrides")
    assert all(one["rules"] or not one["may"] for one in listed["restrictions"])
    short = await therapist.post(address, json={"hold": "SCR-16-b/clearance", "reason": "It is fine."})
    assert short.status_code == 422, "a reason has 20 characters or more"
    reason = "Examined today: full strength, no change."
    nothing = await therapist.post(address, json={"reason": reason})
    assert nothing.status_code == 422
    unknown = await therapist.post(address, json={"hold": "SCR-01-c/clearance", "reason": reason})
    assert unknown.status_code == 409 and unknown.json()["code"] == "unknown_hold"
    for one in listed["restrictions"]:
        answered = await therapist.post(address, json={"restriction": one["restriction"], "reason": reason})
        assert answered.status_code == (200 if one["may"] else 409), answered.text


async def test_a_client_who_does_not_want_to_go_ahead_had_no_session(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    body: dict[str, Any] = {"outcome": "attended", "pain": 8, "day_check": {"DAY-05": False}}
    refused = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "day_check.DAY-05"


async def test_how_long_an_override_s_reason_must_be_stands_in_the_plan_s_own_pack_alg_10(
    app: FastAPI, therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    algebra = builtin().disposition_algebra
    longer = algebra.model_copy(update={"override": Override(reason_min_characters=60)})

    async def own(_hash: str) -> RulePack:
        return builtin().model_copy(update={"disposition_algebra": longer})

    app.state.clinic = replace(app.state.clinic, pack_by_hash=own)
    body = {"hold": "SCR-16-b/clearance", "reason": "Examined today: full strength, no change."}
    refused = await therapist.post(f"/api/v1/plans/{plan_id}/overrides", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "reason", "reason": "Write at least 60 characters."}]
