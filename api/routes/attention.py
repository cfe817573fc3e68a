"""What needs a person: each with its reason, age, owner, deadline and next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import UTC_ZONE, answer, told
from api.attention_words import sentence_and_step
from api.clinic import TheClinic
from api.identity import Who
from database.attention import AttentionItem, attention
from database.plan_zones import zones_of_plans
from database.sites import all_sites

router = APIRouter(prefix="/api/v1", tags=["attention"])


@router.get("/attention", summary="What needs a person now")
async def get_attention(clinic: TheClinic, who: Who) -> Response:
    """The most urgent first, then by deadline, of the sites where the asker works; a process sees all.

    An empty list means that all else is quiet.
    """
    now = clinic.clock()
    items = await attention(clinic.engine, now, clinic.real_now(), sites=who.sites)
    zones = await zones_of_plans(clinic.engine, (one.plan_id for one in items if one.plan_id))
    sites = await all_sites(clinic.engine)
    usual = sites[0].zone if sites else UTC_ZONE
    return answer(
        {
            "looked_at": told(now, usual),
            "items": [told(_line(one, now), zones.get(one.plan_id or "", usual)) for one in items],
        }
    )


def _line(item: AttentionItem, now: datetime) -> dict[str, Any]:
    what, next_step = sentence_and_step(item)
    return {
        "kind": item.kind,
        "subject": item.subject,
        "plan_id": item.plan_id,
        "client": item.client,
        "what": what,
        "next_step": next_step,
        "reason": item.reason,
        "rule": item.rule,
        "urgency": item.urgency,
        "session_no": item.session_no,
        "since": item.since,
        "age": now - item.since,
        "deadline": item.deadline,
        "overdue": item.overdue(now),
        "owner_id": item.owner_id,
        "owner": item.owner,
        "role": item.role,
    }
