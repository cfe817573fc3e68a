"""One client's plan with a visit on Tuesday at ten, and everything a test of sending does to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import ActivityEnvironment

from activities.packs import PackShelf
from activities.reconciling import Patience, Search
from activities.sending import Sending
from activities.wording import Wording
from database import outbox
from database.outbox import OutboxText
from database.record import record
from messaging.channel import Channel
from messaging.gateway.testing import RunningGateway
from messaging.templates import all_books
from messaging.twilio_channel import TwilioAccount, TwilioChannel
from schemas.messages import SendOutcome, TextOrder, TextPurpose
from schemas.orders import SendOrder
from schemas.plan import PlanState
from schemas.transition import Transition
from worker.metrics import Metrics

NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
"""A Monday morning, in nobody's quiet hours."""
VISIT = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
"""Tuesday at ten."""
NIGHT = datetime(2026, 11, 9, 21, 30, tzinfo=UTC)

NOBODY_LISTENS = "http://127.0.0.1:9"
IMPATIENT = Patience(give_up_after=timedelta(0))
"""Gives a lost text up at the first look."""


def channel_to(url: str, gateway: RunningGateway) -> Channel:
    """The Twilio channel, pointed at `url`."""
    account = TwilioAccount(gateway.account_sid, gateway.auth_token, from_=gateway.number)
    return TwilioChannel(
        account, "http://127.0.0.1:9/status", base_url=url, read_timeout=timedelta(seconds=2)
    )


@dataclass
class Desk:
    """One client's plan and everything a test does to it."""

    engine: AsyncEngine
    gateway: RunningGateway
    channel: Channel
    mobile: str
    state: PlanState

    def sending(
        self,
        channel: Channel | None = None,
        patience: Patience | None = None,
        undo_for: timedelta = timedelta(0),
    ) -> Sending:
        """A worker's send activity."""
        channel = channel or self.channel
        search = Search(self.engine, channel, patience or Patience())
        wording = Wording(PackShelf(self.engine), all_books())
        return Sending(self.engine, channel, wording, search, Metrics(), undo_for=lambda: undo_for)

    async def send(self, order: TextOrder, after: timedelta = timedelta(0), **worker: Any) -> SendOutcome:
        """One attempt of the activity, `after` the hand-over in the plan's time."""
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, started_time=environment.info.scheduled_time + after, task_queue="limber-sms"
        )
        asked = SendOrder(order=order, now=order.ordered_at)
        outcome: SendOutcome = await environment.run(self.sending(**worker).send_text, asked)
        return outcome

    def reminder(self, **changes: Any) -> TextOrder:
        """The 24-hour reminder of the visit."""
        session = self.state.sessions[0]
        order = TextOrder(
            key=f"{self.state.plan_id}:s1:r1:remind-24",
            plan_id=self.state.plan_id,
            recipient_id=self.state.client_id,
            purpose=TextPurpose.reminder,
            template="session_reminder_24h",
            rule="reminder_hours",
            ordered_at=NOW,
            expires_at=VISIT,
            agenda_key="s1:r1:remind-24",
            session_no=1,
            session_revision=session.revision,
            starts_at=(session.starts_at,),
            therapist_id=self.state.protocol.therapist_id,
        )
        return order.but(**changes)

    async def step(self, **changes: Any) -> None:
        """Record a transition that changes the plan's state."""
        state = self.state.but(seq=self.state.seq + 1, **changes)
        await record(self.engine, Transition(cause=f"test {state.seq}", state=state), None)
        self.state = state

    async def change_session(self, **changes: Any) -> None:
        """Record a change of the visit."""
        await self.step(sessions=(self.state.sessions[0].but(**changes),))

    async def sql(self, statement: str, **parameters: Any) -> None:
        """Change a row as an outside event would."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def row(self, order: TextOrder) -> OutboxText:
        """The text in the outbox."""
        return await outbox.get(self.engine, order.key)

    def inbox(self) -> list[str]:
        """What the client's phone shows."""
        return [one["body"] for one in self.gateway.texts(self.mobile)]
