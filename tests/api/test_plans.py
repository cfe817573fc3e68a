"""Staff read plans from the record, in the site's time, also while the engine is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.send_checks import WhyNot
from api.attention_words import ALERTS, KINDS
from api.event_words import SENTENCES
from api.text_words import REASONS, STATES
from database.attention import AttentionKind
from database.demo_clinic import THERAPIST
from database.engine import create_engine
from schemas.alerts import AlertReason
from schemas.events import EventKind
from schemas.messages import MessageStatus
from tests.api.forms import example
from tests.api.pathway import active, opened, read
from tests.api.recorded_plans import RecordedPlans


async def test_a_plan_shows_state_agenda_and_story(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    whole = await read(therapist, await active(therapist, anna))
    assert whole["plan"]["stage"] == "active"
    assert whole["client"]["given_name"] == "Anna"
    assert whole["agenda"] == sorted(whole["agenda"], key=lambda item: item["due"])
    assert whole["agenda"][0]["key"] == whole["plan"]["next"]["key"]
    told = [line["what"] for line in whole["timeline"]]
    assert told[0] == "Intake received."
    assert "Session 1 was booked for Tue 03 Nov 2026 10:00." in told
    assert not [line for line in told if "–" in line], "a sentence lacks its facts"


async def test_f17_times_carry_the_site_s_offset(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    summer = {**anna, "preferred": {"weekday": "tuesday", "time": "10:00", "from": "2027-04-01"}}
    whole = await read(therapist, await active(therapist, summer))
    assert whole["state"]["sessions"][0]["starts_at"] == "2027-04-06T10:00:00+01:00"
    assert whole["plan"]["opened_at"].endswith("+00:00")


async def test_a_plan_that_is_not_there_is_said_so(therapist: AsyncClient) -> None:
    answered = await therapist.get("/api/v1/plans/none-such")
    assert answered.status_code == 404
    assert answered.json()["code"] == "not_found"


async def test_reads_work_while_the_engine_is_away(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await active(therapist, anna)
    plans.away = True
    for part in ("", "/preview", "/messages", "/events"):
        await read(therapist, plan_id, part)
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/hold", json={"reason": "on holiday"})
    assert answered.status_code == 503
    assert answered.headers["Retry-After"]
    assert answered.json()["code"] == "engine_unavailable"


async def test_plans_are_listed_in_pages_without_gap_or_repeat(therapist: AsyncClient, clock: Any) -> None:
    opened_ids = []
    for name in ("anna-back-pain", "caitlin-athlete", "dorothy-osteoporosis", "frances-no-texts"):
        opened_ids.append(await opened(therapist, example(name)))
        clock.pass_by(timedelta(minutes=1))
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = (await therapist.get("/api/v1/plans", params=query)).json()
        seen += [plan["id"] for plan in page["plans"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == opened_ids[::-1]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"stage": ["awaiting_clearance"]}, {"Dorothy Whitcombe"}),
        ({"stage": ["awaiting_clearance", "awaiting_approval"]}, {"Dorothy Whitcombe", "Anna Kowalska"}),
        ({"q": "kowal"}, {"Anna Kowalska"}),
        ({"therapist": THERAPIST.email, "q": "anna"}, {"Anna Kowalska"}),
        ({"therapist": "nobody"}, set()),
        ({"open": True}, {"Dorothy Whitcombe", "Anna Kowalska"}),
    ],
)
async def test_plans_are_found_by_stage_therapist_and_name(
    therapist: AsyncClient, query: dict[str, Any], names: set[str]
) -> None:
    for name in ("anna-back-pain", "dorothy-osteoporosis"):
        await opened(therapist, example(name))
    found = (await therapist.get("/api/v1/plans", params=query)).json()["plans"]
    assert {plan["client"] for plan in found} == names


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"stage": "asleep"}, {"cursor": "!!"}, {"cursor": "eA"}, {"sort": "up"}]
)
async def test_a_wrong_filter_is_named(therapist: AsyncClient, query: dict[str, Any]) -> None:
    answered = await therapist.get("/api/v1/plans", params=query)
    assert answered.status_code == 422
    (wrong,) = query
    assert {error["field"].split(".")[0] for error in answered.json()["errors"]} == {wrong}


async def test_the_preview_shows_texts_sessions_and_the_way_down(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    planned = (await read(therapist, await opened(therapist, anna), "/preview?weeks=52"))["planned"]
    kinds = {line["kind"] for line in planned}
    assert {"text", "session", "step"} <= kinds
    assert planned == sorted(planned, key=lambda line: line["at"])


async def test_every_text_says_why(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    messages = (await read(therapist, await active(therapist, anna), "/messages"))["messages"]
    assert messages
    assert all(one["why"] and one["rule"] for one in messages)


async def test_the_audit_is_a_whole_chain_in_pages(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await active(therapist, anna)
    first = await read(therapist, plan_id, "/events?limit=3")
    assert first["chain"]["whole"]
    positions = [one["position"] for one in first["events"]]
    assert positions == [first["chain"]["length"] - n for n in range(3)]
    rest = await read(therapist, plan_id, f"/events?before={first['next_before']}")
    assert rest["events"][-1]["position"] == 1
    assert rest["next_before"] is None


async def test_an_overdue_decision_needs_a_person(
    therapist: AsyncClient, anna: dict[str, Any], clock: Any
) -> None:
    plan_id = await opened(therapist, anna)
    clock.pass_by(timedelta(days=5))
    listed = (await therapist.get("/api/v1/attention")).json()
    item = next(one for one in listed["items"] if one["plan_id"] == plan_id)
    assert item["overdue"]
    assert {"what", "next_step", "age", "deadline", "owner", "since"} <= set(item)


async def test_the_clinic_s_figures_are_metrics(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    await active(therapist, anna)
    told = (await therapist.get("/metrics")).text
    assert 'limber_plans{stage="active"} 1.0' in told
    assert "Kowalska" not in told


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (SENTENCES, EventKind),
        (STATES, MessageStatus),
        (REASONS, WhyNot),
        (ALERTS, AlertReason),
        (KINDS, set(AttentionKind) - {AttentionKind.alert}),
    ],
)
def test_every_code_has_words(words: Any, codes: Any) -> None:
    assert set(words) == set(codes)


async def test_the_database_away_is_said_so(therapist: AsyncClient, app: Any, engine: AsyncEngine) -> None:
    clinic = app.state.clinic
    nowhere = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app.state.clinic = type(clinic)(**{**vars(clinic), "engine": nowhere})
    assert (await therapist.get("/readyz")).status_code == 503
    answered = await therapist.get("/api/v1/attention")
    assert (answered.status_code, answered.json()["code"]) == (503, "database_unavailable")
    assert (await therapist.get("/metrics")).status_code == 200
    await nowhere.dispose()
