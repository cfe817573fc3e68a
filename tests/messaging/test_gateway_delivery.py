"""Receipts, inbound webhooks, opt-outs and faults of the gateway behave as Twilio's do."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.gateway.faults import Fault, FaultError, FaultKind
from messaging.gateway.settings import STOP_WORDS, new_credentials
from messaging.gateway.testing import ReceivedPost, Receiver, RunningGateway, receiving, running_gateway

_fresh = count(400)


@pytest.fixture
def phone() -> str:
    """A phone nobody has texted yet."""
    return f"+447700900{next(_fresh)}"


def _send(gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str, body: str = "Hello") -> Any:
    return sdk.messages.create(
        to=phone, from_=gateway.number, body=body, status_callback=clinic.url("/status?intent=k%2F1")
    )


def _statuses(clinic: Receiver, sid: str) -> list[str]:
    return [post["MessageStatus"] for post in clinic.to("/status", MessageSid=sid)]


def _signed(gateway: RunningGateway, clinic: Receiver, post: ReceivedPost) -> bool:
    url = clinic.url(post.path) + (f"?{post.query}" if post.query else "")
    validator = RequestValidator(gateway.auth_token)
    fields = ImmutableMultiDict(post.fields)
    return bool(validator.validate(url, fields, post.headers["x-twilio-signature"]))


def test_receipts_are_signed_in_order_and_none_is_for_the_first_status(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    sid = _send(gateway, clinic, sdk, phone).sid
    clinic.wait_for(lambda: len(_statuses(clinic, sid)) == 2)
    assert _statuses(clinic, sid) == ["sent", "delivered"]
    post = clinic.to("/status", MessageSid=sid)[0]
    assert _signed(gateway, clinic, post)
    assert (post["SmsStatus"], post["SmsSid"], post["To"], post["From"]) == (
        "sent",
        sid,
        phone,
        gateway.number,
    )
    assert (post["AccountSid"], post["ApiVersion"]) == (gateway.account_sid, "2010-04-01")
    assert "ErrorCode" not in dict(post.fields)


def test_a_text_being_sent_is_seen_by_who_asks_and_no_receipt_tells_of_it(phone: str) -> None:
    with receiving() as clinic, running_gateway(pace=timedelta(hours=1)) as gateway:
        sdk = Client(gateway.account_sid, gateway.auth_token)
        sdk.api.base_url = gateway.url
        sid = _send(gateway, clinic, sdk, phone).sid
        other = _send(gateway, clinic, sdk, "+447700900397").sid
        while {sdk.messages(one).fetch().status for one in (sid, other)} != {"sending"}:
            continue
        assert not clinic.posts


def test_an_inbound_text_is_signed_and_complete_blanks_included(
    gateway: RunningGateway, clinic: Receiver, phone: str
) -> None:
    sent = gateway.text_in(phone, " spaced é 😊 \x00 & = + % ", media=["https://example.org/a.jpg"])
    assert sent["webhook"] == {"url": clinic.url("/inbound"), "status": 200, "failure": None}
    [post] = clinic.to("/inbound", From=phone)
    assert _signed(gateway, clinic, post)
    fields = dict(post.fields)
    assert fields["Body"] == " spaced é 😊 \x00 & = + % "
    assert fields["MessageSid"] == fields["SmsSid"] == fields["SmsMessageSid"] == sent["sid"]
    assert (fields["To"], fields["SmsStatus"], fields["NumMedia"]) == (gateway.number, "received", "1")
    assert (fields["MediaUrl0"], fields["FromCountry"], fields["FromCity"]) == (
        "https://example.org/a.jpg",
        "GB",
        "",
    )
    assert "OptOutType" not in fields


def test_half_an_emoji_from_a_phone_is_mended_and_delivered(
    gateway: RunningGateway, clinic: Receiver, phone: str
) -> None:
    assert gateway.text_in(phone, "half \ud83d")["webhook"]["status"] == 200
    assert clinic.to("/inbound", From=phone)[0]["Body"] == "half \ufffd"


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
def test_a_stop_word_opts_out_and_start_opts_in_again(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str, word: str
) -> None:
    gateway.text_in(phone, f" {word.lower()} ")
    assert len(clinic.to("/inbound", From=phone)) == 1  # forwarded all the same
    with pytest.raises(TwilioRestException) as refused:
        _send(gateway, clinic, sdk, phone)
    assert (refused.value.status, refused.value.code) == (400, 21610)
    assert gateway.ask("GET", f"/gateway/phones/{phone}")["opted_out_of"] == [gateway.number]
    assert sdk.messages.create(to=phone, from_="+447700900001", body="another sender").sid
    gateway.text_in(phone, "START", to=gateway.number)
    assert _send(gateway, clinic, sdk, phone).sid


def test_twilio_answers_stop_and_help_itself_once(gateway: RunningGateway, phone: str) -> None:
    for body in ("STOP", "stop", "HELP", "please stop", "YES", "YES", "info"):
        gateway.text_in(phone, body)
    answers = [text["body"][:30] for text in gateway.texts(phone) if text["direction"] == "outbound-reply"]
    assert answers == [
        "You have successfully been uns",
        "You have successfully been re-",
        "Reply STOP to unsubscribe. Msg",
    ]


def test_a_stop_word_inside_a_sentence_opts_nobody_out(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    gateway.text_in(phone, "please cancel my visit")
    assert _send(gateway, clinic, sdk, phone).sid


def test_a_messaging_service_accepts_first_and_fails_the_opted_out_later(
    clinic: Receiver, gateway: RunningGateway, sdk: Client, phone: str
) -> None:
    service = {"messaging_service_sid": "MG" + "b" * 32, "status_callback": clinic.url("/status")}
    first = sdk.messages.create(to=phone, body="Hello", **service)
    assert (first.status, first.num_segments, first.from_) == ("accepted", "0", None)
    clinic.wait_for(lambda: len(_statuses(clinic, first.sid)) == 3)
    gateway.text_in(phone, "STOP")
    second = sdk.messages.create(to=phone, body="Hello", **service)
    clinic.wait_for(lambda: "failed" in _statuses(clinic, second.sid))
    assert clinic.to("/status", MessageSid=second.sid)[-1]["ErrorCode"] == "21610"


def test_an_unreachable_number_is_undelivered_with_the_code(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    gateway.fault("unreachable", to=phone, code=30005)
    sid = _send(gateway, clinic, sdk, phone).sid
    clinic.wait_for(lambda: len(_statuses(clinic, sid)) == 2)
    assert _statuses(clinic, sid) == ["sent", "undelivered"]
    assert clinic.to("/status", MessageSid=sid)[-1]["ErrorCode"] == "30005"
    fetched = sdk.messages(sid).fetch()
    assert (fetched.error_code, fetched.error_message) == (30005, "Unknown destination handset")


def test_a_text_whose_network_says_nothing_stays_sent(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    gateway.fault("unconfirmed", to=phone, times=1)
    silent, confirmed = [_send(gateway, clinic, sdk, phone).sid for _ in range(2)]
    clinic.wait_for(lambda: len(_statuses(clinic, confirmed)) == 2 and len(_statuses(clinic, silent)) == 1)
    assert _statuses(clinic, silent) == ["sent"]
    assert sdk.messages(silent).fetch().status == "sent"


def test_receipts_can_come_twice(gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str) -> None:
    gateway.fault("callbacks-duplicated", to=phone)
    sid = _send(gateway, clinic, sdk, phone).sid
    clinic.wait_for(lambda: len(_statuses(clinic, sid)) == 4)
    assert _statuses(clinic, sid) == ["sent", "sent", "delivered", "delivered"]


def test_receipts_can_come_the_wrong_way_round(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    """F28."""
    gateway.fault("callbacks-reordered", to=phone)
    sid = _send(gateway, clinic, sdk, phone).sid
    clinic.wait_for(lambda: len(_statuses(clinic, sid)) == 2)
    assert _statuses(clinic, sid) == ["delivered", "sent"]


def test_receipts_can_be_late_or_never_come(
    gateway: RunningGateway, clinic: Receiver, sdk: Client, phone: str
) -> None:
    gateway.fault("callbacks-missing", to=phone, times=1)
    sid = _send(gateway, clinic, sdk, phone).sid
    clinic.wait_for(lambda: len(_statuses(clinic, sid)) == 1)
    assert _statuses(clinic, sid) == ["delivered"]
    gateway.fault("callbacks-late", to=phone, seconds=0.3)
    late = _send(gateway, clinic, sdk, phone).sid
    on_time = _send(gateway, clinic, sdk, "+447700900399").sid
    clinic.wait_for(lambda: len(_statuses(clinic, late)) == 2 and len(_statuses(clinic, on_time)) == 2)
    order = [post["MessageSid"] for post in clinic.posts]
    assert order.index(late) > order.index(on_time)


def test_an_inbound_text_can_be_posted_twice_under_one_sid(
    gateway: RunningGateway, clinic: Receiver, phone: str
) -> None:
    """F29."""
    gateway.fault("inbound-duplicated", to=phone)
    sid = gateway.text_in(phone, "1")["sid"]
    assert [post["MessageSid"] for post in clinic.to("/inbound", From=phone)] == [sid, sid]


def test_a_failing_webhook_is_tried_again_as_its_url_asks(phone: str) -> None:
    with receiving() as clinic:
        overrides = "#rc=2&rp=5xx"
        with running_gateway(webhook=clinic.url("/inbound") + overrides) as gateway:
            clinic.answers += [(503, ""), (200, "<Response/>")]
            assert gateway.text_in(phone, "1")["webhook"]["status"] == 503
            clinic.wait_for(lambda: len(clinic.posts) == 2)
            first, second = clinic.posts
            assert first.fields == second.fields
            assert first.headers["i-twilio-idempotency-token"] == second.headers["i-twilio-idempotency-token"]
            assert _signed(gateway, clinic, second)  # over the URL without its fragment
            clinic.answers += [(404, "")]
            assert gateway.text_in(phone, "2")["webhook"]["status"] == 404  # a 4xx is not in the policy
            gateway.text_in(phone, "3")
            assert [post["Body"] for post in clinic.posts] == ["1", "1", "2", "3"]


def test_an_unreachable_webhook_is_reported_and_the_text_is_kept(phone: str) -> None:
    with running_gateway(webhook="http://127.0.0.1:9/inbound#rc=0") as gateway:
        assert gateway.text_in(phone, "hello")["webhook"]["failure"] == "ct"
        assert [text["body"] for text in gateway.texts(phone)] == ["hello"]
    with running_gateway() as gateway:
        assert gateway.text_in(phone, "hello")["webhook"]["failure"] == "no webhook is set"


@pytest.mark.parametrize(
    ("twiml", "answers"),
    [
        ("<Response><Message>Thank you</Message></Response>", ["Thank you"]),
        (
            "<Response><Message><Body>A &amp; B</Body></Message><Message>C</Message></Response>",
            ["A & B", "C"],
        ),
        ("<Response/>", []),
        ("", []),
        ("no xml", []),
        ('<!DOCTYPE r [<!ENTITY e "x">]><Response><Message>&e;</Message></Response>', []),
    ],
)
def test_twiml_answers_become_texts(
    gateway: RunningGateway, clinic: Receiver, phone: str, twiml: str, answers: list[str]
) -> None:
    clinic.answers.append((200, twiml))
    gateway.text_in(phone, "hello")
    assert [text["body"] for text in gateway.texts(phone)[1:]] == answers


def test_texts_and_opt_outs_survive_a_restart(tmp_path: Path, phone: str) -> None:
    state, credentials = tmp_path / "gateway.db", new_credentials()
    with receiving() as clinic:
        settings: dict[str, Any] = {
            "state": state,
            "credentials": credentials,
            "status_callback": clinic.url("/status"),
            "pace": timedelta(hours=1),
        }
        with running_gateway(**settings) as gateway:
            sdk = Client(gateway.account_sid, gateway.auth_token)
            sdk.api.base_url = gateway.url
            gateway.text_in(phone, "STOP")
            sdk.messages.create(to="+447700900398", from_=gateway.number, body="Hello")
        assert state.stat().st_mode & 0o777 == 0o600
        with running_gateway(**settings) as gateway:
            assert gateway.texts(phone)[0]["body"] == "STOP"
            assert gateway.ask("GET", f"/gateway/phones/{phone}")["opted_out_of"] == [gateway.number]
            assert gateway.texts("+447700900398")[0]["status"] in ("queued", "sending")


def test_a_text_that_outlived_its_validity_is_not_delivered(tmp_path: Path, phone: str) -> None:
    with (
        receiving() as clinic,
        running_gateway(state=tmp_path / "g.db", pace=timedelta(seconds=1.2)) as gateway,
    ):
        sdk = Client(gateway.account_sid, gateway.auth_token)
        sdk.api.base_url = gateway.url
        sid = sdk.messages.create(
            to=phone,
            messaging_service_sid="MG" + "c" * 32,
            body="soon or never",
            validity_period=1,
            status_callback=clinic.url("/status"),
        ).sid
        clinic.wait_for(lambda: "undelivered" in _statuses(clinic, sid))
        assert clinic.to("/status", MessageSid=sid)[-1]["ErrorCode"] == "30036"


def test_faults_are_listed_lifted_and_refused_with_a_reason(gateway: RunningGateway) -> None:
    fault = gateway.fault("slow", seconds=1, to="+447700900001")
    assert gateway.ask("GET", "/gateway/faults")["faults"] == [fault]
    gateway.fault("slow", seconds=2, to="+447700900001")  # replaces it
    assert [one["seconds"] for one in gateway.ask("GET", "/gateway/faults")["faults"]] == [2.0]
    assert gateway.ask("DELETE", "/gateway/faults") == {"lifted": 1}
    for described in ({}, {"kind": "tired"}, {"kind": "slow", "seconds": -1}, {"kind": "429", "when": 1}):
        with pytest.raises(FaultError, match=r"\.$"):
            Fault.parse(described)
    with pytest.raises(FaultError, match="cannot carry code 1"):
        Fault.parse({"kind": "unreachable", "code": 1})
    assert Fault.parse({"kind": "unreachable"}).kind is FaultKind.UNREACHABLE


def test_opt_out_type_comes_only_with_advanced_opt_out_and_a_stop_word_can_be_removed(phone: str) -> None:
    with receiving() as clinic:
        options: dict[str, Any] = {"advanced_opt_out": True, "stop_words": STOP_WORDS - {"CANCEL"}}
        with running_gateway(webhook=clinic.url("/inbound"), **options) as gateway:
            for body in ("CANCEL", "STOP", "hello"):
                gateway.text_in(phone, body)
        assert [dict(post.fields).get("OptOutType") for post in clinic.posts] == [None, "STOP", None]
