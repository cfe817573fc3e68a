"""Sites and their rooms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Row, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
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


_ROOMS = (
    select(func.array_agg(aggregate_order_by(array([rooms.c.id, rooms.c.name]), rooms.c.name)))
    .where(rooms.c.site_id == sites.c.id)
    .scalar_subquery()
    .label("rooms")
)
_SITES = select(sites, _ROOMS)
_HOME = _SITES.order_by(
    (sites.c.id == any_(bindparam("theirs", type_=ARRAY(Text)))).desc(), sites.c.created_at, sites.c.id
).limit(1)
"""Asked with every page: built once."""
_SITE = _SITES.where(sites.c.id == bindparam("site"))


async def all_sites(engine: AsyncEngine) -> tuple[Site, ...]:
    """Every site, oldest first."""
    async with one_by_one(engine) as connection:
        found = await connection.execute(_SITES.order_by(sites.c.created_at, sites.c.id))
        return tuple(_site(row) for row in found)


async def home_site(engine: AsyncEngine, theirs: Collection[str]) -> Site | None:
    """The oldest of these sites; of all of them for somebody without one. None while the clinic has no site."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_HOME, {"theirs": list(theirs)})).one_or_none()
    return None if row is None else _site(row)


async def site(engine: AsyncEngine, site_id: str) -> Site:
    """One site; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_SITE, {"site": site_id})).one_or_none()
    if row is None:
        raise NotFoundError("site", site_id)
    return _site(row)


def _site(row: Row[Any]) -> Site:
    return Site(
        id=row.id,
        clinic_name=row.clinic_name,
        name=row.name,
        phone=row.phone,
        zone=row.zone,
        hours=row.hours,
        rooms=tuple(Room(room_id, name) for room_id, name in row.rooms or ()),
        nation=row.nation,
    )
