"""The plan's sessions as rows: their slots, and what each session measured.

One statement writes all of them, so that two sessions may swap slots: the calendar's constraints are
checked when the statement ends.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import EventKind
from schemas.transition import Transition

_SESSIONS = text(
    """
    INSERT INTO sessions AS held (
        plan_id, no, status, revision, confirmed, step, therapist_id, room_id, during, minutes,
        pain, stiffness, primary_value
    )
    SELECT :plan_id, no, status, revision, confirmed, step, coalesce(therapist_id, :therapist_id),
           coalesce(room_id, :room_id),
           tstzrange(starts_at, starts_at + minutes * interval '1 minute'), minutes,
           pain, stiffness, primary_value
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           no integer, status text, revision integer, confirmed boolean, step text, therapist_id text,
           room_id text, starts_at timestamptz, minutes integer,
           pain double precision, stiffness double precision, primary_value double precision)
     ORDER BY no
    ON CONFLICT (plan_id, no) DO UPDATE SET
        status = excluded.status, revision = excluded.revision, confirmed = excluded.confirmed,
        step = excluded.step, during = excluded.during, minutes = excluded.minutes,
        therapist_id = CASE WHEN excluded.no = ANY (:placed)
                            THEN excluded.therapist_id ELSE held.therapist_id END,
        room_id = CASE WHEN excluded.no = ANY (:placed)
                       THEN excluded.room_id ELSE held.room_id END,
        pain = coalesce(excluded.pain, held.pain), stiffness = coalesce(excluded.stiffness, held.stiffness),
        primary_value = coalesce(excluded.primary_value, held.primary_value)
     WHERE (held.status, held.revision, held.confirmed, held.step, held.during, held.minutes, held.pain,
            held.stiffness, held.primary_value)
           IS DISTINCT FROM
           (excluded.status, excluded.revision, excluded.confirmed, excluded.step, excluded.during,
            excluded.minutes, coalesce(excluded.pain, held.pain),
            coalesce(excluded.stiffness, held.stiffness),
            coalesce(excluded.primary_value, held.primary_value))
        OR excluded.no = ANY (:placed)
    """
)
_OUTCOMES = text(
    """
    UPDATE sessions SET techniques = ARRAY(SELECT jsonb_array_elements_text(given.techniques)),
                        note_id = given.note_id, recorded_by = given.recorded_by,
                        recorded_at = given.recorded_at
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           no integer, techniques jsonb, note_id text, recorded_by text, recorded_at timestamptz)
     WHERE plan_id = :plan_id AND sessions.no = given.no
    """
)


_RELEASED = text(
    """
    UPDATE sessions SET status = 'cancelled'
     WHERE plan_id = :plan_id AND no = ANY (:released) AND status IN ('booked', 'held')
    """
)


async def write_sessions(connection: AsyncConnection, transition: Transition) -> None:
    """Bring the rows in line with the state; raises IntegrityError if the calendar refuses an overlap."""
    state = transition.state
    kept = {session.no for session in state.sessions}
    released = [no for no in transition.release if no not in kept]
    if released:
        await connection.execute(_RELEASED, {"plan_id": state.plan_id, "released": released})
    if state.sessions:
        await connection.execute(
            _SESSIONS,
            {
                "plan_id": state.plan_id,
                "therapist_id": state.protocol.therapist_id,
                "room_id": state.protocol.room_id,
                "placed": [one.session_no for one in transition.place],
                "rows": orjson.dumps(_session_rows(transition)).decode(),
            },
        )
    outcomes = _outcomes(transition)
    if outcomes:
        rows = orjson.dumps(outcomes).decode()
        await connection.execute(_OUTCOMES, {"plan_id": state.plan_id, "rows": rows})


def _session_rows(transition: Transition) -> list[dict[str, Any]]:
    placed = {one.session_no: one for one in transition.place}
    scores = {score.session_no: score for score in transition.state.progress.scores}
    rows = []
    for session in transition.state.sessions:
        placement, score = placed.get(session.no), scores.get(session.no)
        rows.append(
            {
                "no": session.no,
                "status": session.status,
                "revision": session.revision,
                "confirmed": session.confirmed,
                "step": session.step,
                "starts_at": session.starts_at,
                "minutes": session.minutes,
                "therapist_id": placement and placement.therapist_id,
                "room_id": placement and placement.room_id,
                "pain": score and score.pain,
                "stiffness": score and score.stiffness,
                "primary_value": score and score.primary,
            }
        )
    return rows


def _outcomes(transition: Transition) -> list[dict[str, Any]]:
    """What `session.outcome_recorded` says beside the scores: techniques, the note, and who wrote it."""
    return [
        {
            "no": event.facts["session"],
            "techniques": event.facts.get("techniques") or (),
            "note_id": event.facts.get("note_id"),
            "recorded_by": event.actor,
            "recorded_at": event.at,
        }
        for event in transition.events
        if event.kind is EventKind.outcome_recorded and "session" in event.facts
    ]
