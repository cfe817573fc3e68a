"""Every page that a person can open in the lively clinic, by name; what walks the pages walks this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from playwright.async_api import Page

from database.demo_clinic import FRONT_DESK, OPERATIONS, PRACTITIONER, THERAPIST, Person
from tests.browser.lively_clinic import PASSWORD, LivelyClinic

T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """A page of the console: its address in this clinic, and who looks at it (None: somebody at the door)."""

    address: Callable[[LivelyClinic], str]
    reader: Person | None = THERAPIST


def _plan(client: str) -> Callable[[LivelyClinic], str]:
    return lambda clinic: f"/plans/{clinic.plan_of[client]}"


def _decision(client: str) -> Callable[[LivelyClinic], str]:
    return lambda clinic: f"/approvals/{clinic.open_approval(client)}"


def _there(found: T | None) -> T:
    assert found is not None, "the lively clinic is not lively enough: add a life"
    return found


PAGES: Final[Mapping[str, Shown]] = MappingProxyType(
    {
        "sign-in": Shown(lambda _: "/login", None),
        "needs-attention": Shown(lambda _: "/attention"),
        "all-quiet": Shown(lambda _: "/attention?whose=mine", PRACTITIONER),
        "approvals": Shown(lambda _: "/approvals?whose=everyone"),
        "approval-start": Shown(_decision("Caitlin")),
        "approval-taper": Shown(lambda clinic: f"/approvals/{_there(clinic.open_taper())}"),
        "approval-clearance": Shown(_decision("George")),
        "plans": Shown(lambda _: "/plans"),
        "plans-none": Shown(lambda _: "/plans?q=nobody"),
        "plan": Shown(_plan("Anna")),
        "plan-paused": Shown(_plan("Daniel")),
        "plan-waiting": Shown(_plan("Omar")),
        "contact": Shown(lambda clinic: f"/plans/{clinic.plan_of['Anna']}/contact"),
        "alert": Shown(lambda clinic: f"/alerts/{clinic.open_alert('Maya')}"),
        "today": Shown(lambda _: "/today"),
        "today-empty": Shown(lambda _: "/today?day=2026-12-25"),
        "outcome": Shown(
            lambda clinic: "/plans/{}/sessions/{}/outcome".format(*_there(clinic.begun_session()))
        ),
        "deliveries": Shown(lambda _: "/deliveries"),
        "new-client": Shown(lambda _: "/clients/new", FRONT_DESK),
        "invitation": Shown(lambda clinic: f"/clients/forms/{clinic.form.invitation_id}", FRONT_DESK),
        "account": Shown(lambda _: "/account"),
        "password": Shown(lambda _: "/account/password"),
        "leave": Shown(lambda _: "/leave"),
        "staff": Shown(lambda _: "/staff", OPERATIONS),
        "staff-member": Shown(lambda _: f"/staff/{THERAPIST.id}", OPERATIONS),
        "assessment": Shown(lambda clinic: f"/plans/{clinic.plan_of['Anna']}/assessment"),
        "session-sheet": Shown(lambda clinic: f"/plans/{clinic.plan_of['Anna']}/session-sheet"),
        "system": Shown(lambda _: "/system", OPERATIONS),
        "outage": Shown(lambda clinic: f"/system/outages/{clinic.outage_id}", OPERATIONS),
        "not-found": Shown(lambda _: "/plans/01a2052e-0000-7000-8000-000000000000"),
        "not-yours": Shown(lambda _: "/system"),
    }
)


async def sign_in(page: Page, clinic: LivelyClinic, person: Person) -> None:
    """Through the door, as a person goes."""
    await page.goto(f"{clinic.url}/login")
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/login" not in url)
