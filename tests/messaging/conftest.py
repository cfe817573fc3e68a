"""A real gateway over HTTP, and the clinic's side of its webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.gateway.testing import Receiver, RunningGateway, receiving, running_gateway
from messaging.twilio_channel import TwilioAccount, TwilioChannel


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[RunningGateway, Receiver]]:
    with receiving() as clinic, running_gateway(webhook=clinic.url("/inbound")) as gateway:
        yield gateway, clinic


@pytest.fixture
def gateway(_served: tuple[RunningGateway, Receiver]) -> Iterator[RunningGateway]:
    """A gateway without texts or faults."""
    running, clinic = _served
    yield running
    running.ask("DELETE", "/gateway/faults")
    clinic.posts.clear()
    clinic.answers.clear()


@pytest.fixture
def clinic(_served: tuple[RunningGateway, Receiver]) -> Receiver:
    """Where the gateway posts inbound texts and receipts."""
    return _served[1]


@pytest.fixture
def sdk(gateway: RunningGateway) -> Client:
    """Twilio's own client, unmodified but for the base URL."""
    client = Client(gateway.account_sid, gateway.auth_token)
    client.api.base_url = gateway.url
    return client


@pytest.fixture
def channel(gateway: RunningGateway, clinic: Receiver) -> TwilioChannel:
    """The clinic's channel, pointed at the gateway, with little patience."""
    return TwilioChannel(
        TwilioAccount(gateway.account_sid, gateway.auth_token, from_=gateway.number),
        clinic.url("/status?site=leeds"),
        base_url=gateway.url,
        read_timeout=timedelta(seconds=0.4),
        environment={},
    )
