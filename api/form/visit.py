"""One request at a form: whose it is, whether its link is good, and whether this browser has shown who it is.

A link that was never signed here, has run out, was used or was taken back is answered in one way, so that trying
links tells nothing. Only a browser that gave the right date of birth sees anything that the client wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import structlog
from fastapi import Depends, Request

from api.clinic import Clinic, TheClinic
from api.form.last_site import last_site
from api.form.reading import Known
from api.log_in_limit import sent_from
from care.client_form import Question, asked_of
from database.errors import NotFoundError
from database.invitations import Invitation, invitation
from database.sites import Site, all_sites
from database.tries import Limit, note
from messaging.form_link import FORM_PATH, FormLinks
from schemas.invitations import InvitationWay, InvitedClient

COOKIE: Final = "limber_form"

CONSENT_WORDING: Final = (
    "I agree to get texts from {clinic} about my visits and how I am doing. "
    "I can reply STOP at any time. Texts are not read out of hours."
)


class LinkClosed(Exception):  # noqa: N818 - an answer, not a fault
    """The link opens nothing; `wait` says for how long this address has tried too many."""

    def __init__(self, wait: timedelta = timedelta()) -> None:
        super().__init__("this link opens no form")
        self.wait = wait


class NotYetKnownError(Exception):
    """The link is good and this browser has not given the date of birth."""


CLOSED_LINKS: Final = Limit("closed link", 20)
"""Links tried in vain by one address."""
CHANGES: Final = Limit("change at a form", 300)
"""Requests that change something at one form."""


@dataclass(frozen=True)
class Visit:
    """A client at their form. `token` is the signed part of the link, the only address that pages use."""

    request: Request
    clinic: Clinic
    token: str
    invitation: Invitation
    site: Site
    now: datetime

    @property
    def home(self) -> str:
        """The address of this form."""
        return f"{FORM_PATH}/{self.token}"

    @property
    def ended(self) -> bool:
        """Whether the form has been sent, or has stopped for an urgent answer."""
        return self.invitation.client is None

    @property
    def client(self) -> InvitedClient:
        """Who is invited. Raises LinkClosed once the form has ended: nobody's details are left then."""
        if self.invitation.client is None:
            raise LinkClosed
        return self.invitation.client

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """What has been answered, by question."""
        return self.invitation.answers or {}

    @property
    def aloud(self) -> bool:
        """Whether the front desk reads it aloud."""
        return self.invitation.way is InvitationWay.read_aloud

    @property
    def today(self) -> date:
        """The day at the site."""
        return self.now.astimezone(ZoneInfo(self.site.zone)).date()

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions for this client."""
        return asked_of(self.clinic.pack, self.client.date_of_birth, self.today)

    @property
    def waiting(self) -> Question | None:
        """The first question without an answer; None if all have one."""
        return next((one for one in self.questions if one.name not in self.answers), None)

    @property
    def known(self) -> Known:
        """What answers are read against."""
        return Known(
            pack=self.clinic.pack,
            today=self.today,
            now=self.now,
            answers=self.answers,
            consent_wording=CONSENT_WORDING.format(clinic=self.site.clinic_name),
            fictional_numbers=self.clinic.fictional_numbers,
        )

    @property
    def shown_who(self) -> bool:
        """Whether this browser gave the right date of birth."""
        mark = self.request.cookies.get(COOKIE, "")
        return links_of(self.clinic).is_seal(mark, self.invitation.id)


def links_of(clinic: Clinic) -> FormLinks:
    """What signs and reads links."""
    return FormLinks(clinic.settings.encryption_keys)


async def at_the_door(request: Request, clinic: TheClinic, token: str) -> Visit:
    """Somebody with a link that is good; LinkClosed for everybody else."""
    now = clinic.clock()
    invitation_id = links_of(clinic).read(token, now)
    found = None
    if invitation_id is not None:
        try:
            found = await invitation(clinic.engine, invitation_id)
        except NotFoundError:
            found = None
    if found is not None:
        site = await _site(clinic, found)
        last_site(request).visited(request, site)
        visit = Visit(request, clinic, token, found, site, now)
        if found.is_live(now) or (found.plan_id is not None and visit.shown_who):
            await _count_changes(request, clinic, found.id)
            structlog.contextvars.bind_contextvars(invitation_id=found.id)
            return visit
    noted = await note(clinic.engine, {CLOSED_LINKS: sent_from(request)}, clinic.real_now())
    raise LinkClosed(noted.wait)


async def _count_changes(request: Request, clinic: Clinic, invitation_id: str) -> None:
    if request.method != "POST":
        return
    noted = await note(clinic.engine, {CHANGES: invitation_id}, clinic.real_now())
    if noted.wait:
        raise LinkClosed(noted.wait)


async def _site(clinic: Clinic, found: Invitation) -> Site:
    sites = await all_sites(clinic.engine)
    wanted = found.client.site_id if found.client else None
    return next((one for one in sites if one.id == wanted), sites[0])


Door = Annotated[Visit, Depends(at_the_door)]


def at_the_form(visit: Door) -> Visit:
    """A client who has shown who they are; NotYetKnownError sends others to the door."""
    if not visit.shown_who:
        raise NotYetKnownError
    return visit


AtForm = Annotated[Visit, Depends(at_the_form)]
