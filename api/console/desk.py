"""A person at a screen: one request with who asks, where they work and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse

from api.clinic import Clinic, TheClinic
from api.console.engine_watch import EngineWatch
from api.console.flash import Done, said
from api.console.moments import SiteClock
from api.console.permissions import Act, may
from api.console.rendering import html
from api.identity import Identity, Who
from api.permitted import allowed
from api.problems import Problem, no_clinic
from api.rule_words import About, about_rules
from database.leave import StandIns, stand_ins
from database.plans import PlanSummary
from database.sites import Site, home_site, site
from database.staff import StaffMember
from schemas.rules import RulePack

__all__ = ["RAIL", "Desk", "TheDesk", "allowed", "desk"]

RAIL: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("attention", "/attention", "Needs attention", "Attention"),
    ("approvals", "/approvals", "Approvals", "Approvals"),
    ("plans", "/plans", "Plans", "Plans"),
    ("today", "/today", "Today", "Today"),
    ("deliveries", "/deliveries", "Deliveries", "Deliveries"),
    ("system", "/system", "System", "System"),
)
"""The six places: icon, address, name, and a shorter name for the bar of a phone."""


@dataclass(frozen=True)
class Desk:
    """What a page needs to know of its reader."""

    request: Request
    clinic: Clinic
    who: Identity
    member: StaffMember
    site: Site
    stand_ins: StandIns
    engine_answers: bool = True

    @property
    def own_sites(self) -> frozenset[str]:
        """The sites where the reader works: other sites' plans are not theirs to see."""
        return frozenset(self.member.roles)

    @property
    def clock(self) -> SiteClock:
        """The wall clock of the reader's site."""
        return SiteClock(self.site.zone, self.clinic.clock())

    @property
    def here(self) -> str:
        """The address of the page, for a way back to it; another page's after a form was sent."""
        url = self.request.url
        shown = self.request.method == "GET"
        return f"{url.path}{'?' if url.query else ''}{url.query}" if shown else "/attention"

    @property
    def undo_for(self) -> timedelta:
        """How long a text that staff caused waits before it goes."""
        return timedelta(seconds=self.clinic.settings.undo_seconds)

    async def site_of(self, plan: PlanSummary) -> Site:
        """The site of a plan: most readers work at one, and it is known already."""
        return self.site if plan.site_id == self.site.id else await site(self.clinic.engine, plan.site_id)

    def about(self, pack: RulePack) -> About:
        """The words for what a rule of this pack is about, as far as the reader may know."""
        return about_rules(pack, reads_screening=self.may(Act.read_screening))

    def may(self, act: Act) -> bool:
        """Whether the reader may do this."""
        return may(self.who.actor.roles, act)

    def is_mine(self, owner_id: str | None) -> bool:
        """Whether this waits for the reader: their own, or somebody's for whom they stand in."""
        return owner_id is not None and self.stand_ins.acting(owner_id) == self.member.id

    def whose(self, owner_id: str | None) -> str:
        """What stands beside an owner's name: that it is the reader, or who stands in."""
        return self.stand_ins.whose(owner_id, self.member.id)

    def page(
        self, place: str, template: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any
    ) -> HTMLResponse:
        """A page in the console's frame; `place` is the entry of the rail it belongs to."""
        frame = {
            "place": place,
            "rail": [one for one in RAIL if one[0] != "system" or self.may(Act.see_system)],
            "member": self.member,
            "roles": self.who.actor.roles,
            "site": self.site,
            "clock": self.clock,
            "said": said(self.request.query_params.get("said")),
            "pack": self.clinic.pack.meta,
            "may": self.may,
            "is_mine": self.is_mine,
            "whose": self.whose,
            "Act": Act,
            "refusal": None,
            "demo": self.clinic.demo,
            "here": self.here,
            "engine_answers": self.engine_answers,
        }
        return html(template, frame | shown, status)

    def on(self, path: str, done: Done | None = None, **query: str) -> RedirectResponse:
        """Send the browser on after something was done, so that going back repeats nothing."""
        query |= {"said": done.value} if done else {}
        address, _, fragment = path.partition("#")
        where = f"{address}?{urlencode(query)}" if query else address
        return RedirectResponse(f"{where}#{fragment}" if fragment else where, HTTPStatus.SEE_OTHER)


async def desk(request: Request, clinic: TheClinic, who: Who) -> Desk:
    """The reader of a page; Problem 403 for a process, which has no use for pages."""
    if who.member is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not_a_person",
            "The console is for people. A process uses the API under /api/v1, listed in /docs.",
        )
    watch: EngineWatch = request.app.state.engine_watch
    answers = await watch.look(clinic.plans, clinic.real_now())
    standing = await stand_ins(clinic.engine, clinic.clock())
    home = await home_site(clinic.engine, who.member.roles)
    if home is None:
        raise no_clinic()
    return Desk(request, clinic, who, who.member, home, standing, answers)


TheDesk = Annotated[Desk, Depends(desk)]
