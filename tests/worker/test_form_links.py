"""The link to a form goes out once, through the gateway, and what became of it is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.reconciling import Patience
from database import invitation_texts, invitations
from database.invitations import Invitation
from messaging.channel import Channel
from messaging.form_link import FormLinks
from messaging.gateway.testing import RunningGateway, running_gateway
from schemas.encryption_keys import EncryptionKey
from schemas.invitations import InvitationWay, InvitedClient
from schemas.messages import MessageStatus
from tests.activities.desk import channel_to
from worker.form_links import LinkPost

LINKS = FormLinks((EncryptionKey("one", bytes(range(32))),))
OLDER = FormLinks((EncryptionKey("new", bytes(reversed(range(32)))), *LINKS.keys))
PHONES = iter(range(700, 799))


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """The bundled gateway over HTTP."""
    with running_gateway() as running:
        yield running


@pytest.fixture
def post(engine: AsyncEngine, gateway: RunningGateway) -> Iterator[LinkPost]:
    """What sends links; it gives up on lost ones at once."""
    channel: Channel = channel_to(gateway.url, gateway)
    yield LinkPost(engine, channel, LINKS, "https://clinic.example", Patience(give_up_after=timedelta()))
    gateway.ask("DELETE", "/gateway/faults")


@pytest.fixture
async def invited(engine: AsyncEngine, clinic: ModuleType) -> Invitation:
    """A new client whose link waits to be sent."""
    ada = InvitedClient(
        given_name="Ada",
        family_name="Byron",
        date_of_birth=date(1985, 12, 10),
        mobile=f"+447700900{next(PHONES)}",
        site_id=clinic.SITE_ID,
        profile="general_wellbeing",
    )
    now = datetime.now(UTC)
    made = await invitations.invite(
        engine,
        ada,
        InvitationWay.text,
        by=clinic.THERAPIST.id,
        now=now,
        expires_at=now + timedelta(days=7),
    )
    return await invitations.invitation(engine, made)


def _texts(gateway: RunningGateway, invited: Invitation) -> list[str]:
    assert invited.client is not None
    return [one["body"] for one in gateway.texts(invited.client.mobile or "")]


async def test_the_link_goes_out_once_and_names_nobody(
    post: LinkPost, invited: Invitation, gateway: RunningGateway
) -> None:
    for _ in range(3):
        await post.round(datetime.now(UTC))
    (body,) = _texts(gateway, invited)
    assert body.startswith("Riverside Physio: ")
    assert "Ada" not in body
    found = re.search(r"https://clinic\.example/form/([\w-]{52}) ", body)
    assert found
    assert LINKS.read(found[1], datetime.now(UTC)) == invited.id
    assert LINKS.read(found[1], invited.expires_at) is None
    assert OLDER.read(found[1], datetime.now(UTC)) == invited.id
    settled = await invitations.invitation(post.engine, invited.id)
    assert settled.text_status is MessageStatus.sent
    assert settled.text_sid


async def test_a_claimed_link_is_looked_for_and_never_sent_again(
    post: LinkPost, invited: Invitation, gateway: RunningGateway
) -> None:
    assert await invitation_texts.claim(post.engine, invited)
    assert not await invitation_texts.claim(post.engine, invited)
    await post.round(datetime.now(UTC) + timedelta(minutes=1))
    assert _texts(gateway, invited) == []
    lost = await invitations.invitation(post.engine, invited.id)
    assert (lost.text_status, lost.text_reason) == (MessageStatus.unknown, "never_found")


async def test_the_front_desk_sends_again_only_once_the_first_has_ended(
    post: LinkPost, invited: Invitation, gateway: RunningGateway
) -> None:
    now = datetime.now(UTC)
    assert not await invitation_texts.order_again(post.engine, invited.id, now)
    await post.round(now)
    assert await invitation_texts.order_again(post.engine, invited.id, now)
    await post.round(now)
    assert len(_texts(gateway, invited)) == 2


async def test_a_link_changed_in_one_place_opens_nothing() -> None:
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    token = LINKS.token("0193b5b0-7c1e-7a51-9f5e-2d6f4c1b8a90", now + timedelta(days=1))
    for place, letter in enumerate(token):
        other = token[:place] + ("B" if letter == "A" else "A") + token[place + 1 :]
        assert LINKS.read(other, now) is None
    assert LINKS.read(token + "A", now) is None
    assert LINKS.read("", now) is None
    assert FormLinks((EncryptionKey("x", bytes(32)),)).read(token, now) is None
