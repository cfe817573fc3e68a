"""An intake becomes a plan: client, consents, form, plan and first events in one transaction, once per key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import ChainEnd, add_links, links_after
from database.engine import one_by_one
from database.errors import KeyReusedError, NotFoundError
from database.tables import clients, consents, intakes, plans
from schemas.events import PlanEvent
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.screening import ScreeningResult


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as the intake form gives them; `mobile` in E.164."""

    given_name: str
    family_name: str
    date_of_birth: date
    mobile: str | None
    email: str | None
    texts_allowed: bool
    language: str = "en-GB"
    gp: Mapping[str, Any] | None = None
    emergency_contact: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What the client agreed to or refused, in the words they were shown."""

    kind: str
    granted: bool
    wording: str
    how: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class NewPlan:
    """Everything an intake leads to. `state` is the plan's state before its first transition (seq 0).

    The client's id is `state.client_id`; a known client comes without `client` and is left as they are.
    """

    idempotency_key: str
    body_hash: str
    form: Mapping[str, Any]
    screening: ScreeningResult
    state: PlanState
    received_at: datetime
    client: NewClient | None = None
    consents: tuple[NewConsent, ...] = ()
    events: tuple[PlanEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class CreatedPlan:
    """The plan an intake led to, now or when the same request came before."""

    plan_id: str
    client_id: str
    screening: ScreeningResult
    repeated: bool


_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('intake ' || :key, 0))")


async def create_plan(engine: AsyncEngine, new: NewPlan) -> CreatedPlan:
    """Write an intake and the plan it opens; the same key and body again returns the first plan.

    Raises KeyReusedError if the key came before with another body.
    """
    async with engine.begin() as connection:
        await connection.execute(_TURN, {"key": new.idempotency_key})
        before = await _find(connection, new.idempotency_key)
        if before is not None:
            plan, body_hash = before
            if body_hash != new.body_hash:
                raise KeyReusedError(new.idempotency_key)
            return plan
        await _insert_client(connection, new)
        await _insert_plan(connection, new)
        await connection.execute(insert(intakes).values(_intake_row(new)))
    return CreatedPlan(new.state.plan_id, new.state.client_id, new.screening, repeated=False)


async def intake_by_key(engine: AsyncEngine, idempotency_key: str, body_hash: str) -> CreatedPlan | None:
    """What the same request led to before, so that it need not be worked out again.

    Raises KeyReusedError if the key came before with another body.
    """
    async with one_by_one(engine) as connection:
        before = await _find(connection, idempotency_key)
    if before is None:
        return None
    plan, stored_hash = before
    if stored_hash != body_hash:
        raise KeyReusedError(idempotency_key)
    return plan


async def plan_of_key(engine: AsyncEngine, idempotency_key: str) -> str:
    """The plan that a request with this key opened; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        before = await _find(connection, idempotency_key)
    if before is None:
        raise NotFoundError("intake", idempotency_key)
    return before[0].plan_id


async def _find(connection: AsyncConnection, key: str) -> tuple[CreatedPlan, str] | None:
    row = (await connection.execute(select(intakes).where(intakes.c.idempotency_key == key))).one_or_none()
    if row is None:
        return None
    return CreatedPlan(row.plan_id, row.client_id, row.screening, repeated=True), row.body_hash


async def _insert_client(connection: AsyncConnection, new: NewPlan) -> None:
    client, client_id = new.client, new.state.client_id
    if client is not None:
        await connection.execute(
            insert(clients).values(
                id=client_id,
                given_name=client.given_name,
                family_name=client.family_name,
                date_of_birth=client.date_of_birth,
                mobile=client.mobile,
                email=client.email,
                texts_allowed=client.texts_allowed,
                language=client.language,
                gp=client.gp,
                emergency_contact=client.emergency_contact,
                created_at=new.received_at,
            )
        )
    if new.consents:
        await connection.execute(
            insert(consents),
            [
                {
                    "id": new_id(),
                    "client_id": client_id,
                    "kind": consent.kind,
                    "granted": consent.granted,
                    "wording": consent.wording,
                    "how": consent.how,
                    "recorded_by": consent.recorded_by,
                    "at": new.received_at,
                }
                for consent in new.consents
            ],
        )


async def _insert_plan(connection: AsyncConnection, new: NewPlan) -> None:
    state = new.state
    links = links_after(ChainEnd(), state.plan_id, state.seq, new.events)
    await connection.execute(
        insert(plans).values(
            id=state.plan_id,
            client_id=state.client_id,
            site_id=state.protocol.site_id,
            therapist_id=state.protocol.therapist_id,
            stage=state.stage,
            step=state.progress.step,
            seq=state.seq,
            cause="intake",
            texts=(),
            state=state,
            pack_version=state.protocol.pack_version,
            pack_hash=state.protocol.pack_hash,
            opened_at=state.opened_at,
            updated_at=new.received_at,
            chain_position=links.end.position,
            chain_hash=links.end.hash,
        )
    )
    await add_links(connection, links)


def _intake_row(new: NewPlan) -> dict[str, Any]:
    return {
        "id": new_id(),
        "plan_id": new.state.plan_id,
        "client_id": new.state.client_id,
        "idempotency_key": new.idempotency_key,
        "body_hash": new.body_hash,
        "form": new.form,
        "screening": new.screening,
        "received_at": new.received_at,
    }
