"""Clients' forms on their way: one with every question open to be looked at, one at its door, two that have ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from api.clinic import Clinic
from api.form.visit import links_of
from care.client_form import ABILITIES, ACTIVITIES, AT_ONCE, GP, MOBILE, REACH, Kind, asked_of
from database.demo_clinic import FRONT_DESK, SITE_ID
from database.invitations import end, invite, keep_answer
from schemas.invitations import InvitationState, InvitationWay, InvitedClient
from schemas.rules import RulePack

_BORN: Final = date(1991, 5, 2)
_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    REACH: {"texts": True, "preference": "text"},
    MOBILE: {"mobile": "+447700900480", "others_read": False},
    ACTIVITIES: {"lines": ["Lift my daughter", "Sit through a meeting"]},
    ABILITIES: {"now": [3, 4]},
    GP: {"practice": "Mill Lane Surgery", "may_write": True},
}
"""What is not listed was left for later."""
_ENDS: Final = (InvitationState.completed, InvitationState.urgent)


@dataclass(frozen=True)
class Form:
    """An invitation, where its form is, and what shows that a browser's reader gave the date of birth."""

    invitation_id: str
    home: str
    seal: str


@dataclass(frozen=True)
class OpenForm:
    """The forms. The first has been walked through with every answer left for later; the second is untouched."""

    first: Form
    untouched: Form
    sent: Form
    urgent: Form
    question_of: dict[Kind, str]
    advice: str

    async def end_the_others(self, engine: AsyncEngine, now: datetime, plan_id: str) -> None:
        """One was sent, one stopped at an urgent answer; both led to this plan."""
        for form, state in zip((self.sent, self.urgent), _ENDS, strict=True):
            advice = self.advice if state is InvitationState.urgent else None
            await end(engine, form.invitation_id, state, now, plan_id=plan_id, advice=advice)


async def open_form(clinic: Clinic) -> OpenForm:
    """Invite four clients."""
    now = clinic.clock()
    names = ("Noor", "Lina", "Sami", "Rana")
    forms = [await _invited(clinic, name, place, now) for place, name in enumerate(names)]
    questions = asked_of(clinic.pack, _BORN, now.date())
    for question in questions:
        answer = _ANSWERS.get(question.name, {})
        await keep_answer(clinic.engine, forms[0].invitation_id, question.name, answer, now)
    first_of: dict[Kind, str] = {}
    for question in questions:
        first_of.setdefault(question.kind, question.name)
    first, untouched, sent, urgent = forms
    return OpenForm(first, untouched, sent, urgent, first_of, _urgent_message(clinic.pack))


async def _invited(clinic: Clinic, given_name: str, place: int, now: datetime) -> Form:
    expires_at = now + timedelta(days=7)
    client = InvitedClient(
        given_name=given_name,
        family_name="Haddad",
        date_of_birth=_BORN,
        mobile=f"+44770090048{place}",
        site_id=SITE_ID,
        profile="general_wellbeing",
    )
    invitation_id = await invite(
        clinic.engine, client, InvitationWay.read_aloud, by=FRONT_DESK.id, now=now, expires_at=expires_at
    )
    links = links_of(clinic)
    return Form(
        invitation_id, links.url(clinic.public_url, invitation_id, expires_at), links.seal(invitation_id)
    )


def _urgent_message(pack: RulePack) -> str:
    return next(name for name, message in pack.messages.items() if message.urgency in AT_ONCE)
