"""Every text answers for itself: by which rule and item it was ordered, what was checked, and how it fared."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from api.text_words import ASKED, why
from database.inbound import texts_from_plan
from database.outbox import OutboxText, texts_of_plan
from database.receipts import ProviderState, states_by_text
from schemas.messages import CheckResult


async def texts_out(engine: AsyncEngine, plan_id: str) -> list[dict[str, Any]]:
    """Every text that a plan ordered, the newest first, with why it was sent or not."""
    texts = await texts_of_plan(engine, plan_id)
    states = await states_by_text(engine, [text.provider_sid for text in texts if text.provider_sid])
    return [text_story(text, states.get(text.provider_sid or "", ())) for text in texts]


async def texts_both_ways(engine: AsyncEngine, plan_id: str) -> list[dict[str, Any]]:
    """The same, and what the client wrote, the newest first."""
    inbound = [
        {
            "direction": "in",
            "at": one.received_at,
            "id": one.id,
            "body": one.body,
            "status": one.status,
            "num_media": one.num_media,
            "reading": one.reading,
            "answers": one.answers_key,
        }
        for one in await texts_from_plan(engine, plan_id)
    ]
    return sorted([*await texts_out(engine, plan_id), *inbound], key=itemgetter("at"), reverse=True)


def text_story(text: OutboxText, states: Sequence[ProviderState]) -> dict[str, Any]:
    """One text: the order, the checks, the words, the times and what the provider said."""
    order = text.order
    return {
        "direction": "out",
        "at": text.sent_at or text.settled_at or order.ordered_at,
        "key": text.key,
        "channel": text.channel,
        "stands_for": text.stands_for,
        "audience": order.audience,
        "purpose": order.purpose,
        "template": order.template,
        "wording": text.wording,
        "rule": order.rule,
        "agenda_key": order.agenda_key,
        "session_no": order.session_no,
        "body": text.body,
        "segments": text.segments,
        "status": text.status,
        "reason": text.reason,
        "error_code": text.error_code,
        "why": why(text),
        "checks": [_check(one) for one in text.checks or ()],
        "due_at": order.due_at,
        "ordered_at": order.ordered_at,
        "expires_at": order.expires_at,
        "sending_at": text.sending_at,
        "sent_at": text.sent_at,
        "settled_at": text.settled_at,
        "attempts": text.attempts,
        "provider": {"sid": text.provider_sid, "states": list(states)},
    }


def _check(result: CheckResult) -> dict[str, Any]:
    return {"check": result.check, "passed": result.passed, "asked": ASKED.get(result.check, result.check)}
