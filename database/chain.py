"""The hash chain of a plan's events: each link covers the one before it, so a change anywhere shows.

link = sha256(previous link || canonical JSON of the event). The first link follows 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, column, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.errors import NotFoundError
from database.notices import told
from database.tables import plans
from database.tables.columns import Number
from schemas.events import PlanEvent
from schemas.taper import TaperInputs

GENESIS: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a plan's chain ends."""

    position: int = 0
    hash: bytes = GENESIS


def link(plan_id: str, plan_seq: int, position: int, event: PlanEvent, previous: bytes) -> bytes:
    """The hash of one event at its place."""
    return hashlib.sha256(previous + canonical(plan_id, plan_seq, position, event).encode()).digest()


def canonical(plan_id: str, plan_seq: int, position: int, event: PlanEvent) -> str:
    """What the hash of an event at its place covers, beside the link before it."""
    content = {
        "plan_id": plan_id,
        "plan_seq": plan_seq,
        "position": position,
        "kind": event.kind.value,
        "at": event.at.astimezone(UTC).isoformat(),
        "rule": event.rule,
        "actor": event.actor,
        "facts": {name: _plain(fact) for name, fact in event.facts.items()},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(fact: Any) -> Any:
    # 3.0 and 3 are the same jsonb number; a tuple comes back as a list.
    if isinstance(fact, float) and fact.is_integer():
        return int(fact)
    if isinstance(fact, TaperInputs):
        return fact.as_json()
    return list(fact) if isinstance(fact, tuple) else fact


@dataclass(frozen=True, slots=True)
class Links:
    """New links for a plan's chain: the parameters of `ADDING_LINKS`, and where the chain ends with them."""

    parameters: dict[str, Any]
    end: ChainEnd


def links_after(end: ChainEnd, plan_id: str, plan_seq: int, events: Iterable[PlanEvent]) -> Links:
    """The links of these events after `end`."""
    rows = []
    for event in events:
        position = end.position + 1
        digest = link(plan_id, plan_seq, position, event, end.hash)
        rows.append(
            {
                "position": position,
                "kind": event.kind,
                "at": event.at,
                "rule": event.rule,
                "actor": event.actor,
                "facts": event.plain()["facts"],
                "previous_hash": end.hash.hex(),
                "hash": digest.hex(),
            }
        )
        end = ChainEnd(position, digest)
    return Links(
        {"chain_of": plan_id, "chain_seq": plan_seq, "new_links": orjson.dumps(rows).decode()},
        end,
    )


_ADD_LINKS = text(
    """
    INSERT INTO events (plan_id, plan_seq, position, kind, at, rule, actor, facts, previous_hash, hash)
    SELECT :chain_of, :chain_seq, position, kind, at, rule, actor, facts,
           decode(previous_hash, 'hex'), decode(hash, 'hex')
      FROM jsonb_to_recordset(CAST(:new_links AS jsonb)) AS given (
           position bigint, kind text, at timestamptz, rule text, actor text, facts jsonb,
           previous_hash text, hash text)
     ORDER BY position
    RETURNING position
    """
)
ADDING_LINKS: Final = _ADD_LINKS.columns(column("position", Number)).cte("new_links")
"""Writes links together with the statement that stores the chain's new end in the plan's row, which is held."""


async def add_links(connection: AsyncConnection, links: Links) -> None:
    """Write links alone; the caller holds the plan's row and has stored the new end."""
    await connection.execute(_ADD_LINKS, links.parameters)


_LOCK = (
    select(plans.c.seq, plans.c.chain_position, plans.c.chain_hash)
    .where(plans.c.id == bindparam("plan_id"))
    .with_for_update(key_share=True)
)
_STORE_END = (
    update(plans)
    .where(plans.c.id == bindparam("plan"))
    .values(chain_position=bindparam("position"), chain_hash=bindparam("end"))
    .returning(told(plans.c.id))
    .add_cte(ADDING_LINKS)
)


@dataclass(frozen=True, slots=True)
class HeldChain:
    """A plan's chain under our lock: nobody else writes to this plan until the transaction ends."""

    plan_id: str
    plan_seq: int
    end: ChainEnd


async def hold_chain(connection: AsyncConnection, plan_id: str) -> HeldChain:
    """Lock the plan's row, before any other row of the plan; raises NotFoundError for an unknown plan."""
    plan = (await connection.execute(_LOCK, {"plan_id": plan_id})).one_or_none()
    if plan is None:
        raise NotFoundError("plan", plan_id)
    return HeldChain(plan_id, plan.seq, ChainEnd(plan.chain_position, plan.chain_hash))


async def append(connection: AsyncConnection, held: HeldChain, *events: PlanEvent) -> None:
    """Add events that are not part of a transition, such as a text's fate, and announce them."""
    links = links_after(held.end, held.plan_id, held.plan_seq, events)
    end = {"plan": held.plan_id, "position": links.end.position, "end": links.end.hash}
    await connection.execute(_STORE_END, {**links.parameters, **end})
