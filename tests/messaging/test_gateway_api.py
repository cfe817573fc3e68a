"""Twilio's own SDK cannot tell the gateway from Twilio: create, list, fetch, update, delete, errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.gateway.testing import Receiver, RunningGateway

_fresh = count(200)
SERVICE = "MG" + "a" * 32


@pytest.fixture
def phone() -> str:
    """A phone nobody has texted yet."""
    return f"+447700900{next(_fresh)}"


def _arrived(gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str, body: str = "Hello") -> Any:
    message = sdk.messages.create(
        to=phone, from_=gateway.number, body=body, status_callback=clinic.url("/status")
    )
    clinic.wait_for(lambda: bool(clinic.to("/status", MessageSid=message.sid, MessageStatus="delivered")))
    return message


def test_a_created_text_has_twilios_fields(gateway: RunningGateway, sdk: Client, phone: str) -> None:
    message = sdk.messages.create(to=phone, from_=gateway.number, body="We’ll ring you")
    assert (message.status, message.direction, message.num_segments) == ("queued", "outbound-api", "1")
    assert (message.to, message.from_, message.body) == (phone, gateway.number, "We’ll ring you")
    assert message.date_sent is None
    assert abs(datetime.now(UTC) - message.date_created) < timedelta(seconds=5)
    assert message.sid.startswith("SM")


def test_a_text_is_sent_then_delivered_and_can_be_fetched(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    fetched = _arrived(gateway, clinic, sdk, phone).fetch()
    assert fetched.status == "delivered"
    assert fetched.date_sent >= fetched.date_created
    assert (fetched.price, fetched.price_unit, fetched.error_code) == ("-0.04000", "USD", None)


def test_smart_quotes_are_made_plain_if_the_sender_asks_for_it(
    gateway: RunningGateway, sdk: Client, phone: str
) -> None:
    text = {"to": phone, "from_": gateway.number, "body": "“Hello” – " + "x" * 100}
    assert (sdk.messages.create(**text).num_segments, sdk.messages.create(**text).body[0]) == ("2", "“")
    plain = sdk.messages.create(**text, smart_encoded=True)
    assert (plain.num_segments, plain.body[:10]) == ("1", '"Hello" - ')


def test_a_plus_that_curl_did_not_escape_is_a_plus_all_the_same(gateway: RunningGateway, phone: str) -> None:
    url = f"{gateway.url}/2010-04-01/Accounts/{gateway.account_sid}/Messages.json"
    http = httpx2.Client(auth=(gateway.account_sid, gateway.auth_token))
    form = f"To={phone}&From={gateway.number}&Body=1+1"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    created = http.post(url, content=form, headers=headers).json()
    assert (created["to"], created["from"], created["body"]) == (phone, gateway.number, "1 1")
    listed = http.get(f"{url}?To={phone}").json()["messages"]
    assert [one["sid"] for one in listed] == [created["sid"]]


def test_media_make_it_an_mm_message(gateway: RunningGateway, sdk: Client, phone: str) -> None:
    message = sdk.messages.create(to=phone, from_=gateway.number, media_url=["https://example.org/a.png"])
    assert (message.sid[:2], message.num_media) == ("MM", "1")


def test_listing_filters_by_to_from_and_date(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    sid = _arrived(gateway, clinic, sdk, phone).sid
    now = datetime.now(UTC)
    hour, day = timedelta(hours=1), timedelta(days=1)

    def listed(**filters: Any) -> list[str]:
        return [message.sid for message in sdk.messages.list(**filters)]

    assert listed(to=phone) == [sid]
    assert listed(to=phone, from_=gateway.number) == [sid]
    assert listed(to=phone, from_="+447700900999") == []
    assert listed(to=phone, date_sent=now) == [sid]
    assert listed(to=phone, date_sent=now - day) == []
    assert listed(to=phone, date_sent_after=now - hour, date_sent_before=now + hour) == [sid]
    assert listed(to=phone, date_sent_after=now + hour) == []
    assert listed(to=phone, date_sent_before=now - hour) == []


def test_pages_follow_each_other_newest_first_while_new_texts_come_in(
    gateway: RunningGateway, sdk: Client, phone: str
) -> None:
    sent = [sdk.messages.create(to=phone, from_=gateway.number, body=str(n)).sid for n in range(5)]
    page = sdk.messages.page(to=phone, page_size=2)
    seen = [message.sid for message in page]
    sdk.messages.create(to=phone, from_=gateway.number, body="newer")
    while page := page.next_page():
        seen += [message.sid for message in page]
        last = page
    assert seen == sent[::-1]
    assert [message.body for message in last.previous_page()] == ["2", "1"]


def test_a_delivered_text_can_be_redacted_and_deleted(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    message = _arrived(gateway, clinic, sdk, phone, "private")
    assert message.update(body="").body == ""
    assert message.fetch().body == ""
    assert message.delete()
    with pytest.raises(TwilioRestException) as gone:
        message.fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)


def test_a_scheduled_text_can_be_cancelled_and_never_goes_out(sdk: Client, phone: str) -> None:
    message = sdk.messages.create(
        to=phone,
        messaging_service_sid=SERVICE,
        body="later",
        schedule_type="fixed",
        send_at=datetime.now(UTC) + timedelta(minutes=20),
    )
    assert message.status == "scheduled"
    assert message.update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as refused:
        message.update(status="canceled")
    assert refused.value.code == 30409


def test_a_text_under_way_can_neither_be_deleted_nor_redacted(sdk: Client, phone: str) -> None:
    message = sdk.messages.create(
        to=phone,
        messaging_service_sid=SERVICE,
        body="later",
        schedule_type="fixed",
        send_at=datetime.now(UTC) + timedelta(minutes=20),
    )
    for attempt in (message.delete, lambda: message.update(body="")):
        with pytest.raises(TwilioRestException) as refused:
            attempt()
        assert (refused.value.status, refused.value.code) == (409, 20009)


MAGIC_AND_MISTAKES = [
    ({"from_": "+15005550001"}, 21212),
    ({"from_": "+15005550007"}, 21606),
    ({"from_": "+15005550008"}, 21611),
    ({"to": "+15005550001"}, 21211),
    ({"to": "+15005550002"}, 21612),
    ({"to": "+15005550003"}, 21408),
    ({"to": "+15005550004"}, 21610),
    ({"to": "+15005550009"}, 21614),
    ({"to": "07700 900123"}, 21211),
    ({"to": "+44123"}, 21211),
    ({"to": "nobody"}, 21211),
    ({"from_": ""}, 21603),
    ({"from_": "0123"}, None),
    ({"from_": "not a sender name"}, 21212),
    ({"body": ""}, 21602),
    ({"body": "x" * 1600}, None),
    ({"body": "x" * 1601}, 21617),
    ({"status_callback": "not a url"}, 21609),
    ({"status_callback": "http://[broken"}, 21609),
    ({"validity_period": 0}, 20001),
    ({"validity_period": 36000}, None),
    ({"from_": "+15005550006"}, None),
    ({"from_": "LimberLeeds"}, None),
]


@pytest.mark.parametrize(("change", "code"), MAGIC_AND_MISTAKES)
def test_creates_are_refused_with_twilios_codes(
    gateway: RunningGateway, sdk: Client, phone: str, change: dict[str, Any], code: int | None
) -> None:
    parameters = {"to": phone, "from_": gateway.number, "body": "Hello", **change}
    if code is None:
        assert sdk.messages.create(**parameters).sid
        return
    with pytest.raises(TwilioRestException) as refused:
        sdk.messages.create(**parameters)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_text_to_its_own_sender_is_refused(gateway: RunningGateway, sdk: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sdk.messages.create(to=gateway.number, from_=gateway.number, body="Hello")
    assert refused.value.code == 21266


@pytest.mark.parametrize(
    "authorization", [None, "Basic !!!", "Basic " + "A" * 40, "Bearer token", "Basic w7w6w7w="]
)
def test_wrong_credentials_get_twilios_401(gateway: RunningGateway, authorization: str | None) -> None:
    url = f"{gateway.url}/2010-04-01/Accounts/{gateway.account_sid}/Messages.json"
    answer = httpx2.get(url, headers={"Authorization": authorization} if authorization else {})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/Messages/SM0.json", 404, 20404),
        ("GET", "/Calls.json", 404, 20404),
        ("PUT", "/Messages.json", 405, 20004),
        ("GET", "/Messages.json?DateSent=yesterday", 400, 20001),
        ("GET", "/Messages.json?PageSize=many", 400, 20001),
        ("GET", "/Messages.json?PageToken=forged", 400, 20001),
    ],
)
def test_other_mistakes_get_a_twilio_error_body_too(
    gateway: RunningGateway, method: str, path: str, status: int, code: int
) -> None:
    answer = httpx2.request(
        method,
        f"{gateway.url}/2010-04-01/Accounts/{gateway.account_sid}{path}",
        auth=(gateway.account_sid, gateway.auth_token),
    )
    assert answer.json()["code"] == code
    assert answer.status_code == answer.json()["status"] == status


def test_another_accounts_path_is_not_found(gateway: RunningGateway, sdk: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sdk.api.accounts("AC" + "0" * 32).messages("SM" + "0" * 32).fetch()
    assert refused.value.code == 20404


def test_the_account_can_be_fetched_to_check_credentials(gateway: RunningGateway, sdk: Client) -> None:
    assert sdk.api.accounts(gateway.account_sid).fetch().status == "active"


@pytest.mark.parametrize("body", [b"\xff\xfe%%%", b"=&=&&&", b"To=%ff&Body=%00", b"To[]=1", b"x" * 100_000])
def test_no_form_whatever_its_bytes_is_a_crash(gateway: RunningGateway, body: bytes) -> None:
    answer = httpx2.post(
        f"{gateway.url}/2010-04-01/Accounts/{gateway.account_sid}/Messages.json",
        content=body,
        auth=(gateway.account_sid, gateway.auth_token),
    )
    assert answer.status_code == 400
