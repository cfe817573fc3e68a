"""Everything that needs a person, in one list: nothing may wait where nobody looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from schemas.commands import Role
from schemas.screening import Urgency

AGENDA_LATE_AFTER: Final = timedelta(minutes=10)
"""How long a due agenda item may wait before operations look at why."""
ASLEEP_AFTER: Final = timedelta(minutes=2)
"""How long no worker may have been at work."""
START_WITHIN: Final = timedelta(minutes=5)
"""How long a new plan may be without a running workflow."""
ANSWER_WITHIN: Final = timedelta(hours=1)
"""How soon a person should look at a text that fits no plan."""


class AttentionKind(StrEnum):
    """Why something is on the list."""

    alert = "alert"
    approval_overdue = "approval_overdue"
    text_unknown = "text_unknown"
    text_failed = "text_failed"
    text_stuck = "text_stuck"
    inbound_unmatched = "inbound_unmatched"
    inbound_waiting = "inbound_waiting"
    plan_without_next = "plan_without_next"
    plan_late = "plan_late"
    plan_unstarted = "plan_unstarted"
    staff_untold = "staff_untold"
    worker_asleep = "worker_asleep"
    form_link_failed = "form_link_failed"
    form_link_unknown = "form_link_unknown"


_ROLE: Final = {
    AttentionKind.alert: Role.treating_physiotherapist,
    AttentionKind.approval_overdue: Role.treating_physiotherapist,
    AttentionKind.text_unknown: Role.front_desk,
    AttentionKind.text_failed: Role.front_desk,
    AttentionKind.text_stuck: Role.operations,
    AttentionKind.inbound_unmatched: Role.front_desk,
    AttentionKind.inbound_waiting: Role.operations,
    AttentionKind.plan_without_next: Role.operations,
    AttentionKind.plan_late: Role.operations,
    AttentionKind.plan_unstarted: Role.operations,
    AttentionKind.staff_untold: Role.clinic_manager,
    AttentionKind.worker_asleep: Role.operations,
    AttentionKind.form_link_failed: Role.front_desk,
    AttentionKind.form_link_unknown: Role.front_desk,
}


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that needs a person.

    `subject` is the id of the alert, approval, text (its key), inbound text, plan or invitation. Without an
    `owner_id` it belongs to whoever holds `role` at the site. `reason` is a code; `session_no` says which session,
    if one.
    """

    kind: AttentionKind
    subject: str
    plan_id: str | None
    client: str | None
    reason: str
    rule: str | None
    urgency: Urgency | None
    session_no: int | None
    since: datetime
    deadline: datetime
    owner_id: str | None
    owner: str | None
    role: Role

    def overdue(self, now: datetime) -> bool:
        """Whether its deadline has passed."""
        return self.deadline < now


_ATTENTION = """
    WITH here AS NOT MATERIALIZED (SELECT id AS at_plan FROM plans {where}),
    waiting (kind, subject, plan_id, reason, rule, urgency, session_no, since, deadline, owner_id) AS (
        SELECT 'alert', id, plan_id, reason, rule, urgency, session_no, opened_at,
               CASE WHEN acknowledged_at IS NULL THEN acknowledge_by ELSE contact_by END, owner_id
          FROM {open_alerts}
        UNION ALL
        SELECT 'approval_overdue', id, plan_id, kind, NULL, NULL, NULL, opened_at, due_at, owner_id
          FROM {open_approvals}
         WHERE due_at <= :now OR escalations > 0
        UNION ALL
        SELECT 'text_unknown', key, plan_id, coalesce(reason, 'unknown'), rule, NULL, session_no, ordered_at,
               expires_at, NULL
          FROM here JOIN messages ON plan_id = at_plan WHERE status = 'unknown' AND plan_told_at IS NULL
        UNION ALL
        SELECT 'text_failed', key, plan_id, coalesce(error_code, reason, status), rule, NULL, session_no,
               ordered_at, expires_at, NULL
          FROM here JOIN messages ON plan_id = at_plan
         WHERE status IN ('failed', 'undelivered') AND plan_told_at IS NULL
        UNION ALL
        SELECT 'text_stuck', key, plan_id, status, rule, NULL, session_no, ordered_at, expires_at, NULL
          FROM here JOIN messages ON plan_id = at_plan
         WHERE status IN ('pending', 'sending') AND expires_at <= :stuck_before
        UNION ALL
        SELECT CASE status WHEN 'unmatched' THEN 'inbound_unmatched' ELSE 'inbound_waiting' END, id, NULL,
               status, NULL, NULL, NULL, received_at, received_at + :answer_within, NULL
          FROM inbound_messages
         WHERE status = 'unmatched' OR status = 'received' AND received_at <= :unstarted_before
        UNION ALL
        SELECT DISTINCT 'staff_untold', n.subject_id, n.plan_id, n.kind, NULL, NULL, CAST(NULL AS integer),
               x.opened_at, x.opened_at + :answer_within, x.owner_id
          FROM staff_notices AS n
         CROSS JOIN LATERAL (
               SELECT opened_at, owner_id FROM approvals WHERE id = n.subject_id AND status = 'open'
                UNION ALL
               SELECT opened_at, owner_id FROM alerts
                WHERE id = n.subject_id AND closed_at IS NULL AND acknowledged_at IS NULL) AS x
         WHERE n.status IN ('failed', 'unknown', 'expired') AND n.kind <> 'digest'
           AND NOT EXISTS (
               SELECT FROM staff_notices AS told
                WHERE told.subject_id = n.subject_id AND told.status IN ('pending', 'sending', 'sent', 'delivered'))
        UNION ALL
        SELECT CASE WHEN workflow_started_at IS NULL THEN 'plan_unstarted'
                    WHEN next_at IS NULL THEN 'plan_without_next'
                    ELSE 'plan_late' END,
               id, id, coalesce(next_kind, stage), next_rule, NULL, NULL, coalesce(next_at, updated_at),
               coalesce(next_at, updated_at), NULL
          FROM here JOIN plans ON id = at_plan
         WHERE closed_at IS NULL
           AND (workflow_started_at IS NULL AND opened_at <= :unstarted_before
                OR workflow_started_at IS NOT NULL AND next_at IS NULL
                OR next_at <= :late_before)
        UNION ALL
        SELECT 'worker_asleep', name, NULL, 'no_worker', NULL, NULL, NULL, reached_at, reached_at, NULL
          FROM rounds WHERE name = 'awake' AND reached_at <= :asleep_before
        UNION ALL
        SELECT CASE text_status WHEN 'unknown' THEN 'form_link_unknown' ELSE 'form_link_failed' END, id, NULL,
               coalesce(text_reason, text_status), NULL, NULL, NULL, coalesce(text_claimed_at, created_at),
               coalesce(text_claimed_at, created_at) + :answer_within, created_by
          FROM invitations
         WHERE state = 'open' AND expires_at > :now AND answers = '{{}}' {and_site}
           AND (text_status IN ('failed', 'unknown', 'suppressed')
                OR EXISTS (SELECT FROM receipts
                            WHERE provider_sid = text_sid AND receipts.status IN ('failed', 'undelivered')))
    )
    SELECT waiting.*, owner.name AS owner,
           coalesce(clients.given_name || ' ' || clients.family_name,
                    invitations.client ->> 'given_name' || ' ' || (invitations.client ->> 'family_name')) AS client
      FROM waiting
      LEFT JOIN plans ON plans.id = waiting.plan_id
      LEFT JOIN clients ON clients.id = plans.client_id
      LEFT JOIN invitations ON invitations.id = waiting.subject
      LEFT JOIN staff AS owner ON owner.id = waiting.owner_id
     ORDER BY coalesce(urgency, 'E3'), deadline, subject
    """
_EVERYWHERE: Final = text(
    _ATTENTION.format(
        where="",
        and_site="",
        open_alerts="(SELECT * FROM alerts WHERE closed_at IS NULL) AS alerts",
        open_approvals="(SELECT * FROM approvals WHERE status = 'open') AS approvals",
    )
)
# What is open at other sites is never looked at, however much it becomes: OFFSET 0 keeps each plan's look-up apart.
_OF_EACH_PLAN: Final = (
    "here CROSS JOIN LATERAL (SELECT * FROM {table} WHERE plan_id = at_plan AND {open} OFFSET 0) AS {table}"
)
_AT_SITES: Final = text(
    _ATTENTION.format(
        where="WHERE site_id = ANY (:sites)",
        and_site="AND client ->> 'site_id' = ANY (:sites)",
        open_alerts=_OF_EACH_PLAN.format(table="alerts", open="closed_at IS NULL"),
        open_approvals=_OF_EACH_PLAN.format(table="approvals", open="status = 'open'"),
    )
)


async def attention(
    engine: AsyncEngine,
    now: datetime,
    real_now: datetime | None = None,
    *,
    sites: frozenset[str] | None = None,
) -> tuple[AttentionItem, ...]:
    """Everything that needs a person at `now`, the most urgent first, then by deadline.

    `real_now` is the world's time, by which workers are awake; None: the same as `now`. Of the `sites` only, if
    any are named; what belongs to no plan is everybody's.
    """
    moments: dict[str, Any] = {
        "now": now,
        "late_before": now - AGENDA_LATE_AFTER,
        "stuck_before": now - AGENDA_LATE_AFTER,
        "unstarted_before": now - START_WITHIN,
        "answer_within": ANSWER_WITHIN,
        "asleep_before": (real_now or now) - ASLEEP_AFTER,
    }
    async with one_by_one(engine) as connection:
        if sites is None:
            rows = (await connection.execute(_EVERYWHERE, moments)).all()
        else:
            rows = (await connection.execute(_AT_SITES, moments | {"sites": sorted(sites)})).all()
    return tuple(
        AttentionItem(
            kind=(kind := AttentionKind(row.kind)),
            subject=row.subject,
            plan_id=row.plan_id,
            client=row.client,
            reason=row.reason,
            rule=row.rule,
            urgency=None if row.urgency is None else Urgency(row.urgency),
            session_no=row.session_no,
            since=row.since,
            deadline=row.deadline,
            owner_id=row.owner_id,
            owner=row.owner,
            role=_ROLE[kind],
        )
        for row in rows
    )
