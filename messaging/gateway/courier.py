"""Runs the errands: moves texts along their path, posts receipts and inbound webhooks.

Errands of one text run one after the other, so receipts arrive in order unless a fault says otherwise; texts
do not wait for each other.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from messaging.gateway.creation import Creation, reply
from messaging.gateway.errand import Errand, ErrandKind
from messaging.gateway.faults import FaultKind, Faults
from messaging.gateway.forms import inbound_fields, receipt_fields
from messaging.gateway.inbound import Arrival
from messaging.gateway.message import FINAL, SILENT, Message, Status
from messaging.gateway.settings import GatewaySettings
from messaging.gateway.state import State
from messaging.gateway.twiml import TwimlError, messages
from messaging.gateway.webhook import Delivered, Overrides, WebhookClient

_log: Final = logging.getLogger(__name__)
_RETRY_AFTER: Final = timedelta(seconds=1)
_REORDERED_BY: Final = timedelta(seconds=1)
_VALIDITY_EXPIRED: Final = 30036
_NOT_YET_OUT: Final = frozenset({Status.QUEUED, Status.SENDING, Status.SENT})
_NO_WEBHOOK: Final = Delivered(None, failure="no webhook is set")
_BROKEN: Final = Delivered(None, failure="the gateway could not post it; see its log")


class Courier:
    """The gateway's delivery. Start it inside the event loop, stop it before the loop ends."""

    def __init__(self, settings: GatewaySettings, state: State, faults: Faults) -> None:
        self._settings = settings
        self._state = state
        self._faults = faults
        self._client = WebhookClient(settings.credentials.auth_token)
        self._woken = asyncio.Event()
        self._under_way: set[int] = set()
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._first_attempts: dict[str, asyncio.Future[Delivered]] = {}
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave what is under way for the next start."""
        tasks = [task for task in (self._loop, *self._tails.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def accept(self, creation: Creation) -> None:
        """Keep a new text and set it on its way."""
        self._state.add(creation.message, [creation.first])
        self._woken.set()

    async def forward(self, arrival: Arrival) -> Delivered:
        """Keep an inbound text, post it to the webhook, and say how the first attempt was taken."""
        token = arrival.errand.token
        self._first_attempts[token] = asyncio.get_running_loop().create_future()
        try:
            self._state.add(arrival.message, [arrival.errand])
            self._woken.set()
            return await self._first_attempts[token]
        finally:
            del self._first_attempts[token]

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            due_in = self._dispatch()
            try:
                await asyncio.wait_for(self._woken.wait(), due_in)
            except TimeoutError:
                continue

    def _dispatch(self) -> float | None:
        """Start what is due; seconds until the next errand, None if there is none."""
        now = datetime.now(UTC)
        for errand in self._state.errands(exclude=self._under_way):
            if errand.due_at > now:
                return max(0.0, (errand.due_at - now).total_seconds())
            self._under_way.add(errand.id)
            before = self._tails.get(errand.sid)
            self._tails[errand.sid] = asyncio.create_task(self._perform(errand, before))
        return None

    async def _perform(self, errand: Errand, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await self._do(errand)
            self._state.done(errand)
        except Exception:
            # One broken errand must not stop the others; it is dropped, with the reason in the log.
            _log.exception("errand %s of %s failed", errand.kind.value, errand.sid)
            self._state.done(errand)
        finally:
            self._tell_first_attempt(errand, _BROKEN)
            self._under_way.discard(errand.id)
            if self._tails.get(errand.sid) is asyncio.current_task():
                del self._tails[errand.sid]
            self._woken.set()

    async def _do(self, errand: Errand) -> None:
        if errand.kind is ErrandKind.ADVANCE:
            self._advance(errand)
        elif errand.kind is ErrandKind.RECEIPT:
            await self._post_receipt(errand)
        else:
            await self._post_inbound(errand)

    def _advance(self, errand: Errand) -> None:
        message = self._state.get(errand.sid)
        if message is None or message.status in FINAL or not message.path:
            return
        now = datetime.now(UTC)
        moved = _moved(message, now, self._settings.number)
        errands = self._receipts(moved, now)
        if moved.path:
            errands.append(
                Errand(ErrandKind.ADVANCE, moved.sid, now + self._settings.pace, secrets.token_hex(8))
            )
        self._state.update(moved, errands, finished=errand)

    def _receipts(self, message: Message, now: datetime) -> list[Errand]:
        if message.status_callback is None or message.status in SILENT:
            return []
        if self._faults.strike(FaultKind.CALLBACKS_MISSING, message.to):
            return []
        due = now
        if late := self._faults.strike(FaultKind.CALLBACKS_LATE, message.to):
            due += timedelta(seconds=late.seconds)
        if message.path and self._faults.strike(FaultKind.CALLBACKS_REORDERED, message.to):
            due += self._settings.pace * len(message.path) + _REORDERED_BY
        copies = 2 if self._faults.strike(FaultKind.CALLBACKS_DUPLICATED, message.to) else 1
        receipt = Errand(
            ErrandKind.RECEIPT, message.sid, due, secrets.token_hex(8), message.status, message.error_code
        )
        return [receipt] * copies

    async def _post_receipt(self, errand: Errand) -> None:
        message = self._state.get(errand.sid)
        if message is None or message.status_callback is None or errand.status is None:
            return
        fields = receipt_fields(message, errand, self._settings.credentials.account_sid)
        taken = await self._client.post(message.status_callback, fields, errand.token)
        if not taken.ok:
            self._try_again(errand, message.status_callback, taken)

    async def _post_inbound(self, errand: Errand) -> None:
        message, url = self._state.get(errand.sid), self._settings.webhook
        taken = _NO_WEBHOOK
        if message is not None and url is not None:
            fields = inbound_fields(message, errand.opt_out_type, self._settings.credentials.account_sid)
            taken = await self._client.post(url, fields, errand.token)
            if self._faults.strike(FaultKind.INBOUND_DUPLICATED, message.phone):
                taken = await self._client.post(url, fields, errand.token)
            if taken.ok:
                self._answer(message, taken.body)
            else:
                self._try_again(errand, url, taken)
        self._tell_first_attempt(errand, taken)

    def _tell_first_attempt(self, errand: Errand, taken: Delivered) -> None:
        waiting = self._first_attempts.get(errand.token)
        if waiting is not None and not waiting.done():
            waiting.set_result(taken)

    def _try_again(self, errand: Errand, url: str, taken: Delivered) -> None:
        if taken.worth_retrying(errand.attempt, Overrides.of(url)):
            due = datetime.now(UTC) + _RETRY_AFTER * (errand.attempt + 1)
            self._state.add_errand(replace(errand, due_at=due, attempt=errand.attempt + 1))
            self._woken.set()

    def _answer(self, inbound: Message, twiml: str) -> None:
        try:
            bodies = messages(twiml)
        except TwimlError as error:
            _log.warning("the webhook's answer to %s is not TwiML: %s", inbound.sid, error)
            return
        for body in bodies:
            self.accept(reply(inbound.phone, inbound.to, body, inbound.messaging_service_sid))


def _moved(message: Message, now: datetime, number: str) -> Message:
    status, rest = message.path[0], message.path[1:]
    late = message.valid_until is not None and now > message.valid_until
    if late and status in _NOT_YET_OUT:
        return replace(
            message, status=Status.UNDELIVERED, path=(), error_code=_VALIDITY_EXPIRED, updated_at=now
        )
    failed = status in (Status.UNDELIVERED, Status.FAILED)
    return replace(
        message,
        status=status,
        path=rest,
        updated_at=now,
        from_=message.from_ or number,  # a service chooses its number when it queues
        sent_at=now if status is Status.SENT else message.sent_at,
        error_code=message.fate_code if failed else message.error_code,
    )
