"""Sites and their rooms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.errors import NotFoundError
from database.tables import rooms, sites
from schemas.protocol import SiteHours
from schemas.rules_texting import Nation


@dataclass(frozen=True, slots=True)
class Room:
    """A place where one session can be at a time."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """One site of the clinic. `phone` is the number that texts tell clients to ring."""

    id: str
    clinic_name: str
    name: str
    phone: str
    zone: str
    hours: SiteHours
    rooms: tuple[Room, ...]
    nation: Nation = Nation.england


async def all_sites(engine: AsyncEngine) -> tuple[Site, ...]:
    """Every site, oldest first."""
    async with engine.connect() as connection:
        found = (await connection.execute(select(sites).order_by(sites.c.created_at, sites.c.id))).mappings()
        return tuple([await _site(connection, row) for row in found.all()])


async def home_site(engine: AsyncEngine, theirs: Collection[str]) -> Site | None:
    """The oldest of these sites; of all of them for somebody without one. None while the clinic has no site."""
    own = sites.c.id.in_(sorted(theirs))
    query = select(sites).order_by(own.desc(), sites.c.created_at, sites.c.id).limit(1)
    async with engine.connect() as connection:
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else await _site(connection, row)


async def site(engine: AsyncEngine, site_id: str) -> Site:
    """One site; raises NotFoundError."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(sites).where(sites.c.id == site_id))).mappings().one_or_none()
        if row is None:
            raise NotFoundError("site", site_id)
        return await _site(connection, row)


async def _site(connection: AsyncConnection, row: RowMapping) -> Site:
    found = await connection.execute(
        select(rooms.c.id, rooms.c.name).where(rooms.c.site_id == row["id"]).order_by(rooms.c.name)
    )
    return Site(
        id=row["id"],
        clinic_name=row["clinic_name"],
        name=row["name"],
        phone=row["phone"],
        zone=row["zone"],
        hours=row["hours"],
        rooms=tuple(Room(one.id, one.name) for one in found),
        nation=row["nation"],
    )
