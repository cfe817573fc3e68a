"""A worker's part in texting, and what a test asks about it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.packs import PackShelf
from activities.reconciling import Patience, Search
from activities.sending import Sending
from activities.wording import Wording
from database import outbox
from database.outbox import OutboxText
from messaging.gateway.testing import RunningGateway
from messaging.templates import all_books
from messaging.twilio_channel import TwilioChannel
from schemas.messages import MessageStatus, SendOutcome, TextOrder, TextPurpose
from schemas.orders import SendOrder
from schemas.plan import PlanState
from worker.metrics import Metrics

NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
"""A Monday morning, in nobody's quiet hours."""

WENT = frozenset({MessageStatus.sent, MessageStatus.delivered})
"""How a text stands that was handed in; its receipt may be there before anybody looks."""

_PATIENCE = Patience(look_again=timedelta(milliseconds=50), give_up_after=timedelta(seconds=1.2))


def a_question(state: PlanState, key: str = "q:CHK-PAIN:1", **changes: Any) -> TextOrder:
    """A check-in question that comes by the calendar."""
    order = TextOrder(
        key=f"{state.plan_id}:{key}",
        plan_id=state.plan_id,
        recipient_id=state.client_id,
        purpose=TextPurpose.question,
        template="CHK-PAIN",
        rule="SCH-3",
        ordered_at=NOW,
        expires_at=NOW + timedelta(hours=10),
        due_at=NOW,
        agenda_key=key,
        therapist_id=state.protocol.therapist_id,
        prompt=True,
    )
    return order.but(**changes)


def a_notice(state: PlanState, key: str = "notice", **changes: Any) -> TextOrder:
    """News about the plan."""
    order = a_question(state, key).but(
        purpose=TextPurpose.notice,
        template="intake_received",
        rule="INTAKE",
        due_at=None,
        agenda_key=None,
        prompt=False,
        expires_at=NOW + timedelta(hours=24),
    )
    return order.but(**changes)


@dataclass(frozen=True)
class PostOffice:
    """Sends texts with the real activity, again and again as Temporal would."""

    engine: AsyncEngine
    gateway: RunningGateway
    channel: TwilioChannel

    @property
    def search(self) -> Search:
        """Looks for lost texts, with little patience."""
        return Search(self.engine, self.channel, _PATIENCE)

    async def attempt(self, order: TextOrder, after: timedelta = timedelta()) -> SendOutcome:
        """One attempt, `after` the order in the plan's time; raises ApplicationError to be tried again."""
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, started_time=environment.info.scheduled_time + after, task_queue="limber-sms"
        )
        wording = Wording(PackShelf(self.engine), all_books())
        sending = Sending(self.engine, self.channel, wording, self.search, Metrics())
        outcome: SendOutcome = await environment.run(
            sending.send_text, SendOrder(order=order, now=order.ordered_at)
        )
        return outcome

    async def send(self, order: TextOrder, patience: timedelta = timedelta(seconds=20)) -> SendOutcome:
        """Attempts until one says what became of the text. TimeoutError with the last reason if none does."""
        deadline = time.monotonic() + patience.total_seconds()
        while True:
            try:
                return await self.attempt(order)
            except ApplicationError as again:
                if time.monotonic() > deadline:
                    raise TimeoutError(str(again)) from again
                await asyncio.sleep(0.05)

    async def row(self, order: TextOrder) -> OutboxText:
        """The text in the outbox."""
        return await outbox.get(self.engine, order.key)

    async def phone(self, number: str) -> list[str]:
        """What the clinic's texts on this phone say, oldest first."""
        shown = await asyncio.to_thread(self.gateway.texts, number)
        return [one["body"] for one in shown if one["direction"] != "inbound"]

    async def sql(self, statement: str, **parameters: Any) -> Any:
        """Change rows as an outside event would, or look at them."""
        async with self.engine.begin() as connection:
            return await connection.execute(text(statement), parameters)
