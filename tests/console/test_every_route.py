"""The permission table holds at every address: each route of console and API is tried with each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api import app as the_api
from api.console import install
from api.console.permissions import IN_WORDS, MAY, Act, may
from api.permitted import Permitted
from api.routes import approvals, overriding, site_texts, steering, treating
from database.accounts import set_roles
from database.demo_clinic import SITE_ID, THERAPIST
from schemas.commands import Role
from tests.console.conftest import Browser
from tests.console.staged_clinic import StagedPlans

_SAFE = {"GET", "HEAD", "OPTIONS"}
_ANSWERED_BY_THE_PLAN = {
    approvals.post_decision,
    steering.post_discharge,
    steering.post_amend,
    treating.post_assessment,
    overriding.post_override,
}
"""Clinical decisions through the API: the plan refuses them with 409 and why (tests/api)."""
_ANSWERED_BY_THE_SITE = {site_texts.post_preview, site_texts.put_wording}
_FOR_EVERYBODY_ON_STAFF = re.compile(r"/plans/(search|views.*|[^/]+/texts/undo)")
"""Forms that change nothing but what their sender sees, or has just ordered."""
_NEVER_ENDS = "/live"


@dataclass(frozen=True)
class Way:
    """One method at one address, and what it takes to use it."""

    method: str
    path: str
    acts: frozenset[Act]
    endpoint: object

    @property
    def address(self) -> str:
        """The path with something in every place."""
        return re.sub(r"\{[^}]+\}", "1", self.path)


def _acts(dependant: Dependant) -> Iterator[Act]:
    for one in dependant.dependencies:
        if isinstance(one.call, Permitted):
            yield one.call.act
        yield from _acts(one)


def _ways() -> list[Way]:
    found = []
    for group in (*install.STAFF_ONLY, *the_api.STAFF_ONLY):
        for route in group.router.routes:
            assert isinstance(route, APIRoute)
            acts = frozenset({Act.read_plans, *_acts(route.dependant)})
            found += [
                Way(method, route.path, acts, route.endpoint)
                for method in sorted((route.methods or set()) - {"HEAD"})
            ]
    return found


WAYS = _ways()


def test_every_act_has_its_roles_and_its_words() -> None:
    assert set(MAY) == set(IN_WORDS) == set(Act)
    assert all(MAY[act] for act in Act)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.method} {way.path}")
def test_whatever_changes_something_names_who_may(way: Way) -> None:
    if way.method in _SAFE or way.endpoint in _ANSWERED_BY_THE_PLAN | _ANSWERED_BY_THE_SITE:
        return
    if not _FOR_EVERYBODY_ON_STAFF.fullmatch(way.path):
        assert way.acts > {Act.read_plans}, f"{way.method} {way.path} names no act of its own"


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_what_the_table_says_and_nothing_else(
    role: Role, priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, (role,), by="test")
    for way in WAYS:
        if way.path == _NEVER_ENDS:
            continue
        if all(may((role,), act) for act in way.acts) and way.method not in _SAFE:
            continue  # would do what it says; that it may is each page's own test
        answered = await priya.request(way.method, way.address)
        turned_away = answered.status_code == 403
        assert turned_away is not all(may((role,), act) for act in way.acts), f"{way.method} {way.path}"


async def test_somebody_without_any_role_sees_nothing(priya: httpx2.AsyncClient, plans: StagedPlans) -> None:
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, (), by="test")
    for way in WAYS:
        answered = await priya.request(way.method, way.address)
        assert answered.status_code == 403, f"{way.method} {way.path}"


async def test_nobody_gets_in_without_signing_in(app: object, browser: Browser) -> None:
    outside = browser()
    for way in WAYS:
        answered = await outside.request(way.method, way.address)
        assert answered.status_code == 401 if way.path.startswith("/api/") else 303, (
            f"{way.method} {way.path}"
        )
