"""The provider's calls: only its own signature counts, a text is stored first, and nothing happens twice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.clinic import Clinic
from messaging.signature import HEADER, sign
from tests.api.conftest import PUBLIC_URL, TWILIO_TOKEN
from tests.api.pathway import active, read

INBOUND = "/webhooks/twilio/inbound"
TEXT = {
    "MessageSid": "SM" + "1" * 32,
    "AccountSid": "AC" + "0" * 32,
    "From": "+447700900321",
    "To": "+447700900999",
    "Body": "3 and a bit sore 🙂",
    "NumMedia": "0",
    "ToCity": "",
}


async def call(
    client: AsyncClient, path: str, form: dict[str, str], *, token: str = TWILIO_TOKEN, query: str = ""
) -> Response:
    """Call as Twilio does: form-encoded, signed over the public URL; what follows the answer has happened too."""
    address = f"{path}{query}"
    answered = await client.post(
        address,
        content=urlencode(form),
        headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            HEADER: sign(token, f"{PUBLIC_URL}{address}", form.items()),
        },
    )
    clinic: Clinic = client._transport.app.state.clinic  # type: ignore[attr-defined]
    await clinic.aftermath.ended()
    return answered


async def stored(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT id, body, raw, status FROM inbound_messages ORDER BY id")
        )
        return list(rows)


async def test_a_text_is_stored_whole_answered_and_handed_on(
    stranger: AsyncClient, engine: AsyncEngine, routed: list[str]
) -> None:
    answered = await call(stranger, INBOUND, TEXT)
    assert answered.status_code == 200
    assert answered.headers["content-type"].startswith("text/xml")
    assert answered.text.endswith("<Response/>")
    (row,) = await stored(engine)
    assert row.body == TEXT["Body"]
    assert row.raw == TEXT
    assert routed == [row.id]


@pytest.mark.parametrize(
    "token",
    ["another-token", ""],
)
async def test_a_wrong_signature_has_no_effect(
    token: str, stranger: AsyncClient, engine: AsyncEngine, routed: list[str]
) -> None:
    answered = await call(stranger, INBOUND, TEXT, token=token)
    assert answered.status_code == 403
    assert answered.headers["content-type"].startswith("text/xml")
    assert not await stored(engine)
    assert not routed


async def test_a_missing_signature_has_no_effect(stranger: AsyncClient, engine: AsyncEngine) -> None:
    answered = await stranger.post(INBOUND, data=TEXT)
    assert answered.status_code == 403
    assert not await stored(engine)


async def test_a_json_body_is_refused(stranger: AsyncClient, engine: AsyncEngine) -> None:
    answered = await stranger.post(
        INBOUND, json=TEXT, headers={HEADER: sign(TWILIO_TOKEN, PUBLIC_URL + INBOUND)}
    )
    assert answered.status_code == 403
    assert not await stored(engine)


async def test_a_changed_word_breaks_the_signature(stranger: AsyncClient) -> None:
    answered = await stranger.post(
        INBOUND,
        data={**TEXT, "Body": "1"},
        headers={HEADER: sign(TWILIO_TOKEN, PUBLIC_URL + INBOUND, TEXT.items())},
    )
    assert answered.status_code == 403


async def test_f29_the_same_text_again_is_handed_on_once(
    stranger: AsyncClient, engine: AsyncEngine, routed: list[str]
) -> None:
    await call(stranger, INBOUND, TEXT)
    again = await call(stranger, INBOUND, TEXT)
    under_a_new_id = await call(stranger, INBOUND, {**TEXT, "MessageSid": "SM" + "2" * 32})
    assert (again.status_code, under_a_new_id.status_code) == (200, 200)
    assert len(routed) == 1


async def test_a_zero_byte_in_a_text_stops_nothing(stranger: AsyncClient, engine: AsyncEngine) -> None:
    answered = await call(stranger, INBOUND, {**TEXT, "Body": "7\0 bad"})
    assert answered.status_code == 200
    assert (await stored(engine))[0].body == "7\ufffd bad"


async def test_a_text_that_cannot_be_routed_stays_stored(
    stranger: AsyncClient, engine: AsyncEngine, app: Any
) -> None:
    async def away(inbound_id: str) -> None:
        raise ConnectionError(inbound_id)

    clinic = app.state.clinic
    app.state.clinic = type(clinic)(**{**vars(clinic), "route_inbound": away})
    answered = await call(stranger, INBOUND, TEXT)
    assert answered.status_code == 200
    assert len(await stored(engine)) == 1


async def test_a_signed_call_without_a_sender_is_refused(stranger: AsyncClient, engine: AsyncEngine) -> None:
    answered = await call(stranger, INBOUND, {"Body": "hello"})
    assert answered.status_code == 400
    assert not await stored(engine)


async def test_a_receipt_signed_with_its_query_is_kept(stranger: AsyncClient, engine: AsyncEngine) -> None:
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered", "ErrorCode": ""}
    answered = await call(stranger, "/webhooks/twilio/status", form, query="?intent=plan-1%3Aintake-notice")
    assert answered.status_code == 200
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT status, message_key FROM receipts"))).one()
    assert tuple(row) == ("delivered", "plan-1:intake-notice")


async def test_a_text_that_will_not_arrive_becomes_its_plan_s_alert(
    stranger: AsyncClient, therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    messages = (await read(therapist, plan_id, "/messages"))["messages"]
    key = messages[0]["key"]
    form = {"MessageSid": "SM" + "7" * 32, "MessageStatus": "failed", "ErrorCode": "30006"}
    for _ in range(2):
        await call(stranger, "/webhooks/twilio/status", form, query=f"?{urlencode({'intent': key})}")
    alerts = (await read(therapist, plan_id))["alerts"]
    assert [alert["reason"] for alert in alerts] == ["text_undelivered"]
    after = (await read(therapist, plan_id, "/messages"))["messages"]
    assert "Ask the client for a mobile number" in next(one["why"] for one in after if one["key"] == key)
