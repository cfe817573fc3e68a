"""Clients' phones with something on them: the gateway's own pages."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Final

from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.gateway.testing import RunningGateway, receiving, running_gateway

ANNA: Final = "+447700900321"
SILENT: Final = "+447700900333"
MAILBOX: Final = "anna.kowalska@mail.example"

PAGES: Final = {
    "phones": "/",
    "phone": f"/phones/{ANNA}",
    "phone-opted-out": f"/phones/{SILENT}",
    "phone-mistake": "/phones/12",
    "phone-mail": f"/mail/{MAILBOX}",
}
"""Every page of the gateway, by name."""

_TALK: Final = (
    (
        "Riverside Physio: Your visit is Tue 24 Nov at 10:00 with Priya. "
        "Reply 1 to confirm, 2 to change, 3 to cancel.",
        "1",
    ),
    ("Riverside Physio: How is your pain today? Reply with a number from 0 (none) to 10 (worst).", "3"),
    (
        "Riverside Physio: A reminder of your visit on Tue 24 Nov at 10:00 with Priya. "
        "Reply 1 to confirm, 2 to change, 3 to cancel.",
        "1 thanks 😊",
    ),
)


@contextmanager
def busy_phones() -> Iterator[RunningGateway]:
    """A gateway with a conversation, a phone that cannot be reached and has opted out, and a mailbox."""
    with (
        receiving() as clinic,
        running_gateway(webhook=clinic.url("/inbound"), mail_port=0, pace=timedelta(0)) as gateway,
    ):
        sdk = Client(gateway.account_sid, gateway.auth_token)
        sdk.api.base_url = gateway.url
        for question, answer in _TALK:
            sdk.messages.create(to=ANNA, from_=gateway.number, body=question)
            gateway.text_in(ANNA, answer)
        gateway.fault("unreachable", to=SILENT)
        sdk.messages.create(to=SILENT, from_=gateway.number, body="Riverside Physio: see you on Tuesday.")
        gateway.text_in(SILENT, "STOP")
        _post_mail(gateway)
        yield gateway


def _post_mail(gateway: RunningGateway) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "riverside@physio.example", MAILBOX, "Your visit on Tuesday"
    mail.set_content("We could not reach you by text. Your visit is on Tue 24 Nov at 10:00 with Priya.")
    with smtplib.SMTP("127.0.0.1", gateway.mail_port or 0) as server:
        server.send_message(mail)
