"""One table says who may do what; every page and every button keeps to it."""

from __future__ import annotations

import re

import pytest

from api.console.permissions import MAY, Act, may
from database import demo_clinic
from database.demo_clinic import Person
from schemas.commands import Role
from tests.console.conftest import SignIn

PAGES = (
    ("/attention", Act.read_plans),
    ("/approvals", Act.read_plans),
    ("/plans", Act.read_plans),
    ("/plans/{plan}", Act.read_plans),
    ("/plans/{plan}/contact", Act.see_contact),
    ("/plans/{plan}/session-sheet", Act.read_screening),
    ("/plans/{plan}/rescreen", Act.rescreen),
    ("/plans/{plan}/assessment", Act.assess),
    ("/plans/export.csv", Act.export_plans),
    ("/plans/{plan}/sessions/1/outcome", Act.record_outcome),
    ("/clients/new", Act.open_intakes),
    ("/today", Act.read_plans),
    ("/deliveries", Act.see_deliveries),
    ("/system", Act.see_system),
)
FORMS = (
    ("/clients/new", Act.open_intakes),
    ("/clients/forms/none/take-back", Act.open_intakes),
    ("/approvals/{plan}-1", Act.decide),
    ("/plans/{plan}/hold", Act.hold_or_resume),
    ("/plans/{plan}/resume", Act.hold_or_resume),
    ("/plans/{plan}/withdraw", Act.withdraw),
    ("/plans/{plan}/contact", Act.see_contact),
    ("/plans/{plan}/discharge", Act.decide),
    ("/plans/{plan}/amend", Act.decide),
    ("/plans/{plan}/regions", Act.decide),
    ("/plans/{plan}/assessment", Act.assess),
    ("/plans/{plan}/check-ins", Act.take_check_in),
    ("/plans/{plan}/adverse-events", Act.report_effect),
    ("/plans/{plan}/adverse-events/none/follow-up", Act.report_effect),
    ("/plans/many", Act.hold_or_resume),
    ("/plans/many/hold", Act.hold_or_resume),
    ("/plans/{plan}/sessions/1/move", Act.move_sessions),
    ("/plans/{plan}/sessions/1/cancel", Act.move_sessions),
    ("/plans/{plan}/sessions/1/outcome", Act.record_outcome),
    ("/alerts/none/answers", Act.record_outcome),
)


def test_every_act_is_somebodys_and_every_role_reads_plans() -> None:
    assert all(MAY[act] for act in Act)
    assert all(may((role,), Act.read_plans) for role in Role)


@pytest.mark.parametrize("person", demo_clinic.STAFF, ids=lambda person: person.initials)
async def test_a_page_opens_for_those_whose_role_it_is(
    person: Person, sign_in: SignIn, waiting_plan: str
) -> None:
    browser = await sign_in(person)
    for path, act in PAGES:
        page = await browser.get(path.format(plan=waiting_plan))
        assert page.status_code == (200 if may(person.roles, act) else 403), path


@pytest.mark.parametrize("person", demo_clinic.STAFF, ids=lambda person: person.initials)
async def test_a_form_is_refused_to_those_whose_role_it_is_not(
    person: Person, sign_in: SignIn, waiting_plan: str
) -> None:
    browser = await sign_in(person)
    for path, act in FORMS:
        if not may(person.roles, act):
            answered = await browser.post(path.format(plan=waiting_plan), data={"key": "once"})
            assert answered.status_code == 403, path
            assert "Your roles do not let you" in answered.text


async def test_operations_read_a_plan_without_its_findings(sign_in: SignIn, waiting_plan: str) -> None:
    browser = await sign_in(demo_clinic.OPERATIONS)
    page = await browser.get(f"/plans/{waiting_plan}")
    assert "A.K." in page.text
    assert "blood thinners" not in page.text
    assert "Kowalska" not in page.text


async def test_a_name_is_shown_only_where_it_is_asked_for(sign_in: SignIn, waiting_plan: str) -> None:
    browser = await sign_in(demo_clinic.FRONT_DESK)
    for path in ("/attention", "/approvals?whose=everyone", "/plans", f"/plans/{waiting_plan}"):
        assert not re.search("Kowalska", (await browser.get(path)).text), path
    asked = await browser.get(f"/plans/{waiting_plan}/contact")
    assert "Kowalska" not in asked.text
    shown = await browser.post(f"/plans/{waiting_plan}/contact")
    assert "Anna Kowalska" in shown.text
    audit = await browser.get(f"/plans/{waiting_plan}")
    assert "Somebody looked at the client&#39;s name and number." in audit.text
