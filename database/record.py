"""The transaction: one step of a plan, committed whole or not at all, and only once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.errors import ExclusionViolation
from sqlalchemy import bindparam, case, null, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import ADDING_LINKS, ChainEnd, Links, links_after
from database.errors import NotFoundError, SequenceGapError
from database.notices import told
from database.recording.attention import write_attention
from database.recording.placing import refused_placements
from database.recording.sessions import write_sessions
from database.recording.texts import allow_texts, order_texts, withdraw_texts
from database.tables import plans
from schemas.plan import AgendaItem, PlanState
from schemas.transition import RecordReply, SlotConflict, Transition

_ATTEMPTS = 3


async def record(engine: AsyncEngine, transition: Transition, next_item: AgendaItem | None) -> RecordReply:
    """Write one transition: events, rows, texts and the plan's projection, in one transaction.

    Idempotent by (plan, seq): if this or a later seq is stored, what is stored is returned and nothing
    changes. If the calendar refuses any claim, nothing is written and all refused claims are returned
    (F21, F22). Raises NotFoundError for an unknown plan, SequenceGapError if a transition is missing
    before this one.
    """
    for _ in range(_ATTEMPTS):
        try:
            return await _record(engine, transition, next_item)
        except IntegrityError as error:
            # Someone wrote to the calendar without taking a turn; the next try sees their session.
            if not isinstance(error.orig, ExclusionViolation):
                raise
            conflict = error
    raise conflict


async def _record(engine: AsyncEngine, transition: Transition, next_item: AgendaItem | None) -> RecordReply:
    now = _moment(transition)
    async with engine.connect() as connection, connection.begin() as writing:
        plan = await _lock(connection, transition.state)
        if plan.seq >= transition.state.seq:
            return RecordReply(state=plan.state, cause=plan.cause, texts=plan.texts)
        conflicts: tuple[SlotConflict, ...] = ()
        if transition.place:
            conflicts = await refused_placements(connection, transition.state, transition.place, now)
        if conflicts:
            await writing.rollback()
            return RecordReply(conflicts=conflicts)
        await write_sessions(connection, transition)
        await write_attention(connection, transition, now)
        withdrawn = await withdraw_texts(connection, transition, now)
        await order_texts(connection, transition.texts, now)
        await allow_texts(connection, transition, now)
        if transition.answers_inbound is not None:
            answered = {"id": transition.answers_inbound, "plan_id": transition.state.plan_id}
            await connection.execute(_ANSWERED, answered)
        links = links_after(
            ChainEnd(plan.chain_position, plan.chain_hash),
            transition.state.plan_id,
            transition.state.seq,
            (*transition.events, *withdrawn),
        )
        await connection.execute(_PROJECT, _projection(transition, next_item, links, now))
    return RecordReply()


def _moment(transition: Transition) -> datetime:
    """The transition's own time, which comes from the workflow: the wall clock has no say in a plan."""
    return max((event.at for event in transition.events), default=transition.state.opened_at)


_repeated = plans.c.seq >= bindparam("seq")
# The stored step is fetched only when it is the answer: a state is some ten kilobytes.
_LOCK = (
    select(
        plans.c.seq,
        plans.c.chain_position,
        plans.c.chain_hash,
        case((_repeated, plans.c.state), else_=null()).label("state"),
        case((_repeated, plans.c.cause), else_=null()).label("cause"),
        case((_repeated, plans.c.texts), else_=null()).label("texts"),
    )
    .where(plans.c.id == bindparam("plan_id"))
    .with_for_update(key_share=True)
)


async def _lock(connection: AsyncConnection, state: PlanState) -> Any:
    found = await connection.execute(_LOCK, {"plan_id": state.plan_id, "seq": state.seq})
    plan = found.one_or_none()
    if plan is None:
        raise NotFoundError("plan", state.plan_id)
    if plan.seq < state.seq - 1:
        raise SequenceGapError(state.plan_id, plan.seq, state.seq)
    return plan


_ANSWERED = text(
    "UPDATE inbound_messages SET status = 'read', plan_id = :plan_id WHERE id = :id AND status <> 'duplicate'"
)

_PROJECT = (
    update(plans)
    .where(plans.c.id == bindparam("plan"))
    .values(
        therapist_id=bindparam("therapist"),
        stage=bindparam("to_stage"),
        step=bindparam("to_step"),
        seq=bindparam("to_seq"),
        cause=bindparam("by_cause"),
        texts=bindparam("with_texts"),
        state=bindparam("to_state"),
        next_at=bindparam("due"),
        next_kind=bindparam("kind"),
        next_key=bindparam("key"),
        next_rule=bindparam("rule"),
        next_owner=bindparam("owner"),
        pack_version=bindparam("version"),
        pack_hash=bindparam("pack"),
        closed_at=bindparam("closed"),
        updated_at=bindparam("now"),
        chain_position=bindparam("position"),
        chain_hash=bindparam("end"),
    )
    .returning(told(plans.c.id))
    .add_cte(ADDING_LINKS)
)


def _projection(
    transition: Transition, next_item: AgendaItem | None, links: Links, now: datetime
) -> dict[str, Any]:
    state = transition.state
    return {
        "plan": state.plan_id,
        "therapist": state.protocol.therapist_id,
        "to_stage": state.stage,
        "to_step": state.progress.step,
        "to_seq": state.seq,
        "by_cause": transition.cause,
        "with_texts": transition.texts,
        "to_state": state,
        "due": next_item and next_item.due,
        "kind": next_item and next_item.kind,
        "key": next_item and next_item.key,
        "rule": next_item and next_item.rule,
        "owner": next_item and next_item.owner,
        "version": state.protocol.pack_version,
        "pack": state.protocol.pack_hash,
        "closed": state.closed_at,
        "now": now,
        "position": links.end.position,
        "end": links.end.hash,
        **links.parameters,
    }
