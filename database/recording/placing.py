"""Claims on the calendar: taking turns for a therapist and a room, and saying why a claim is refused.

The exclusion constraints on `sessions` are what makes a double booking impossible. Taking turns first
makes fifty simultaneous claims orderly (no deadlock) and lets every refusal carry a reason and other times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.calendar import load_diaries
from database.diary import Diary, SlotReason, Span
from schemas.plan import SLOT_TAKING, PlanState
from schemas.transition import Placement, SlotConflict

ALTERNATIVES = 3
_REACH = timedelta(days=14)
"""How far from the refused time others are looked for."""

_TAKE_TURNS = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(claimed, 0))
      FROM (
           SELECT DISTINCT claimed FROM unnest(CAST(:claimed AS text[])) AS claimed ORDER BY claimed
           ) AS turns
    """
)


async def refused_placements(
    connection: AsyncConnection, state: PlanState, place: tuple[Placement, ...], now: datetime
) -> tuple[SlotConflict, ...]:
    """Check all claims of a transition (F21); every refused one comes with its reason and other free times.

    From here to the end of the transaction no one else can claim these therapists and rooms.
    """
    therapists = {one.therapist_id for one in place}
    rooms = {one.room_id for one in place}
    claimed = [*(f"therapist {one}" for one in therapists), *(f"room {one}" for one in rooms)]
    await connection.execute(_TAKE_TURNS, {"claimed": claimed})
    site = state.protocol.site_id
    span = _around(place, timedelta())
    diaries = await load_diaries(connection, site, therapists, span, rooms=rooms, except_plan=state.plan_id)
    refused = _refusals(diaries, state, place)
    if not refused:
        return ()
    diaries = await load_diaries(
        connection, site, therapists, _around(place, _REACH), rooms=rooms, except_plan=state.plan_id
    )
    own = tuple(_span(one) for one in place)
    return tuple(
        SlotConflict(
            session_no=one.session_no,
            starts_at=one.starts_at,
            reason=reason,
            alternatives=_nearest(_with_own(diaries[one.therapist_id], state, place, own), one, now),
        )
        for one, reason in refused
    )


def _refusals(
    diaries: dict[str, Diary], state: PlanState, place: tuple[Placement, ...]
) -> list[tuple[Placement, SlotReason]]:
    refused = []
    earlier: tuple[Span, ...] = ()
    for one in place:
        diary = _with_own(diaries[one.therapist_id], state, place, earlier)
        reason = diary.refusal(_span(one), one.room_id)
        if reason is not None:
            refused.append((one, reason))
        earlier = (*earlier, _span(one))
    return refused


def _with_own(diary: Diary, state: PlanState, place: tuple[Placement, ...], claimed: Iterable[Span]) -> Diary:
    """The diary with the plan's own other sessions: a client cannot be in two places either."""
    moving = {one.session_no for one in place}
    kept = (
        Span(session.starts_at, session.starts_at + timedelta(minutes=session.minutes))
        for session in state.sessions
        if session.status in SLOT_TAKING and session.no not in moving
    )
    return replace(diary, therapist_busy=(*diary.therapist_busy, *kept, *claimed))


def _nearest(diary: Diary, refused: Placement, now: datetime) -> tuple[datetime, ...]:
    minutes = int((refused.ends_at - refused.starts_at).total_seconds() // 60)
    within = Span(max(now, refused.starts_at - _REACH), refused.starts_at + _REACH)
    free = (start for start, _ in diary.free(within, minutes, refused.room_id))
    nearest = sorted(free, key=lambda start: abs(start - refused.starts_at))[:ALTERNATIVES]
    return tuple(sorted(nearest))


def _span(one: Placement) -> Span:
    return Span(one.starts_at, one.ends_at)


def _around(place: tuple[Placement, ...], reach: timedelta) -> Span:
    return Span(min(one.starts_at for one in place) - reach, max(one.ends_at for one in place) + reach)
