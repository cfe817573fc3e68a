"""Inviting a new client: what the front desk types, checked as an intake is, and how an invitation reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from api.intake_checks import House
from api.problems import FieldProblem, field_problems, invalid
from care.client_form import asked_of
from care.words import words_for
from database.invitations import Invitation
from database.outbox_states import PROVIDER_WORDS
from database.receipts import ProviderState
from messaging.form_link import FormLinks
from schemas.base import Strict
from schemas.intake import Birthday, Condition, Mobile, Name, Profile, SiteId, TherapistId
from schemas.invitations import InvitationState, InvitationWay, InvitedClient
from schemas.messages import MessageStatus

LIFE: Final[Mapping[InvitationWay, timedelta]] = {
    InvitationWay.text: timedelta(days=7),
    InvitationWay.read_aloud: timedelta(days=1),
}
"""How long a link opens the form; unfinished answers are forgotten after it."""


class NewClientAsked(Strict):
    """The form for a new client. `key` is made with the page: sending it twice invites once."""

    key: UUID
    way: InvitationWay
    given_name: Name
    family_name: Name
    date_of_birth: Birthday
    mobile: Mobile | None = None
    profile: Profile
    condition: Condition | None = None
    therapist: TherapistId | None = None
    site: SiteId


def read_new_client(values: Mapping[str, Any], house: House) -> tuple[NewClientAsked, InvitedClient]:
    """What was typed; Problem 422 that names every wrong field."""
    try:
        asked = NewClientAsked.model_validate(values, context=house.checks)
    except ValidationError as error:
        raise invalid(field_problems(error.errors(include_input=False, include_url=False))) from None
    wrong = []
    if asked.way is InvitationWay.text and asked.mobile is None:
        wrong.append(
            FieldProblem("mobile", "A link goes to a mobile. Ask for it, or fill the form in together.")
        )
    there = {one.id for one in house.therapists if asked.site in one.roles}
    if asked.therapist is not None and asked.therapist not in there:
        wrong.append(FieldProblem("therapist", "This physiotherapist does not work at that site."))
    if wrong:
        raise invalid(wrong)
    return asked, InvitedClient(
        given_name=asked.given_name,
        family_name=asked.family_name,
        date_of_birth=asked.date_of_birth,
        mobile=asked.mobile,
        site_id=asked.site,
        therapist_id=asked.therapist,
        profile=asked.profile,
        condition=asked.condition,
    )


def choices(names: Any) -> list[tuple[str, str]]:
    """Profiles or conditions of the pack, with their words."""
    words = words_for("en-GB")
    return [(name, words.label(name)) for name in names]


_TEXT: Final[Mapping[MessageStatus, str]] = {
    MessageStatus.pending: "The text with the link is about to go.",
    MessageStatus.sending: "The text with the link is on its way.",
    MessageStatus.sent: "The text with the link has been sent.",
    MessageStatus.delivered: "The text with the link has arrived.",
    MessageStatus.undelivered: "The text with the link did not arrive. Ring, and fill the form in together.",
    MessageStatus.failed: "The text with the link could not be sent. Ring, and fill the form in together.",
    MessageStatus.unknown: "We do not know whether the text went. Ring the client before you send another.",
    MessageStatus.suppressed: "No text went: this number has asked for no more texts. Fill the form in together.",
    MessageStatus.expired: "The text was not sent in time. Send it again.",
}
_TROUBLE: Final = frozenset(
    {MessageStatus.undelivered, MessageStatus.failed, MessageStatus.unknown, MessageStatus.suppressed}
)

ENDED: Final[Mapping[InvitationState, str]] = {
    InvitationState.completed: "The client has sent the form, and the plan is open.",
    InvitationState.urgent: "An answer was urgent: the form stopped, the plan is open, and staff were paged.",
    InvitationState.revoked: "The link was taken back, or opened with the wrong date of birth too often.",
    InvitationState.expired: "The link ran out before the form was sent. The answers are forgotten.",
}


@dataclass(frozen=True)
class InvitationLine:
    """An invitation as the front desk sees it: how far it is, never what was answered."""

    invitation: Invitation
    answered: int
    questions: int
    text: str
    trouble: bool
    can_text: bool
    link: str | None


def line_of(
    invitation: Invitation, house: House, links: FormLinks, public_url: str, words: tuple[ProviderState, ...]
) -> InvitationLine:
    """`words` are what the provider said about its text."""
    status = invitation.text_status
    for word in words:
        status = PROVIDER_WORDS.get(word.status.lower(), status)
    client = invitation.client
    live = invitation.is_live(house.now)
    under_way = invitation.text_status in (MessageStatus.pending, MessageStatus.sending)
    return InvitationLine(
        invitation=invitation,
        answered=len(invitation.answers or {}),
        questions=len(asked_of(house.pack, client.date_of_birth, house.today)) if client else 0,
        text=_TEXT[status] if status else "",
        trouble=status in _TROUBLE,
        can_text=live and client is not None and client.mobile is not None and not under_way,
        link=links.url(public_url, invitation.id, invitation.expires_at) if live and links.keys else None,
    )
