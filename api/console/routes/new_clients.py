"""New clients: the front desk invites them to the form, by text or by reading it to them now."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import Sent, TheForm, nothing_typed, refusal_shown
from api.console.inviting import ENDED, LIFE, InvitationLine, choices, line_of, read_new_client
from api.console.permissions import Act
from api.intake_checks import House
from api.intake_opening import house_of
from api.problems import FieldProblem, Problem, invalid
from database import invitation_texts
from database.invitations import Invitation, end, invitation, invite, open_invitations, opted_out
from database.receipts import states_by_text
from messaging.form_link import FormLinks, NoLinkKeyError
from schemas.invitations import InvitationState, InvitationWay
from schemas.names import new_id

router = APIRouter(prefix="/clients", dependencies=[allowed(Act.open_intakes)])

_FIELDS = (
    "key",
    "way",
    "given_name",
    "family_name",
    "date_of_birth",
    "mobile",
    "profile",
    "condition",
    "therapist",
    "site",
)


@router.get("/new")
async def show(at: TheDesk) -> Response:
    """The form for a new client, and the forms that are on their way."""
    return await _page(at, await house_of(at.clinic))


@router.post("/new")
async def post(form: TheForm) -> Response:
    """Invite the client once, however often the form is sent."""
    at = form.at
    house = await house_of(at.clinic)
    try:
        _links(at)
        asked, client = read_new_client(form.filled(*_FIELDS), house)
        texted = asked.way is InvitationWay.text
        if texted and client.mobile and await opted_out(at.clinic.engine, client.mobile):
            why = "This number has asked for no more texts. Fill the form in with the client instead."
            raise invalid([FieldProblem("mobile", why)])
    except Problem as no:
        return await _page(at, house, no, form)
    invitation_id = await invite(
        at.clinic.engine,
        client,
        asked.way,
        by=at.member.id,
        now=house.now,
        expires_at=house.now + LIFE[asked.way],
        invitation_id=str(asked.key),
    )
    return at.on(f"/clients/forms/{invitation_id}", Done.link_on_its_way if texted else Done.invited)


@router.get("/forms/{invitation_id}")
async def show_one(at: TheDesk, invitation_id: str) -> Response:
    """One invitation: how far it is, and the way in for whoever reads it aloud."""
    found = await invitation(at.clinic.engine, invitation_id)
    house = await house_of(at.clinic)
    (line,) = await _lines(at, house, (found,))
    return at.page("plans", "invitation.html", line=line, ended=ENDED.get(found.state))


@router.post("/forms/{invitation_id}/text")
async def send_again(at: TheDesk, invitation_id: str) -> Response:
    """Text the link (again); one that is on its way already is not sent twice."""
    ordered = await invitation_texts.order_again(at.clinic.engine, invitation_id, at.clinic.clock())
    return at.on(f"/clients/forms/{invitation_id}", Done.link_on_its_way if ordered else None)


@router.post("/forms/{invitation_id}/take-back")
async def take_back(at: TheDesk, invitation_id: str) -> Response:
    """Close the link at once and forget the answers."""
    done = await end(at.clinic.engine, invitation_id, InvitationState.revoked, at.clinic.clock())
    return at.on(f"/clients/forms/{invitation_id}", Done.link_taken_back if done else None)


def _links(at: Desk) -> FormLinks:
    links = FormLinks(at.clinic.settings.encryption_keys)
    if not links.keys:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_link_key", str(NoLinkKeyError()))
    return links


async def _lines(at: Desk, house: House, found: tuple[Invitation, ...]) -> list[InvitationLine]:
    links = FormLinks(at.clinic.settings.encryption_keys)
    sids = [one.text_sid for one in found if one.text_sid]
    words = await states_by_text(at.clinic.engine, sids) if sids else {}
    return [
        line_of(one, house, links, at.clinic.public_url, words.get(one.text_sid or "", ())) for one in found
    ]


async def _page(at: Desk, house: House, no: Problem | None = None, form: Sent | None = None) -> Response:
    status, refusal = refusal_shown(no, at.clock.at)
    shown: dict[str, Any] = {
        "key": form.key if form else new_id(),
        "typed": form.typed if form else nothing_typed(),
        "therapists": house.therapists,
        "sites": house.sites,
        "profiles": choices(house.pack.profiles),
        "conditions": choices(house.pack.conditions),
        "lines": await _lines(at, house, await open_invitations(at.clinic.engine, house.now)),
        "refusal": refusal,
    }
    return at.page("plans", "new_client.html", status, **shown)
