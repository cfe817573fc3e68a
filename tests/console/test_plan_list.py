"""All plans: found, kept as views, exported, and steered several at once after a look."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx2

from api.console.plans_csv import safe
from database.demo_clinic import DUTY, FRONT_DESK, OPERATIONS, THERAPIST
from schemas.plan import Stage
from tests.console.conftest import SignIn, opened
from tests.console.staged_clinic import StagedPlans


async def test_a_row_says_contact_attendance_outcome_and_change(
    priya: httpx2.AsyncClient, lived_plan: str
) -> None:
    page = await priya.get("/plans")
    assert re.search(r"<small>\d+ of \d+</small>", page.text)
    assert re.search(r"\d, \+\d", page.text)
    assert re.search(r">(\d+ (days|h|min)|a moment) ago</time>", page.text)


async def test_a_client_is_found_by_name_without_the_name_in_an_address(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    found = await priya.post("/plans/search", data={"q": "kowal"})
    assert waiting_plan in found.text
    assert not re.search(r'href="[^"]*kowal', found.text)
    assert "No client is called so." in (await priya.post("/plans/search", data={"q": "nobody"})).text


async def test_a_view_is_ones_own_and_keeps_its_filters(
    priya: httpx2.AsyncClient, sign_in: SignIn, waiting_plan: str
) -> None:
    form = {"name": "Undecided", "filters": "stage=awaiting_approval&waiting=decision"}
    for _ in range(2):  # the same name again is the same view
        kept = await priya.post("/plans/views", data=form)
        assert kept.headers["Location"].startswith("/plans?stage=awaiting_approval")
    page = await priya.get("/plans")
    assert page.text.count(">Undecided</a>") == 1
    assert "Undecided" not in (await (await sign_in(FRONT_DESK)).get("/plans")).text
    drop = re.search(r'action="(/plans/views/[^"]+/drop)"', page.text)
    assert drop is not None
    await (await sign_in(DUTY)).post(drop[1])
    assert "Undecided" in (await priya.get("/plans")).text
    await priya.post(drop[1])
    assert "Undecided" not in (await priya.get("/plans")).text


async def test_a_view_of_filters_that_do_not_exist_is_refused(priya: httpx2.AsyncClient) -> None:
    answered = await priya.post("/plans/views", data={"name": "Odd", "filters": "q=Anna"})
    assert answered.status_code == 422


async def test_the_file_holds_initials_and_clinical_values_for_those_who_may_read_them(
    priya: httpx2.AsyncClient, sign_in: SignIn, lived_plan: str
) -> None:
    exported = await priya.get("/plans/export.csv")
    (row,) = csv.DictReader(io.StringIO(exported.text.removeprefix("\ufeff")))
    assert (row["plan"], row["client"], row["stage"]) == (lived_plan, "A.K.", "Active")
    assert float(row["change"]) > 0
    assert "Kowalska" not in exported.text
    for_operations = await (await sign_in(OPERATIONS)).get("/plans/export.csv")
    assert "outcome" not in for_operations.text.splitlines()[0]


def test_no_cell_is_a_formula() -> None:
    assert safe('=HYPERLINK("http://example.com")') == '\'=HYPERLINK("http://example.com")'
    assert [safe(cell) for cell in ("@x", "-1+2", "\tx", "plain", 2.5)] == [
        "'@x",
        "'-1+2",
        "'\tx",
        "plain",
        2.5,
    ]


async def test_several_plans_are_looked_at_before_they_are_held_and_each_answers_for_itself(
    priya: httpx2.AsyncClient, lived_plan: str, anna: dict[str, Any], plans: StagedPlans
) -> None:
    anna["client"].update(given_name="Bo", family_name="Xu", mobile="+447700900322")
    waiting = await opened(priya, anna)
    both = {"do": "hold", "plan": [lived_plan, waiting], "key": "many"}
    look = await priya.post("/plans/many", data=both)
    assert "Hold several plans: 1 of 2" in look.text
    assert "The plan was paused." in look.text
    assert "it cannot be paused. It must be active first." in look.text
    assert plans.states[lived_plan].stage is Stage.active

    unsaid = await priya.post("/plans/many/hold", data=both)
    assert unsaid.status_code == 422
    assert plans.states[lived_plan].stage is Stage.active
    for _ in range(2):  # a double click
        done = await priya.post("/plans/many/hold", data={**both, "reason": "The clinic is flooded."})
        assert "1 done, 1 not: the reasons are below" in done.text
    assert plans.states[lived_plan].stage is Stage.suspended
    assert len(plans.commands) == 1


async def test_plans_are_given_to_another_therapist(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    form = {"do": "reassign", "plan": [lived_plan], "key": "give", "reason": "Priya is on leave."}
    look = await priya.post("/plans/many", data=form)
    assert f'value="{DUTY.id}"' in look.text
    nobody = await priya.post("/plans/many/reassign", data=form)
    assert nobody.status_code == 422
    assert "Priya is on leave." in nobody.text
    await priya.post("/plans/many/reassign", data={**form, "therapist": DUTY.id})
    assert plans.states[lived_plan].protocol.therapist_id == DUTY.id != THERAPIST.id


async def test_no_plan_ticked_says_so(priya: httpx2.AsyncClient) -> None:
    answered = await priya.post("/plans/many", data={"do": "hold"})
    assert answered.status_code == 422
    assert "Tick at least one plan" in answered.text
