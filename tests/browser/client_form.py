"""A client's form on its way, with every question open to be looked at, and another one at its door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from playwright.async_api import BrowserContext

from api.clinic import Clinic
from api.form.visit import COOKIE, links_of
from care.client_form import Kind, asked_of
from database.demo_clinic import FRONT_DESK, SITE_ID
from database.invitations import invite, keep_answer
from schemas.invitations import InvitationWay, InvitedClient

_BORN: Final = date(1991, 5, 2)


@dataclass(frozen=True)
class OpenForm:
    """Where the two forms are, and what shows that this browser's reader gave the date of birth of the first."""

    invitation_id: str
    home: str
    door: str
    seal: str
    question_of: dict[Kind, str]

    async def let_in(self, context: BrowserContext, url: str) -> None:
        """As if the date of birth had been given in this browser."""
        await context.add_cookies([{"name": COOKIE, "value": self.seal, "url": f"{url}/form"}])


async def open_form(clinic: Clinic) -> OpenForm:
    """Invite two clients; the first has been through the whole form and left every answer for later."""
    now = clinic.clock()
    expires_at = now + timedelta(days=7)
    ids = [
        await invite(
            clinic.engine,
            InvitedClient(
                given_name=given_name,
                family_name="Haddad",
                date_of_birth=_BORN,
                mobile=f"+44770090048{place}",
                site_id=SITE_ID,
                profile="general_wellbeing",
            ),
            InvitationWay.read_aloud,
            by=FRONT_DESK.id,
            now=now,
            expires_at=expires_at,
        )
        for place, given_name in enumerate(("Noor", "Lina"))
    ]
    links = links_of(clinic)
    homes = [links.url(clinic.public_url, one, expires_at) for one in ids]
    questions = asked_of(clinic.pack, _BORN, now.date())
    for question in questions:
        await keep_answer(clinic.engine, ids[0], question.name, {}, now)
    first_of: dict[Kind, str] = {}
    for question in questions:
        first_of.setdefault(question.kind, question.name)
    return OpenForm(ids[0], homes[0], homes[1], links.seal(ids[0]), first_of)
