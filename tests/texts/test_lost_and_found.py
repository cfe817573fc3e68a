"""Whatever a client sends is stored, answered and has one effect; what came while we were away is found."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database.outages import round_reached
from messaging.gateway.testing import RunningGateway
from messaging.signature import HEADER, sign
from messaging.twilio_channel import TwilioChannel
from tests.texts.conftest import Office
from tests.texts.post_office import PostOffice
from worker.recovering import ROUND, recover_inbound

INBOUND = "/webhooks/twilio/inbound"
ADA = "+447700900740"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


async def _post(office: Office, gateway: RunningGateway, fields: list[tuple[str, str]]) -> httpx2.Response:
    """A form signed as Twilio signs it; halves of surrogate pairs go out as they are."""
    url = office.url + INBOUND
    headers = {
        HEADER: sign(gateway.auth_token, url, fields),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.post(url, content=urlencode(fields, errors="surrogatepass"), headers=headers)


def _fields(body: str, sid: str = "SM" + "a" * 32, **more: str) -> list[tuple[str, str]]:
    return [("MessageSid", sid), ("From", ADA), ("To", "+447700900000"), ("Body", body), *more.items()]


async def _stored(post_office: PostOffice) -> list[Any]:
    return list(
        (await post_office.sql("SELECT * FROM inbound_messages ORDER BY received_at, id")).mappings().all()
    )


@pytest.mark.parametrize(
    ("body", "kept", "more"),
    [
        ("x" * 2000, "x" * 2000, {}),
        ("👍🏽🎉👩‍👩‍👧", "👍🏽🎉👩‍👩‍👧", {}),
        ("5\x00 \x00", "5\ufffd \ufffd", {}),
        (
            "",
            "",
            {"NumMedia": "2", "MediaUrl0": "https://example.org/a.jpg", "MediaContentType0": "image/jpeg"},
        ),
        ("\ud83d\ude00", "😀", {}),
        ("half \ud83d", "half \ufffd", {}),
        ("1", "1", {"NumMedia": "many", "NumSegments": "²", "Unheard": "of"}),
        ("1", "1", {"NumMedia": "9" * 5000}),
        ("'; DROP TABLE clients; --", "'; DROP TABLE clients; --", {}),
        ("\u202eesrever", "\u202eesrever", {}),
    ],
    ids=["long", "emoji", "NUL", "media", "pair", "half a pair", "odd numbers", "huge number", "SQL", "RTL"],
)
async def test_any_text_is_stored_and_answered(
    office: Office,
    gateway: RunningGateway,
    post_office: PostOffice,
    *,
    body: str,
    kept: str,
    more: dict[str, str],
) -> None:
    answer = await _post(office, gateway, _fields(body, **more))
    assert (answer.status_code, answer.text) == (200, EMPTY)
    assert answer.headers["content-type"].startswith("text/xml")
    [row] = await _stored(post_office)
    assert row["body"] == kept
    assert office.routed == [row["id"]]


async def test_a_form_of_bytes_that_are_no_text_is_answered_and_has_no_effect(
    office: Office, gateway: RunningGateway, post_office: PostOffice
) -> None:
    broken = quote_from_bytes(b"\xff\xfe\x80")
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            office.url + INBOUND,
            content=f"Body={broken}",
            headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: "bm9uc2Vuc2U="},
        )
    assert answer.status_code == 403 and await _stored(post_office) == []


@pytest.mark.parametrize("sender", ["+15005550006", "88222", "Riverside", "whatsapp:+447700900740", "+", "0"])
async def test_a_sender_nobody_knows_is_stored_and_answered(
    office: Office, gateway: RunningGateway, post_office: PostOffice, sender: str
) -> None:
    answer = await _post(office, gateway, [("MessageSid", "SM1"), ("From", sender), ("Body", "hello")])
    assert answer.status_code == 200
    assert [row["from_number"] for row in await _stored(post_office)] == [sender]


@pytest.mark.parametrize("field", ["MessageSid", "From"])
async def test_an_endless_id_is_refused_and_not_a_fault(
    office: Office, gateway: RunningGateway, field: str
) -> None:
    fields = dict(_fields("1")) | {field: "S" * 5000}
    assert (await _post(office, gateway, list(fields.items()))).status_code == 400


async def test_f29_a_webhook_replayed_a_thousand_times_has_one_effect(
    office: Office, gateway: RunningGateway, post_office: PostOffice
) -> None:
    url, fields = office.url + INBOUND, _fields("1")
    headers = {
        HEADER: sign(gateway.auth_token, url, fields),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    content = urlencode(fields)
    limits = httpx2.Limits(max_connections=8)
    async with httpx2.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
        answers = await asyncio.gather(
            *(client.post(url, content=content, headers=headers) for _ in range(1000))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await _stored(post_office)) == 1
    assert len(office.routed) == 1


# -- while we were away --------------------------------------------------------------------------------


async def test_a_clinic_that_never_looked_begins_now(
    engine: AsyncEngine, channel: TwilioChannel, gateway: RunningGateway, post_office: PostOffice
) -> None:
    gateway.fault("inbound-duplicated", to=ADA, times=1)
    now = datetime.now(UTC)
    assert await recover_inbound(engine, channel, now) == 0
    assert await round_reached(engine, ROUND) == now


async def test_texts_that_came_while_the_service_was_off_are_found_once(
    engine: AsyncEngine,
    channel: TwilioChannel,
    gateway: RunningGateway,
    post_office: PostOffice,
    office: Office,
) -> None:
    before = datetime.now(UTC)
    await recover_inbound(engine, channel, before - timedelta(minutes=20))
    sent = [await asyncio.to_thread(gateway.text_in, ADA, words) for words in ("7", "see you then")]
    await post_office.sql("DELETE FROM inbound_messages")  # as if the webhook had never got through
    assert await recover_inbound(engine, channel, datetime.now(UTC)) >= 2
    rows = [row for row in await _stored(post_office) if row["from_number"] == ADA]
    assert [row["provider_sid"] for row in rows][-2:] == [one["sid"] for one in sent]
    assert {row["status"] for row in rows} == {"received"}
    assert await recover_inbound(engine, channel, datetime.now(UTC)) == 0


async def test_a_text_that_the_webhook_brought_is_not_found_again(
    engine: AsyncEngine,
    channel: TwilioChannel,
    gateway: RunningGateway,
    post_office: PostOffice,
    office: Office,
) -> None:
    await recover_inbound(engine, channel, datetime.now(UTC) - timedelta(minutes=20))
    await post_office.sql("DELETE FROM inbound_messages")
    body = f"only once {datetime.now(UTC).timestamp()}"
    await asyncio.to_thread(gateway.text_in, ADA, body)
    await recover_inbound(engine, channel, datetime.now(UTC))
    assert [row["body"] for row in await _stored(post_office)].count(body) == 1
