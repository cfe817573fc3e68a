"""Clients and what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import clients, consents, plans


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed or refused, in which words, how, and who wrote it down."""

    kind: str
    granted: bool
    wording: str
    how: str
    recorded_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """A client. `consents` are newest first."""

    id: str
    given_name: str
    family_name: str
    date_of_birth: date
    mobile: str | None
    email: str | None
    texts_allowed: bool
    language: str
    gp: Mapping[str, Any] | None
    emergency_contact: Mapping[str, Any] | None
    created_at: datetime
    consents: tuple[Consent, ...]

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}"


async def client(engine: AsyncEngine, client_id: str) -> Client:
    """One client with their consents; raises NotFoundError."""
    agreed = (
        select(*(consents.c[name] for name in Consent.__dataclass_fields__))
        .where(consents.c.client_id == client_id)
        .order_by(consents.c.at.desc(), consents.c.id.desc())
    )
    async with one_by_one(engine) as connection:
        row = (await connection.execute(select(clients).where(clients.c.id == client_id))).one_or_none()
        if row is None:
            raise NotFoundError("client", client_id)
        given = tuple(Consent(**one._mapping) for one in await connection.execute(agreed))
    return Client(**row._mapping, consents=given)


async def plans_of_person(engine: AsyncEngine, client_id: str) -> tuple[str, ...]:
    """The plans of everybody with this client's name and date of birth, the last opened first.

    A person who fills in a form again is a client again: only these tell that it is the same one.
    """
    asked = clients.alias()
    query = (
        select(plans.c.id)
        .join(clients, clients.c.id == plans.c.client_id)
        .join(
            asked,
            (asked.c.date_of_birth == clients.c.date_of_birth)
            & (func.lower(asked.c.given_name) == func.lower(clients.c.given_name))
            & (func.lower(asked.c.family_name) == func.lower(clients.c.family_name)),
        )
        .where(asked.c.id == client_id)
        .order_by(plans.c.opened_at.desc(), plans.c.id)
    )
    async with one_by_one(engine) as connection:
        return tuple((await connection.scalars(query)).all())
