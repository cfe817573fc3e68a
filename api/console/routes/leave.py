"""Leave: who is away, and who stands in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from api.account_terms import LeaveAsked
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import IN_WORDS, Act, may
from api.problems import FieldProblem, Problem, invalid
from database.errors import NotFoundError, RecordError
from database.leave import Leave, end_leave, leave_ahead, set_leave
from database.staff import StaffMember, all_staff
from schemas.names import new_id

router = APIRouter(prefix="/leave", dependencies=[allowed(Act.keep_own_account)])

_TAKEN_OVER = (Act.decide, Act.handle_alerts)
"""What a delegate does in somebody's place: whoever may do it only gives it to somebody who may."""

_log = structlog.stdlib.get_logger(__name__)


@router.get("")
async def show(at: TheDesk) -> Response:
    """Everybody's leave that has not ended: who is away is no secret among colleagues."""
    return await _page(at)


@router.post("")
async def set_(form: TheForm) -> Response:
    """From the first day to the last, in the site's time; once, however often the form is sent."""
    at = form.at
    try:
        asked = checked(LeaveAsked, form.filled("staff_id", "delegate_id", "first_day", "last_day", "reason"))
        begins_at, ends_at = _during(at, asked)
        away = await _fits(at, asked)
        await set_leave(
            at.clinic.engine,
            away.id,
            asked.delegate_id,
            begins_at,
            ends_at,
            reason=asked.reason,
            set_by=at.member.id,
            leave_id=form.key,
        )
    except (Problem, RecordError) as no:
        return await _page(at, no, form)
    _log.info("leave set", staff_id=away.id, delegate_id=asked.delegate_id)
    return at.on("/leave", Done.leave_set)


@router.post("/{leave_id}/end")
async def end(leave_id: str, form: TheForm) -> Response:
    """Back early, or not going: what waits is with its owner again."""
    at = form.at
    now = at.clinic.clock()
    found = next((one for one in await leave_ahead(at.clinic.engine, now) if one.id == leave_id), None)
    if found is None:
        raise NotFoundError("leave", leave_id)
    _own_or_allowed(at, found.staff_id)
    await end_leave(at.clinic.engine, leave_id, now, by=at.member.id)
    return at.on("/leave", Done.leave_ended)


def _during(at: Desk, asked: LeaveAsked) -> tuple[datetime, datetime]:
    zone = ZoneInfo(at.site.zone)
    begins_at = datetime.combine(asked.first_day, time(), zone)
    ends_at = datetime.combine(asked.last_day + timedelta(days=1), time(), zone)
    if ends_at <= at.clock.now:
        raise invalid([FieldProblem("last_day", "These days are over. Give the days of a leave to come.")])
    return begins_at, ends_at


async def _fits(at: Desk, asked: LeaveAsked) -> StaffMember:
    """The one who is away, if the asker may say so and the delegate may do what would wait for them."""
    _own_or_allowed(at, asked.staff_id)
    people = {one.id: one for one in await all_staff(at.clinic.engine)}
    away, delegate = people.get(asked.staff_id), people.get(asked.delegate_id)
    if away is None:
        raise invalid([FieldProblem("staff_id", "Nobody who works here. Choose from the list.")])
    if delegate is None or delegate.id == away.id:
        raise invalid([FieldProblem("delegate_id", "Choose a colleague from the list.")])
    lacking = [
        IN_WORDS[act]
        for act in _TAKEN_OVER
        if may(away.actor.roles, act) and not may(delegate.actor.roles, act)
    ]
    if lacking:
        reason = f"{delegate.name}'s roles do not let them {' or '.join(lacking)}. Choose somebody who may."
        raise invalid([FieldProblem("delegate_id", reason)])
    return away


def _own_or_allowed(at: Desk, staff_id: str) -> None:
    if staff_id != at.member.id and not at.may(Act.set_leave_of_others):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not_your_role",
            f"Your roles do not let you {IN_WORDS[Act.set_leave_of_others]}. Ask them, or the lead.",
        )


async def _page(at: Desk, no: No | None = None, form: Sent | None = None) -> Response:
    status, refusal = refusal_shown(no, at.clock.at)
    now = at.clock.now
    ahead = await leave_ahead(at.clinic.engine, now)
    return at.page(
        "account",
        "leave.html",
        status,
        leave=[(one, one.begins_at <= now, _may_end(at, one)) for one in ahead],
        people=await all_staff(at.clinic.engine),
        last_day=lambda one: at.clock.day(one.ends_at - timedelta(seconds=1)),
        typed=form.typed if form else nothing_typed(),
        key=new_id(),
        refusal=refusal,
    )


def _may_end(at: Desk, leave: Leave) -> bool:
    return leave.staff_id == at.member.id or at.may(Act.set_leave_of_others)
