"""Leave: what would wait for somebody who is away goes to a colleague who may decide it, marked as whose it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from database.demo_clinic import DUTY, FRONT_DESK, LEAD, MANAGER, PRACTITIONER, THERAPIST, Person
from database.leave import StandIns, stand_ins
from tests.console.conftest import Clock, SignIn
from tests.console.staged_clinic import StagedPlans

FIRST, LAST = "2026-11-24", "2026-11-27"


def _form(delegate: Person, away: Person = THERAPIST, first: str = FIRST, last: str = LAST) -> dict[str, str]:
    return {
        "key": f"{away.initials}-{delegate.initials}-{first}",
        "staff_id": away.id,
        "delegate_id": delegate.id,
        "first_day": first,
        "last_day": last,
        "reason": "holiday",
    }


async def test_a_decision_goes_to_the_delegate_who_sees_whose_it_is_and_decides(
    priya: httpx2.AsyncClient, sign_in: SignIn, waiting_plan: str
) -> None:
    tom = await sign_in(DUTY)
    assert "Nothing waits for your decision" in (await tom.get("/approvals")).text
    assert (await priya.post("/leave", data=_form(DUTY))).headers["Location"] == "/leave?said=leave-set"

    inbox = (await tom.get("/approvals")).text
    assert f"/approvals/{waiting_plan}-1" in inbox
    assert "Priya Nair <small>you stand in</small>" in inbox
    assert "due " in inbox  # the deadline stays, and is said
    assert "Nothing waits for your decision" in (await priya.get("/approvals")).text
    assert "Tom Hughes stands in" in (await priya.get("/approvals?whose=everyone")).text
    assert "you stand in" in (await tom.get("/attention?whose=mine")).text

    sheet = (await tom.get(f"/approvals/{waiting_plan}-1")).text
    assert "you stand in" in sheet
    decided = await tom.post(
        f"/approvals/{waiting_plan}-1", data={"key": "once", "decision": "reject", "reason": "Not yet."}
    )
    assert decided.status_code == 303


async def test_back_early_everything_is_one_s_own_again(
    priya: httpx2.AsyncClient, sign_in: SignIn, waiting_plan: str, clock: Clock
) -> None:
    await priya.post("/leave", data=_form(DUTY))
    clock.now += timedelta(hours=3)
    [back] = re.findall(r"/leave/[^/]+/end", (await priya.get("/leave")).text)
    assert (await priya.post(back)).headers["Location"] == "/leave?said=leave-ended"
    assert f"/approvals/{waiting_plan}-1" in (await priya.get("/approvals")).text


async def test_leave_ends_by_itself_at_the_site_s_midnight(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    await priya.post("/leave", data=_form(DUTY, last=FIRST))
    midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo("Europe/London"))
    last_moment = midnight - timedelta(microseconds=1)
    assert (await stand_ins(plans.engine, last_moment)).acting(THERAPIST.id) == DUTY.id
    assert (await stand_ins(plans.engine, midnight)).acting(THERAPIST.id) == THERAPIST.id


@pytest.mark.parametrize("delegate", [FRONT_DESK, PRACTITIONER, MANAGER], ids=lambda one: one.initials)
async def test_only_a_physiotherapist_stands_in_for_a_physiotherapist(
    delegate: Person, priya: httpx2.AsyncClient
) -> None:
    answered = await priya.post("/leave", data=_form(delegate))
    assert answered.status_code == 422
    assert "do not let them decide on a proposal" in answered.text
    assert 'value="2026-11-27"' in answered.text  # what was typed stays


async def test_anybody_on_the_floor_stands_in_for_the_front_desk(sign_in: SignIn) -> None:
    sam = await sign_in(FRONT_DESK)
    assert (await sam.post("/leave", data=_form(PRACTITIONER, FRONT_DESK))).status_code == 303


async def test_a_delegate_is_there_when_the_leave_is_set(priya: httpx2.AsyncClient, sign_in: SignIn) -> None:
    tom = await sign_in(DUTY)
    await tom.post("/leave", data=_form(LEAD, DUTY, first=LAST))
    answered = await priya.post("/leave", data=_form(DUTY))
    assert answered.status_code == 409
    assert "Tom Hughes is away in that time too" in answered.text


async def test_who_stands_in_may_fall_ill_too(
    priya: httpx2.AsyncClient, sign_in: SignIn, waiting_plan: str
) -> None:
    tom, amara = await sign_in(DUTY), await sign_in(LEAD)
    await priya.post("/leave", data=_form(DUTY))
    await tom.post("/leave", data=_form(LEAD, DUTY))
    inbox = (await amara.get("/approvals")).text
    assert f"/approvals/{waiting_plan}-1" in inbox
    assert "Priya Nair <small>you stand in</small>" in inbox


async def test_the_same_form_sets_one_leave(priya: httpx2.AsyncClient) -> None:
    for _ in range(2):
        assert (await priya.post("/leave", data=_form(DUTY))).status_code == 303
    assert len(re.findall(r"/leave/[^/]+/end", (await priya.get("/leave")).text)) == 1
    again = await priya.post("/leave", data=_form(LEAD, first="2026-11-26"))
    assert "There is leave in that time already" in again.text


async def test_a_lead_sets_leave_for_somebody_who_cannot_and_a_colleague_does_not(sign_in: SignIn) -> None:
    lead, desk = await sign_in(LEAD), await sign_in(FRONT_DESK)
    assert (await desk.post("/leave", data=_form(DUTY))).status_code == 403
    assert (await lead.post("/leave", data=_form(DUTY))).status_code == 303
    [end] = re.findall(r"/leave/[^/]+/end", (await lead.get("/leave")).text)
    assert (await desk.post(end)).status_code == 403
    assert "/end" not in (await desk.get("/leave")).text


async def test_leave_says_which_sessions_are_still_booked(lived_plan: str, priya: httpx2.AsyncClient) -> None:
    await priya.post("/leave", data=_form(DUTY, last="2027-02-28"))
    assert re.search(r"sessions? still booked with Priya Nair", (await priya.get("/leave")).text)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.sampled_from("abcdef"))
def test_whoever_acts_is_there_or_nobody_is(by_owner: dict[str, str], owner: str) -> None:
    """Circles are refused when leave is set; should one arise all the same, it stays with its owner."""
    standing = StandIns({one: other for one, other in by_owner.items() if one != other})
    acting = standing.acting(owner)
    assert acting not in standing.by_owner or acting == owner
