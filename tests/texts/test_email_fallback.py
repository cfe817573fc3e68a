"""A text that certainly did not arrive is written instead: once, and only to a client who agreed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.falling_back import EmailFallback
from activities.packs import PackShelf
from activities.wording import Wording
from database.outbox import OutboxText
from messaging.channel import Accepted, Outcome, OutgoingText, Rejected, Retry, Unknown
from messaging.email_channel import EmailChannel, MailServer, MailServerMisnamed
from messaging.error_classes import ErrorClass
from messaging.gateway.testing import RunningGateway, running_gateway
from messaging.templates import all_books
from schemas.messages import ChannelName, MessageStatus, TextPurpose
from schemas.names import new_id
from schemas.plan import PlanState
from tests.texts.conftest import NewClients
from tests.texts.post_office import PostOffice, a_notice, a_question

ADA = "+447700900701"


@pytest.fixture(scope="module")
def mail() -> Iterator[RunningGateway]:
    """A gateway that takes mail."""
    with running_gateway(mail_port=0) as gateway:
        yield gateway


def _channel(port: int | None) -> EmailChannel:
    server = MailServer("127.0.0.1", port or 1, tls=False)
    return EmailChannel(server, "front.desk@clinic.example", timeout=timedelta(seconds=1))


@pytest.fixture
def fallback(engine: AsyncEngine, mail: RunningGateway) -> EmailFallback:
    """What the worker's round does."""
    return EmailFallback(engine, _channel(mail.mail_port), Wording(PackShelf(engine), all_books()))


async def _agrees(post_office: PostOffice, plan: PlanState, granted: bool = True) -> None:
    await post_office.sql(
        "INSERT INTO consents (id, client_id, kind, granted, wording, how, recorded_by, at)"
        " VALUES (:id, :client, 'email', :granted, 'May we write?', 'in_person', 'desk', :at)",
        id=new_id(),
        client=plan.client_id,
        granted=granted,
        at=datetime.now(UTC),
    )


async def _mails(mail: RunningGateway, address: str) -> list[dict[str, Any]]:
    shown = await asyncio.to_thread(mail.ask, "GET", f"/gateway/mail?to={address}")
    return list(shown["mail"])


async def _texted_in_vain(post_office: PostOffice, plan: PlanState, **changes: Any) -> OutboxText:
    await asyncio.to_thread(post_office.gateway.fault, "refused", to=ADA, times=1)
    order = a_notice(plan, **changes)
    assert (await post_office.send(order)).status is MessageStatus.failed
    return await post_office.row(order)


async def test_f10_a_refused_text_is_written_instead_and_only_once(
    post_office: PostOffice, new_clients: NewClients, fallback: EmailFallback, mail: RunningGateway
) -> None:
    address = f"{new_id()}@example.org"
    plan = await new_clients.plan(ADA, email=address)
    await _agrees(post_office, plan)
    text = await _texted_in_vain(post_office, plan)
    await asyncio.gather(*(fallback.round(text.order.ordered_at) for _ in range(4)))
    [written] = await _mails(mail, address)
    assert written["subject"] == "A message from Riverside Physio"
    assert "Thank you, we have your form." in written["body"] and "ring us on" in written["body"]
    row = await post_office.row(text.order.but(key=f"{text.key}:email"))
    assert (row.status, row.channel, row.stands_for) == (MessageStatus.sent, ChannelName.email, text.key)


async def test_a_mail_asks_for_no_answer_that_nobody_would_read(
    post_office: PostOffice, new_clients: NewClients, fallback: EmailFallback, mail: RunningGateway
) -> None:
    address = f"{new_id()}@example.org"
    plan = await new_clients.plan(ADA, email=address)
    await _agrees(post_office, plan)
    visit = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
    reminder = {"template": "session_reminder_72h", "purpose": TextPurpose.reminder, "starts_at": (visit,)}
    text = await _texted_in_vain(post_office, plan, **reminder)
    await fallback.round(text.order.ordered_at)
    [written] = await _mails(mail, address)
    assert "Thu 12 Nov at 10:00" in written["body"] and "Reply 1" not in written["body"]


@pytest.mark.parametrize("why", ["did not agree", "withdrew consent", "has no address", "a question"])
async def test_nobody_is_written_to_who(
    post_office: PostOffice, new_clients: NewClients, fallback: EmailFallback, mail: RunningGateway, why: str
) -> None:
    address = f"{new_id()}@example.org"
    plan = await new_clients.plan(ADA, email=None if why == "has no address" else address)
    if why != "did not agree":
        await _agrees(post_office, plan)
    if why == "withdrew consent":
        await _agrees(post_office, plan, granted=False)
    await asyncio.to_thread(post_office.gateway.fault, "refused", to=ADA, times=1)
    order = a_question(plan) if why == "a question" else a_notice(plan)
    assert (await post_office.send(order)).status is MessageStatus.failed
    await fallback.round(order.ordered_at)
    assert await _mails(mail, address) == []


async def test_a_text_whose_fate_is_unknown_is_not_written_instead(
    post_office: PostOffice, new_clients: NewClients, fallback: EmailFallback, mail: RunningGateway
) -> None:
    address = f"{new_id()}@example.org"
    plan = await new_clients.plan(ADA, email=address)
    await _agrees(post_office, plan)
    await asyncio.to_thread(post_office.gateway.fault, "500-before-accepting", to=ADA, times=1)
    order = a_notice(plan)
    assert (await post_office.send(order)).status is MessageStatus.unknown
    await fallback.round(order.ordered_at)
    assert await _mails(mail, address) == []


# -- the channel itself --------------------------------------------------------------------------------


def _letter(to: str = "ada@example.org") -> OutgoingText:
    return OutgoingText(to, "First line\n.\nlast line", "key", timedelta(hours=1), "News")


def test_a_mail_arrives_whole_also_with_a_line_that_is_a_dot(mail: RunningGateway) -> None:
    assert isinstance(_channel(mail.mail_port).send(_letter("dots@example.org")), Accepted)
    [written] = mail.ask("GET", "/gateway/mail?to=dots@example.org")["mail"]
    assert written["body"].splitlines() == ["First line", ".", "last line"]


def test_without_a_mail_server_nothing_was_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert isinstance(_channel(port).send(_letter()), Retry)


@contextmanager
def _server_that_says(*answers: bytes) -> Iterator[int]:
    """A mail server with a script; after its last line it hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as said:
            connection.sendall(b"220 hello\r\n")
            for answer in answers:
                if answer.startswith(b"after data"):
                    while said.readline() != b".\r\n":
                        pass
                else:
                    said.readline()
                connection.sendall(answer.removeprefix(b"after data "))

    thread = Thread(target=talk, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.close()


_HELLO, _FINE, _GO_ON = b"250 hi\r\n", b"250 ok\r\n", b"354 go on\r\n"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((_HELLO, _FINE, b"550 no such person\r\n"), Rejected),
        ((_HELLO, _FINE, b"450 try later\r\n"), Retry),
        ((_HELLO, _FINE, _FINE, _GO_ON), Unknown),
        ((_HELLO, _FINE, _FINE, _GO_ON, b"after data 554 spam\r\n"), Rejected),
        ((_HELLO, _FINE, _FINE, _GO_ON, b"after data 250 taken\r\n", b"500 what?\r\n"), Accepted),
        ((_HELLO, _FINE, _FINE, _GO_ON, b"after data 250 taken\r\n"), Accepted),
    ],
    ids=["refused", "later", "cut off after the mail", "refused at the end", "rude farewell", "no farewell"],
)
def test_what_a_mail_server_says_is_taken_at_its_word(
    answers: tuple[bytes, ...], expected: type[Outcome]
) -> None:
    with _server_that_says(*answers) as port:
        assert isinstance(_channel(port).send(_letter()), expected)


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nRCPT TO:<c@d>", "", "a b@c"])
def test_what_is_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    refused = _channel(1).send(_letter(address))
    assert isinstance(refused, Rejected) and refused.error_class is ErrorClass.BAD_ADDRESS


def test_a_mail_server_is_named_by_a_url() -> None:
    server = MailServer.from_url("smtps://desk%40clinic:s%2Fecret@mail.example")
    assert (server.host, server.port, server.tls, server.user) == ("mail.example", 465, True, "desk@clinic")
    assert "ecret" not in repr(server)
    with pytest.raises(MailServerMisnamed, match="smtp://"):
        MailServer.from_url("http://mail.example")
