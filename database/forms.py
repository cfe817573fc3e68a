"""The forms a plan rests on: its intake's, and the screening questions that were asked again since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import intakes, plans
from schemas.names import new_id
from schemas.screening import ScreeningResult


async def latest_form(engine: AsyncEngine, plan_id: str) -> dict[str, Any]:
    """The plan's newest form; raises NotFoundError for a plan that has none."""
    form: dict[str, Any] | None = await _of_the_newest(engine, plan_id, intakes.c.form)
    if form is None:
        raise NotFoundError("plan", plan_id)
    return form


async def screening_answers(engine: AsyncEngine, plan_id: str) -> Mapping[str, Mapping[str, Any]]:
    """The newest answers to the screening questions, by item; empty for a plan that no form was kept of."""
    answers: Mapping[str, Mapping[str, Any]] | None
    answers = await _of_the_newest(engine, plan_id, intakes.c.form["screening"])
    return answers or {}


async def _of_the_newest(engine: AsyncEngine, plan_id: str, wanted: ColumnElement[Any]) -> Any:
    columns = intakes.c
    newest = select(wanted).where(columns.plan_id == plan_id)
    async with one_by_one(engine) as connection:
        return await connection.scalar(
            newest.order_by(columns.received_at.desc(), columns.id.desc()).limit(1)
        )


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was answered, and what it was judged to mean."""

    received_at: datetime
    form: Mapping[str, Any]
    screening: ScreeningResult


async def forms_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[KeptForm, ...]:
    """Every form of a plan, the intake's first."""
    columns = intakes.c
    query = select(columns.received_at, columns.form, columns.screening).where(columns.plan_id == plan_id)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.order_by(columns.received_at, columns.id))
        return tuple(KeptForm(**row._mapping) for row in rows)


async def keep_form(
    engine: AsyncEngine,
    plan_id: str,
    *,
    key: str,
    form: Mapping[str, Any],
    screening: ScreeningResult,
    now: datetime,
) -> None:
    """Keep a plan's form with new answers, once for each key."""
    async with engine.begin() as connection:
        client_id = await connection.scalar(select(plans.c.client_id).where(plans.c.id == plan_id))
        if client_id is None:
            raise NotFoundError("plan", plan_id)
        await connection.execute(
            insert(intakes)
            .values(
                id=new_id(),
                plan_id=plan_id,
                client_id=client_id,
                idempotency_key=f"rescreen:{key}",
                body_hash="",
                form=form,
                screening=screening,
                received_at=now,
            )
            .on_conflict_do_nothing(index_elements=[intakes.c.idempotency_key])
        )
