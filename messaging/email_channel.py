"""E-mail, for a client who agreed to it, when a text certainly did not arrive (RFC 5321, RFC 5322).

A mail server keeps no list that can be searched, so a mail whose answer was lost stays unknown and a person looks.
Its Message-ID is made from the intent key: should it go twice after all, mail programs show it once.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from urllib.parse import unquote, urlsplit

from messaging.channel import Accepted, Outcome, OutgoingText, Rejected, Retry, Unknown
from messaging.error_classes import MEANINGS, ErrorClass

_PORTS: Final = {"smtp": 587, "smtps": 465}
_ADDRESS: Final = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_OK: Final = 250
_START_OF_DATA: Final = 354


class MailServerMisnamed(ValueError):  # noqa: N818 - reads as the sentence it is
    """The mail server's URL cannot be used; the message says what it should look like."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `smtps` is TLS from the start; `smtp` turns it on if the server offers it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """`smtp://user:password@host:port` or `smtps://…`. Raises MailServerMisnamed."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise MailServerMisnamed(
                "A mail server is named like smtp://user:password@mail.example:587 or smtps://mail.example."
            )
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class EmailChannel:
    """The e-mail channel; `sender` is the clinic's address. Safe to share between threads."""

    def __init__(
        self, server: MailServer, sender: str, *, timeout: timedelta = timedelta(seconds=15)
    ) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout.total_seconds()

    def send(self, text: OutgoingText) -> Outcome:
        """Hand one mail in. Until its last line is out nothing can have been taken; after it, all is possible."""
        if not _ADDRESS.fullmatch(text.to):
            return _refused(None)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            return Retry(f"no mail server: {type(error).__name__}")
        try:
            return self._envelope(server, text.to) or _handed_in(server, self._message(text))
        except (OSError, smtplib.SMTPException) as error:
            return Retry(f"not handed in: {type(error).__name__}")
        finally:  # whatever the server says to the farewell, the mail's fate is decided
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        kind = smtplib.SMTP_SSL if self._server.tls else smtplib.SMTP
        server = kind(self._server.host, self._server.port, timeout=self._timeout)
        server.ehlo_or_helo_if_needed()
        if not self._server.tls and server.has_extn("starttls"):
            server.starttls()
            server.ehlo()
        if self._server.user and self._server.password:
            server.login(self._server.user, self._server.password)
        return server

    def _envelope(self, server: smtplib.SMTP, to: str) -> Outcome | None:
        for code, said in (server.mail(self._sender), server.rcpt(to)):
            if code != _OK:
                return _refusal(code, said)
        code, said = server.docmd("DATA")
        return None if code == _START_OF_DATA else _refusal(code, said)

    def _message(self, text: OutgoingText) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self._sender, text.to
        message["Subject"] = text.subject or text.body.partition("\n")[0][:70]
        host = self._sender.rpartition("@")[2]
        message["Message-ID"] = f"<{hashlib.sha256(text.intent_key.encode()).hexdigest()[:32]}@{host}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday answers stay away
        message.set_content(text.body)
        return message


def _handed_in(server: smtplib.SMTP, message: EmailMessage) -> Outcome:
    lines = message.as_bytes().replace(b"\r\n.", b"\r\n..")
    try:
        server.send(lines.rstrip(b"\r\n") + b"\r\n.\r\n")
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Unknown(type(error).__name__)
    return Accepted(str(message["Message-ID"]), None) if code == _OK else _refusal(code, said)


def _refusal(code: int, _said: bytes) -> Outcome:
    """4yz asks to come again, 5yz is final (RFC 5321, 4.2.1). What the server says may hold an address."""
    if code < 500:
        return Retry(f"SMTP {code}")
    return _refused(code)


def _refused(code: int | None) -> Rejected:
    return Rejected(ErrorClass.BAD_ADDRESS, code, MEANINGS[ErrorClass.BAD_ADDRESS].sentence)
