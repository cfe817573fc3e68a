"""Deliveries: every text and mail out with what became of it, and texts in that nobody could place."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import cursors
from api.console import words
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, TheForm, refusal_shown
from api.console.permissions import Act
from api.plan_at_hand import ones_own_plan
from api.problems import FieldProblem, Problem, invalid
from api.text_words import why
from database import inbound, outbox
from database.deliveries import recent_texts, unplaced_texts
from database.outbox import OutboxText
from database.outbox_states import FAILURES
from database.plans import PlanCursor, plan
from database.retries import send_again
from database.tables.texts import InboundStatus
from messaging.error_classes import MEANINGS, classify
from schemas.commands import CLIENT, CommandEnvelope, ReceiveText
from schemas.messages import Audience, ChannelName, MessageStatus
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/deliveries", dependencies=[allowed(Act.see_deliveries)])

_SHOWN: Final = 100
_GROUPS: Final = {
    "trouble": frozenset({MessageStatus.undelivered, MessageStatus.failed, MessageStatus.unknown}),
    "waiting": frozenset({MessageStatus.pending, MessageStatus.sending}),
    "kept": frozenset({MessageStatus.suppressed, MessageStatus.expired}),
}
_MAIL: Final = "mail"


@router.get("")
async def show(
    at: TheDesk,
    which: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """The newest first, all of them or one group; `cursor` is where the page before ended."""
    return await _page(at, which, cursor)


@router.post("/inbound/{inbound_id}/place", dependencies=[allowed(Act.handle_alerts)])
async def place(inbound_id: str, form: TheForm) -> Response:
    """Somebody knows whose text it is: that plan reads it, as if it had come to it at once."""
    at, plan_id = form.at, form.word("plan")
    engine = at.clinic.engine
    try:
        text = await inbound.text_of(engine, inbound_id)
        if text.status is not InboundStatus.unmatched:
            raise Problem(HTTPStatus.CONFLICT, "text_placed", "Somebody has dealt with this text already.")
        if plan_id not in {one.plan_id for one in await inbound.route_candidates(engine, text.from_number)}:
            raise invalid([FieldProblem("plan", "Choose one of the plans whose client has this number.")])
        command = ReceiveText(inbound_id=inbound_id)
        envelope = CommandEnvelope(command_id=f"placed:{inbound_id}", actor=CLIENT, command=command)
        await at.clinic.plans.command(plan_id, envelope)
    except (Problem, PlanAskFailed) as no:
        return await _page(at, no=no)
    await inbound.routed(engine, inbound_id, plan_id, at.clock.now)
    return at.on("/deliveries", Done.placed)


@router.post("/inbound/{inbound_id}/read", dependencies=[allowed(Act.handle_alerts)])
async def put_aside(inbound_id: str, form: TheForm) -> Response:
    """Read by a person, who has dealt with it; it belongs to no plan."""
    await inbound.read_by_person(form.at.clinic.engine, inbound_id)
    return form.at.on("/deliveries", Done.put_aside)


@router.post("/again", dependencies=[allowed(Act.retry_texts)])
async def again(form: TheForm) -> Response:
    """Send a text that did not arrive once more, where another try makes sense; never twice."""
    at = form.at
    text = await outbox.get(at.clinic.engine, form.word("text"))
    await ones_own_plan(at.clinic, at.who, text.order.plan_id)
    if _worth_a_try(text, at.clock.now) and await send_again(
        at.clinic.engine, text.key, at.member.id, at.clock.now
    ):
        return at.on("/deliveries", Done.sent_again)
    no = Problem(
        HTTPStatus.CONFLICT,
        "not_again",
        "This text is not sent again: it has been tried once more or mailed already, another try would not help, "
        "or it is of no use any more. Ring the client if it matters.",
    )
    return await _page(at, no=no)


def _worth_a_try(text: OutboxText, now: datetime) -> bool:
    """Whether another try makes sense: what failed for a reason that passes, and is still of use."""
    code = int(text.error_code) if text.error_code and text.error_code.isdecimal() else None
    passing = MEANINGS[classify(code)].try_again
    fresh = text.stands_for is None and text.channel is ChannelName.sms and text.order.expires_at > now
    return text.status in FAILURES and passing and fresh and text.order.audience is Audience.client


async def _page(at: Desk, which: str = "", cursor: str = "", no: No | None = None) -> Response:
    engine = at.clinic.engine
    after = cursors.read(cursor) if cursor else None
    texts = await recent_texts(
        engine,
        at.own_sites,
        _GROUPS.get(which, frozenset()),
        channel=ChannelName.email if which == _MAIL else None,
        before=(after.opened_at, after.id) if after else None,
        limit=_SHOWN,
    )
    status, refusal = refusal_shown(no, at.clock.at)
    return at.page(
        "deliveries",
        "deliveries.html",
        status,
        rows=[
            {
                "one": one,
                "why": why(one.text),
                "said": words.DELIVERIES[one.text.status],
                "again": _worth_a_try(one.text, at.clock.now),
            }
            for one in texts
        ],
        which=which,
        older=_older(which, texts[-1].text.order.ordered_at, texts[-1].text.key)
        if len(texts) == _SHOWN
        else None,
        unplaced=await _unplaced(at),
        shown=_SHOWN,
        refusal=refusal,
    )


def _older(which: str, ordered_at: Any, key: str) -> str:
    found = {"which": which, "cursor": cursors.written(PlanCursor(ordered_at, key))}
    return "/deliveries?" + urlencode({name: value for name, value in found.items() if value})


async def _unplaced(at: Desk) -> list[dict[str, Any]]:
    """Texts that fit no plan, each with the plans whose client has its number."""
    engine = at.clinic.engine
    found = []
    for one in await unplaced_texts(engine):
        candidates = await inbound.route_candidates(engine, one.from_number)
        plans = [(await plan(engine, candidate.plan_id)).summary for candidate in candidates]
        found.append({"text": one, "plans": plans})
    return found
