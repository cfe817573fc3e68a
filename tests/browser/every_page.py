"""Every page that a person can open in the lively clinic, by name; what walks the pages walks this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from playwright.async_api import Page

from care.client_form import Kind
from database.demo_clinic import FRONT_DESK, OPERATIONS, PRACTITIONER, THERAPIST
from schemas.alerts import AlertReason
from tests.browser.lively_clinic import PASSWORD, LivelyClinic
from tests.browser.shown import Place, Shown, both, follows, gives, opens, presses, sends

T = TypeVar("T")


def _plan(client: str, more: str = "") -> Place:
    return lambda clinic: f"/plans/{clinic.plan_of[client]}{more}"


def _decision(client: str) -> Place:
    return lambda clinic: f"/approvals/{clinic.open_approval(client)}"


def _outcome(clinic: LivelyClinic) -> str:
    plan_id, number = _there(clinic.begun_session())
    return f"/plans/{plan_id}/sessions/{number}/outcome"


def _at(address: str) -> Place:
    return lambda _clinic: address


def _second(address: str) -> Place:
    return lambda clinic: f"{clinic.second.url}{address}"


def _there(found: T | None) -> T:
    assert found is not None, "the lively clinic is not lively enough: add a life"
    return found


async def _several(page: Page, clinic: LivelyClinic) -> None:
    """Three plans are ticked on the list, as to be held; one of them refuses."""
    chosen = tuple(clinic.plan_of[one] for one in ("Anna", "Beatrice", "Maya"))
    await sends(_at("/plans/many"), {"do": "hold", "plan": chosen})(page, clinic)


async def _several_done(page: Page, clinic: LivelyClinic) -> None:
    """Plans that stand or wait already are to be resumed: each says why not."""
    chosen = tuple(clinic.plan_of[one] for one in ("Omar", "Caitlin", "Maya"))
    await sends(_at("/plans/many/resume"), {"do": "resume", "plan": chosen})(page, clinic)


async def _time_stuck(page: Page, clinic: LivelyClinic) -> None:
    """Time passed a moment ago; now it has stopped."""
    clinic.second.time.stuck = True
    await page.reload()
    clinic.second.time.stuck = False


_TO_READ: Final = {
    "sign-in": Shown(_at("/login"), None),
    "needs-attention": Shown(_at("/attention")),
    "all-quiet": Shown(_at("/attention?whose=mine"), PRACTITIONER),
    "approvals": Shown(_at("/approvals?whose=everyone")),
    "approvals-none": Shown(_at("/approvals?whose=mine"), PRACTITIONER),
    "approval-start": Shown(_decision("Caitlin")),
    "approval-taper": Shown(lambda clinic: f"/approvals/{_there(clinic.open_taper())}"),
    "approval-clearance": Shown(_decision("George")),
    "plans": Shown(_at("/plans")),
    "plans-none": Shown(_at("/plans?stage=declined")),
    "plan": Shown(_plan("Anna")),
    "plan-paused": Shown(_plan("Daniel")),
    "plan-waiting": Shown(_plan("Omar")),
    "contact": Shown(_plan("Anna", "/contact")),
    "alert": Shown(lambda clinic: f"/alerts/{clinic.open_alert('Maya')}"),
    "alert-day": Shown(lambda clinic: f"/alerts/{clinic.alert_about('Frances', AlertReason.day_not_asked)}"),
    "rescreen": Shown(_plan("Daniel", "/rescreen")),
    "rescreen-whole": Shown(_plan("Anna", "/rescreen?which=whole")),
    "overrides": Shown(_plan("George", "/overrides")),
    "overrides-some": Shown(_plan("Dorothy", "/overrides")),
    "today": Shown(_at("/today")),
    "today-empty": Shown(_at("/today?day=2026-12-25")),
    "outcome": Shown(_outcome),
    "deliveries": Shown(_at("/deliveries")),
    "new-client": Shown(_at("/clients/new"), FRONT_DESK),
    "invitation": Shown(lambda clinic: f"/clients/forms/{clinic.form.first.invitation_id}", FRONT_DESK),
    "invitation-ended": Shown(lambda clinic: f"/clients/forms/{clinic.form.sent.invitation_id}", FRONT_DESK),
    "account": Shown(_at("/account")),
    "password": Shown(_at("/account/password")),
    "leave": Shown(_at("/leave")),
    "staff": Shown(_at("/staff"), OPERATIONS),
    "staff-changes": Shown(_at("/staff/changes"), OPERATIONS),
    "staff-member": Shown(_at(f"/staff/{THERAPIST.id}"), OPERATIONS),
    "assessment": Shown(_plan("Anna", "/assessment")),
    "session-sheet": Shown(_plan("Anna", "/session-sheet")),
    "system": Shown(_at("/system"), OPERATIONS),
    "outage": Shown(lambda clinic: f"/system/outages/{clinic.outage_id}", OPERATIONS),
    "api-reference": Shown(_at("/docs"), None),
}

_AFTER_AN_ACT: Final = {
    "keys": Shown(_at("/attention"), act=presses("?")),
    "plan-unfolded": Shown(_plan("Anna"), act=opens("main details")),
    "plan-refused": Shown(_plan("Anna"), act=sends(_plan("Anna", "/hold"), {"form": "hold"})),
    "approval-unfolded": Shown(_decision("Caitlin"), act=opens("main details")),
    "approval-refused": Shown(
        _decision("Caitlin"), act=sends(_decision("Caitlin"), {"decision": "reject", "reason": ""})
    ),
    "approval-decided": Shown(_plan("Anna"), act=follows("section[aria-labelledby=decisions] a")),
    "several": Shown(_at("/plans"), act=_several),
    "several-done": Shown(_at("/plans"), act=_several_done),
    "rescreen-refused": Shown(_plan("Daniel", "/rescreen"), act=sends(_plan("Daniel", "/rescreen"), {})),
    "overrides-refused": Shown(
        _plan("Dorothy", "/overrides"), act=sends(_plan("Dorothy", "/overrides"), {"reason": "Brief."})
    ),
    "outcome-refused": Shown(_outcome, act=sends(_outcome, {"outcome": "attended", "pain": "40"})),
    "new-client-refused": Shown(
        _at("/clients/new"), FRONT_DESK, sends(_at("/clients/new"), {"way": "text", "given_name": "Ada"})
    ),
    "staff-made": Shown(
        _at("/staff"),
        OPERATIONS,
        sends(
            _at("/staff"),
            {"name": "Lee Park", "initials": "LP", "email": "lee@riverside.example", "role": "front_desk"},
        ),
    ),
    "sign-in-refused": Shown(_at("/login"), None, gives(THERAPIST, "not her password")),
    "expired-session": Shown(
        _at("/login"), None, sends(_plan("Anna", "/hold"), {"form": "hold", "reason": "Holiday until May."})
    ),
    "still-to-send": Shown(
        _at("/login"),
        None,
        both(
            sends(_plan("Anna", "/hold"), {"form": "hold", "reason": "Holiday until May."}),
            gives(THERAPIST, PASSWORD),
        ),
    ),
}

_GONE_WRONG: Final = {
    "not-found": Shown(_at("/plans/01a2052e-0000-7000-8000-000000000000")),
    "not-yours": Shown(_at("/system")),
    "no-such-page": Shown(_at("/nowhere")),
    "no-page-but-a-form": Shown(_at("/sign-out")),
    "unreadable": Shown(_at("/today?day=someday")),
    "broken": Shown(_second("/plans/never/broken")),
    "conflict": Shown(_second("/plans/never/taken")),
    "engine-away": Shown(_second("/attention")),
    "no-other-way-in": Shown(_at("/login/oidc"), None),
    "not-vouched-for": Shown(_second("/login/oidc/back?state=somebody+else%27s"), None),
}

_DEMO: Final = {
    "two-ways-in": Shown(_second("/login"), None),
    "demo-control": Shown(_second("/today"), act=opens(".demo")),
    "demo-clock": Shown(_second("/demo/clock?back=/today")),
    "demo-clock-stuck": Shown(_second("/demo/clock?back=/today"), act=_time_stuck),
}


def _form(where: str, act: Place | None = None, **fields: str) -> Shown:
    """A page of the first form; with `act`, after these fields were sent there."""
    return Shown(
        lambda clinic: clinic.form.first.home + where,
        None,
        sends(act, fields) if act else None,
        lambda clinic: clinic.form.first.seal,
    )


def _question(kind: Kind) -> Shown:
    return Shown(
        lambda clinic: f"{clinic.form.first.home}/{clinic.form.question_of[kind]}",
        None,
        seal=lambda clinic: clinic.form.first.seal,
    )


_FORM: Final = {
    "form-door": Shown(lambda clinic: clinic.form.untouched.home, None),
    "form-door-wrong-day": Shown(
        lambda clinic: clinic.form.untouched.home,
        None,
        sends(
            lambda clinic: clinic.form.untouched.home,
            {"born-day": "1", "born-month": "13", "born-year": "1990"},
        ),
    ),
    "form-closed": Shown(lambda clinic: f"{clinic.form.untouched.home}x", None),
    "form-tried-too-often": Shown(_second("/form/not-a-link"), None),
    **{f"form-{kind}": _question(kind) for kind in Kind},
    "form-wrong": _form(
        "/INT-10", lambda clinic: f"{clinic.form.first.home}/INT-10", mobile="12", others_read=""
    ),
    "form-check": _form("/check"),
    "form-check-unticked": _form("/check", lambda clinic: f"{clinic.form.first.home}/check"),
    "form-trouble": _form("/check/nothing/here"),
    "form-sent": Shown(
        lambda clinic: f"{clinic.form.sent.home}/end", None, seal=lambda clinic: clinic.form.sent.seal
    ),
    "form-urgent": Shown(
        lambda clinic: f"{clinic.form.urgent.home}/end", None, seal=lambda clinic: clinic.form.urgent.seal
    ),
}

PAGES: Final[Mapping[str, Shown]] = MappingProxyType(
    {**_TO_READ, **_AFTER_AN_ACT, **_GONE_WRONG, **_DEMO, **_FORM}
)
