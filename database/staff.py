"""Staff: who they are, what they may do where, and who is next when someone does not answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import staff, staff_roles
from schemas.commands import Actor, Role
from schemas.protocol import ChainLink

_CHAIN = (Role.duty_physiotherapist, Role.lead_physiotherapist, Role.clinic_manager)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who works at the clinic; `roles` maps a site's id to what they are there."""

    id: str
    name: str
    initials: str
    email: str
    mobile: str | None
    hcpc_number: str | None
    hcpc_checked_on: date | None
    active: bool
    roles: dict[str, tuple[Role, ...]]

    @property
    def actor(self) -> Actor:
        """The person as a command's sender, with the roles of all their sites."""
        return Actor(id=self.id, roles=tuple(sorted({role for held in self.roles.values() for role in held})))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in is checked against. Somebody else chose a `temporary` password."""

    member: StaffMember
    password_hash: str | None
    temporary: bool = False


_MEMBERS = (
    select(staff, staff_roles.c.site_id, staff_roles.c.role)
    .join(staff_roles, staff_roles.c.staff_id == staff.c.id, isouter=True)
    .order_by(staff.c.name, staff.c.id, staff_roles.c.role)
)
"""One row for each role that somebody holds, one for somebody who holds none."""
_MEMBER = _MEMBERS.where(staff.c.id == bindparam("staff_id"))
"""Asked with every request: built once."""


async def all_staff(
    engine: AsyncEngine, *, site_id: str | None = None, role: Role | None = None
) -> tuple[StaffMember, ...]:
    """Active staff by name, of one site or role if asked."""
    asked = ((staff_roles.c.site_id, site_id), (staff_roles.c.role, role))
    holds = [column == wanted for column, wanted in asked if wanted is not None]
    there = staff.c.active & staff.c.id.in_(select(staff_roles.c.staff_id).where(*holds))
    async with one_by_one(engine) as connection:
        return tuple(await _members(connection, there))


async def staff_names(engine: AsyncEngine, ids: Collection[str | None]) -> dict[str, str]:
    """The names of these people by their ids, also of those who have left; ids of nobody are left out."""
    query = select(staff.c.id, staff.c.name).where(staff.c.id.in_({one for one in ids if one}))
    async with one_by_one(engine) as connection:
        return {row.id: row.name for row in await connection.execute(query)}


async def former_staff(engine: AsyncEngine) -> tuple[StaffMember, ...]:
    """Those who have left, by name."""
    async with one_by_one(engine) as connection:
        return tuple(await _members(connection, ~staff.c.active))


async def member(engine: AsyncEngine, staff_id: str) -> StaffMember:
    """One member of staff, active or not; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_MEMBER, {"staff_id": staff_id})).all()
    if not rows:
        raise NotFoundError("member of staff", staff_id)
    return _member(rows)


async def credentials(engine: AsyncEngine, email: str) -> Credentials | None:
    """What to check a log-in against; None for an unknown address or someone who has left."""
    same_address = func.lower(staff.c.email) == email.strip().lower()
    async with one_by_one(engine) as connection:
        found = await _members(connection, same_address & staff.c.active)
        if not found:
            return None
        kept = select(staff.c.password_hash, staff.c.password_temporary).where(same_address & staff.c.active)
        password_hash, temporary = (await connection.execute(kept)).one()
    return Credentials(found[0], password_hash, temporary)


async def escalation_chain(engine: AsyncEngine, site_id: str, therapist_id: str) -> tuple[ChainLink, ...]:
    """Who answers for a plan, in turn: its therapist, then duty, lead and manager of the site.

    A role that several people hold is filled by the first by name; a person stands in the chain once.
    """
    links = [ChainLink(role=Role.treating_physiotherapist, staff_id=therapist_id)]
    people = await all_staff(engine, site_id=site_id)
    for role in _CHAIN:
        taken = {link.staff_id for link in links}
        free = [one.id for one in people if role in one.roles.get(site_id, ()) and one.id not in taken]
        links.extend(ChainLink(role=role, staff_id=one) for one in free[:1])
    return tuple(links)


async def _members(connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[StaffMember]:
    rows = await connection.execute(_MEMBERS.where(which))
    return [_member(tuple(held)) for _, held in groupby(rows, key=attrgetter("id"))]


def _member(rows: Sequence[Row[Any]]) -> StaffMember:
    roles: dict[str, tuple[Role, ...]] = {}
    for held in rows:
        if held.site_id is not None:
            roles[held.site_id] = (*roles.get(held.site_id, ()), held.role)
    one = rows[0]
    return StaffMember(
        id=one.id,
        name=one.name,
        initials=one.initials,
        email=one.email,
        mobile=one.mobile,
        hcpc_number=one.hcpc_number,
        hcpc_checked_on=one.hcpc_checked_on,
        active=one.active,
        roles=roles,
    )
