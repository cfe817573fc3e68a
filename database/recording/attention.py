"""Approvals and alerts as rows: opened, escalated, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.alerts import Alert
from schemas.made import Made
from schemas.plan import Approval, PlanState
from schemas.transition import Transition

_APPROVALS = text(
    """
    INSERT INTO approvals AS held (
        id, plan_id, kind, status, proposal, opened_at, due_at, owner_id, escalations
    )
    SELECT id, :plan_id, kind, 'open', proposal, opened_at, due_at, owner_id, escalations
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           id text, kind text, proposal jsonb, opened_at timestamptz, due_at timestamptz, owner_id text,
           escalations integer)
    ON CONFLICT (id) DO UPDATE SET
        proposal = excluded.proposal, due_at = excluded.due_at, owner_id = excluded.owner_id,
        escalations = excluded.escalations
     WHERE (held.proposal, held.due_at, held.owner_id, held.escalations)
           IS DISTINCT FROM (excluded.proposal, excluded.due_at, excluded.owner_id, excluded.escalations)
    """
)
_CLOSED_APPROVALS = text(
    """
    UPDATE approvals SET status = given.decision, decided_by = given.decided_by, decided_at = :at,
                         reason_id = given.reason_id
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           approval_id text, decision text, decided_by text, reason_id text)
     WHERE approvals.id = given.approval_id AND approvals.plan_id = :plan_id AND approvals.status = 'open'
    """
)
_ALERTS = text(
    """
    INSERT INTO alerts AS held (
        id, plan_id, urgency, reason, rule, session_no, opened_at, acknowledge_by, contact_by, owner_id,
        escalations, acknowledged_at, acknowledged_by
    )
    SELECT id, :plan_id, urgency, reason, rule, session_no, opened_at, acknowledge_by, contact_by, owner_id,
           escalations, acknowledged_at, acknowledged_by
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           id text, urgency text, reason text, rule text, session_no integer, opened_at timestamptz,
           acknowledge_by timestamptz, contact_by timestamptz, owner_id text, escalations integer,
           acknowledged_at timestamptz, acknowledged_by text)
    ON CONFLICT (id) DO UPDATE SET
        urgency = excluded.urgency, rule = excluded.rule, session_no = excluded.session_no,
        acknowledge_by = excluded.acknowledge_by, contact_by = excluded.contact_by, owner_id = excluded.owner_id,
        escalations = excluded.escalations, acknowledged_at = excluded.acknowledged_at,
        acknowledged_by = excluded.acknowledged_by
     WHERE (held.urgency, held.rule, held.session_no, held.acknowledge_by, held.contact_by, held.owner_id,
            held.escalations, held.acknowledged_at)
           IS DISTINCT FROM
           (excluded.urgency, excluded.rule, excluded.session_no, excluded.acknowledge_by, excluded.contact_by,
            excluded.owner_id, excluded.escalations, excluded.acknowledged_at)
    """
)
_CLOSED_ALERTS = text(
    """
    UPDATE alerts SET closed_at = :at, closed_by = given.closed_by, outcome = given.outcome,
                      note_id = given.note_id
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
           alert_id text, outcome text, closed_by text, note_id text)
     WHERE alerts.id = given.alert_id AND alerts.plan_id = :plan_id AND alerts.closed_at IS NULL
    """
)


async def write_attention(connection: AsyncConnection, transition: Transition, now: datetime) -> None:
    """Bring the rows in line with the state: what is open there is open here, and what ended says how."""
    state = transition.state
    for statement, rows in (
        (_APPROVALS, _with_owner(state, state.approvals)),
        (_CLOSED_APPROVALS, _plain(transition.closed_approvals)),
        (_ALERTS, _with_owner(state, state.alerts)),
        (_CLOSED_ALERTS, _plain(transition.closed_alerts)),
    ):
        if rows:
            parameters = {"plan_id": state.plan_id, "rows": orjson.dumps(rows).decode(), "at": now}
            await connection.execute(statement, parameters)


def _with_owner(state: PlanState, waiting: Sequence[Alert | Approval]) -> list[dict[str, Any]]:
    """Each with the person its place in the chain names; the last one keeps what passes the end."""
    chain = state.protocol.chain
    return [
        one.plain() | {"owner_id": chain[min(one.chain_position, len(chain) - 1)].staff_id} for one in waiting
    ]


def _plain(closed: Sequence[Made]) -> list[dict[str, Any]]:
    return [one.plain() for one in closed]
