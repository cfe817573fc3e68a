"""A mail server for one machine: takes every mail and shows it on the phone page. Nothing is passed on (RFC 5321)."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Final

from messaging.gateway.state import Mail, State

_LARGEST: Final = 1_000_000
_LONGEST_LINE: Final = 2_000
_IDLE_SECONDS: Final = 60


@dataclass
class _Envelope:
    sender: str = ""
    recipients: tuple[str, ...] = ()


class MailServer:
    """Listens from `start` to `stop`."""

    def __init__(self, state: State, host: str, port: int) -> None:
        self._state = state
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, self._host, self._port, limit=_LARGEST)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        envelope = _Envelope()
        await _say(writer, "220 limber gateway")
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                line = await reader.readline()
            verb = line[:4].upper().decode("ascii", "replace").strip()
            if not line or verb == "QUIT":
                await _say(writer, "221 bye")
                return
            if len(line) > _LONGEST_LINE:
                await _say(writer, "500 that line is too long")
            elif verb == "MAIL":
                envelope = _Envelope(sender=_address(line))
                await _say(writer, "250 ok")
            elif verb == "RCPT":
                envelope.recipients += (_address(line),)
                await _say(writer, "250 ok")
            elif verb == "DATA" and envelope.recipients:
                await _say(writer, "354 end with a dot")
                self._keep(envelope, await reader.readuntil(b"\r\n.\r\n"))
                envelope = _Envelope()
                await _say(writer, "250 kept")
            else:
                await _say(writer, _ANSWERS.get(verb, "502 not here"))

    def _keep(self, envelope: _Envelope, raw: bytes) -> None:
        message = message_from_bytes(raw[: -len(b".\r\n")].replace(b"\r\n..", b"\r\n."), policy=default)
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
        for recipient in envelope.recipients:
            subject = str(message["Subject"] or "")
            self._state.keep_mail(Mail(envelope.sender, recipient, subject, text.strip(), datetime.now(UTC)))


_ANSWERS: Final = {
    "EHLO": "250 limber gateway",
    "HELO": "250 limber gateway",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "DATA": "503 first say who it is for",
}


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(line.encode() + b"\r\n")
    await writer.drain()


def _address(line: bytes) -> str:
    return line.decode("utf-8", "replace").partition("<")[2].partition(">")[0]
