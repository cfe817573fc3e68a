"""How the plan asks the world: each activity on its terms (`schemas.activity_terms`)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from schemas import names
    from schemas.activity_terms import TERMS, Terms, useful_life
    from schemas.base import Frozen
    from schemas.made import Made
    from schemas.messages import MessageStatus, SendOutcome, TextOrder
    from schemas.orders import RecordOrder, SendOrder, TaperOrder
    from schemas.plan import AgendaItem
    from schemas.taper import TaperDecision
    from schemas.transition import RecordReply, ReplyFinding, ReplyQuestion

A = TypeVar("A", bound=Frozen | Made)


def _retries(terms: Terms) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=terms.first_wait,
        backoff_coefficient=terms.wait_grows_by,
        maximum_interval=terms.longest_wait,
        maximum_attempts=terms.attempts,
        non_retryable_error_types=list(terms.final_errors),
    )


async def _near(name: str, order: Frozen | Made, answer: type[A]) -> A:
    """A short activity run by this worker itself: all of one workflow task cost one durable action."""
    terms = TERMS[name]
    result: A = await workflow.execute_local_activity(
        name,
        order,
        result_type=answer,
        start_to_close_timeout=terms.start_to_close,
        retry_policy=_retries(terms),
        local_retry_threshold=terms.local_wait,
    )
    return result


class Unrecordable(Exception):  # noqa: N818 - a state of affairs
    """The database will never take this step. Not a failure of Temporal's kind: that would end the plan."""


async def record(order: RecordOrder) -> RecordReply:
    """Commit a transition: events, projection, calendar and outbox in one transaction, once.

    Raises Unrecordable for a step that no trying again can save.
    """
    try:
        return await _near(names.RECORD, order, RecordReply)
    except ActivityError as failed:
        raise Unrecordable(order.transition.cause) from failed


async def read_reply(question: ReplyQuestion) -> ReplyFinding:
    """Have a stored text read; its words never come here."""
    return await _near(names.READ_REPLY, question, ReplyFinding)


async def evaluate_taper(order: TaperOrder) -> TaperDecision:
    """Ask the taper policy; its verdict enters as a recorded result, so a change of rules breaks no replay."""
    return await _near(names.EVALUATE_TAPER, order, TaperDecision)


async def send_text(order: TextOrder, next_item: AgendaItem | None, now: datetime) -> SendOutcome:
    """Send a text once, within its useful life; an activity that never answered leaves its fate unknown."""
    terms = TERMS[names.SEND_TEXT]
    try:
        outcome: SendOutcome = await workflow.execute_activity(
            names.SEND_TEXT,
            SendOrder(order=order, next_item=next_item, now=now),
            result_type=SendOutcome,
            task_queue=terms.queue,
            start_to_close_timeout=terms.start_to_close,
            schedule_to_close_timeout=useful_life(order.expires_at, now),
            retry_policy=_retries(terms),
        )
    except ActivityError:
        outcome = SendOutcome(status=MessageStatus.unknown, reason="the send did not report back in time")
    return outcome
