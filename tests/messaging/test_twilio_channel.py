"""The channel tries once and tells the truth: one outcome for each thing that can happen to a POST."""

from __future__ import annotations

import logging
import socket
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from messaging.channel import Accepted, ChannelUnavailable, OutgoingText, Rejected, Retry, Unknown
from messaging.error_classes import ErrorClass, classify
from messaging.gateway.testing import Receiver, RunningGateway
from messaging.numbers import E164
from messaging.twilio_channel import ChannelMisconfigured, TwilioAccount, TwilioChannel

_fresh = count(100)
HOUR = timedelta(hours=1)


@pytest.fixture
def phone() -> E164:
    """A phone nobody has texted yet."""
    return E164(f"+447700900{next(_fresh)}")


def text(to: str, body: str = "Limber: Your visit is Tue 14 Apr at 10:00.", key: str = "k1") -> OutgoingText:
    return OutgoingText(E164(to), body, key, HOUR)


def test_an_accepted_text_arrives_once_with_its_segments(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    outcome = channel.send(text(phone, "Limber: " + "x" * 160))
    assert isinstance(outcome, Accepted)
    assert outcome.segments == 2
    assert [shown["sid"] for shown in gateway.texts(phone)] == [outcome.provider_id]


def test_the_receipt_carries_the_intent_key_beside_the_urls_own_query(
    channel: TwilioChannel, clinic: Receiver, phone: E164
) -> None:
    channel.send(text(phone, key="plan-1:session-3/reminder"))
    clinic.wait_for(lambda: len(clinic.to("/status", To=phone)) == 2)
    assert {post.query for post in clinic.to("/status", To=phone)} == {
        "site=leeds&intent=plan-1%3Asession-3%2Freminder"
    }


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (21610, ErrorClass.OPT_OUT),
        (21211, ErrorClass.BAD_NUMBER),
        (21614, ErrorClass.BAD_NUMBER),
        (21635, ErrorClass.BAD_NUMBER),
        (21408, ErrorClass.OUR_CONFIGURATION),
        (21606, ErrorClass.OUR_CONFIGURATION),
        (21612, ErrorClass.OUR_CONFIGURATION),
        (21604, ErrorClass.OUR_BUG),
        (21617, ErrorClass.OUR_BUG),
        (21266, ErrorClass.UNCLASSIFIED),
    ],
)
def test_a_4xx_is_final_with_its_class(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164, code: int, error_class: ErrorClass
) -> None:
    gateway.fault("refused", code=code, to=phone)
    outcome = channel.send(text(phone))
    assert isinstance(outcome, Rejected)
    assert (outcome.error_class, outcome.code) == (error_class, code)
    assert phone not in outcome.sentence
    assert gateway.texts(phone) == []


def test_wrong_credentials_are_our_configuration(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    gateway.fault("401", to=phone)
    outcome = channel.send(text(phone))
    assert isinstance(outcome, Rejected)
    assert outcome.error_class is ErrorClass.OUR_CONFIGURATION


def test_429_was_never_processed_and_says_when_to_come_back(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    gateway.fault("429", to=phone, seconds=7, times=1)
    assert channel.send(text(phone)) == Retry("HTTP 429", timedelta(seconds=7))
    assert gateway.texts(phone) == []
    assert isinstance(channel.send(text(phone)), Accepted)


def test_a_full_queue_may_be_tried_again(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    gateway.fault("refused", code=21611, to=phone)
    assert isinstance(channel.send(text(phone)), Retry)


def _elsewhere(gateway: RunningGateway, base_url: str) -> TwilioChannel:
    account = TwilioAccount(gateway.account_sid, gateway.auth_token, from_=gateway.number)
    return TwilioChannel(
        account,
        "https://clinic.example/status",
        base_url=base_url,
        connect_timeout=timedelta(seconds=0.3),
        read_timeout=timedelta(seconds=0.3),
        environment={},
    )


def test_a_refused_connection_was_never_processed(gateway: RunningGateway, phone: E164) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert isinstance(_elsewhere(gateway, address).send(text(phone)), Retry)


def test_a_connection_that_never_opens_was_never_processed(gateway: RunningGateway, phone: E164) -> None:
    with socket.socket() as full:  # a listener whose queue is full drops further connections unanswered
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}"
        assert isinstance(_elsewhere(gateway, address).send(text(phone)), Retry)
        for one in waiting:
            one.close()


def test_an_answer_that_is_no_http_proves_nothing(gateway: RunningGateway, phone: E164) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts, never answers
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        assert isinstance(_elsewhere(gateway, address).send(text(phone)), Unknown)


@pytest.mark.parametrize("kind", ["slow", "500-after-accepting", "drop-after-accepting"])
def test_a_lost_answer_is_unknown_and_the_text_is_then_found(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164, kind: str
) -> None:
    since = datetime.now(UTC)
    gateway.fault(kind, to=phone)
    assert isinstance(channel.send(text(phone)), Unknown)
    [shown] = gateway.texts(phone)
    assert channel.find(phone, gateway.number, since, text(phone).body) == shown["sid"]


@pytest.mark.parametrize("kind", ["500-before-accepting", "drop-before-accepting"])
def test_an_error_before_acceptance_is_unknown_too_and_nothing_is_found(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164, kind: str
) -> None:
    since = datetime.now(UTC)
    gateway.fault(kind, to=phone)
    assert isinstance(channel.send(text(phone)), Unknown)
    assert channel.find(phone, gateway.number, since, text(phone).body) is None
    assert gateway.texts(phone) == []


def test_finding_is_exact_about_words_sender_time_and_who_claimed_it(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    since = datetime.now(UTC)
    first, second = channel.send(text(phone, "Same words")), channel.send(text(phone, "Same words"))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    gateway.text_in(phone, "Same words")
    find = channel.find
    assert find(phone, gateway.number, since, "Same words") == second.provider_id
    assert find(phone, gateway.number, since, "Same words", claimed={second.provider_id}) == first.provider_id
    assert find(phone, None, since, "Same  words ") == second.provider_id
    assert find(phone, gateway.number, since, "Other words") is None
    assert find(phone, "+447700900001", since, "Same words") is None
    assert find(phone, gateway.number, since + timedelta(minutes=1), "Same words") is None


def test_what_clients_sent_while_we_were_off_is_listed_oldest_first(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    since = datetime.now(UTC)
    channel.send(text(phone))
    gateway.text_in(phone, "first")
    gateway.text_in(phone, "second", media=["https://example.org/photo.jpg"])
    received = [one for one in channel.received(since) if one.from_ == phone]
    assert [(one.body, one.media) for one in received] == [("first", 0), ("second", 1)]
    assert all(one.to == gateway.number and one.received_at is not None for one in received)


def test_asking_an_unreachable_provider_says_so_without_naming_the_client(
    gateway: RunningGateway, phone: E164
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(ChannelUnavailable) as unavailable:
        _elsewhere(gateway, address).find(phone, None, datetime.now(UTC), "words")
    assert phone not in str(unavailable.value)
    assert unavailable.value.__cause__ is None


def test_no_log_line_carries_a_telephone_number(
    channel: TwilioChannel, phone: E164, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel.send(text(phone))
    channel.find(phone, None, datetime.now(UTC), "words")
    assert phone[1:] not in caplog.text


def test_the_provider_is_told_how_long_the_text_is_of_use(
    channel: TwilioChannel, gateway: RunningGateway, phone: E164
) -> None:
    assert isinstance(channel.send(OutgoingText(phone, "soon", "k", timedelta(seconds=0.2))), Accepted)
    assert isinstance(channel.send(OutgoingText(phone, "in days", "k", timedelta(days=3))), Accepted)
    with pytest.raises(ValueError, match="outlived"):
        OutgoingText(phone, "late", "k", timedelta(0))


@pytest.mark.parametrize("body", ["", "  \n", "half an emoji \ud83d"])
def test_a_text_that_cannot_be_sent_is_stopped_before_the_post(phone: E164, body: str) -> None:
    with pytest.raises(ValueError, match="Text k"):
        OutgoingText(phone, body, "k", HOUR)


def test_a_messaging_service_can_be_the_sender(
    gateway: RunningGateway, clinic: Receiver, phone: E164
) -> None:
    account = TwilioAccount(gateway.account_sid, gateway.auth_token, messaging_service_sid="MG" + "0" * 32)
    channel = TwilioChannel(account, clinic.url("/status"), base_url=gateway.url, environment={})
    outcome = channel.send(text(phone))
    assert isinstance(outcome, Accepted)
    assert outcome.segments is None  # the service has not chosen a sender yet
    clinic.wait_for(lambda: len(clinic.to("/status", To=phone)) == 3)
    assert [post["MessageStatus"] for post in clinic.to("/status", To=phone)] == [
        "queued",
        "sent",
        "delivered",
    ]


@pytest.mark.parametrize("variable", ["TWILIO_EDGE", "TWILIO_REGION"])
def test_host_rewriting_variables_do_not_go_with_a_base_url(variable: str) -> None:
    account = TwilioAccount("AC" + "0" * 32, "token", from_="+447700900000")
    with pytest.raises(ChannelMisconfigured, match=variable):
        TwilioChannel(
            account, "https://x.example", base_url="http://127.0.0.1", environment={variable: "ie1"}
        )


def test_a_text_needs_a_sender_and_the_token_stays_out_of_sight() -> None:
    with pytest.raises(ChannelMisconfigured, match="TWILIO_FROM"):
        TwilioAccount("AC" + "0" * 32, "secret")
    assert "secret" not in repr(TwilioAccount("AC" + "0" * 32, "secret", from_="+447700900000"))


def test_a_proxy_in_the_environment_does_not_catch_calls_to_this_machine(
    channel: TwilioChannel, phone: E164, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(channel.send(text(phone)), Accepted)


def test_every_code_of_the_delivery_report_has_a_class() -> None:
    assert classify(30007) is ErrorClass.FILTERED
    assert classify(30003) is ErrorClass.RETRY_LATER
    assert classify(None) is ErrorClass.UNCLASSIFIED
