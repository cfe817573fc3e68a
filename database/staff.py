"""Staff: who they are, what they may do where, and who is next when someone does not answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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


async def all_staff(
    engine: AsyncEngine, *, site_id: str | None = None, role: Role | None = None
) -> tuple[StaffMember, ...]:
    """Active staff by name, of one site or role if asked."""
    there: ColumnElement[bool] = staff.c.active
    if site_id is not None:
        at_site = select(staff_roles.c.staff_id).where(staff_roles.c.site_id == site_id)
        there &= staff.c.id.in_(at_site)
    async with engine.connect() as connection:
        members = await _members(connection, there)
    return tuple(
        member
        for member in members
        if any(
            (site_id is None or site == site_id) and (role is None or role in held)
            for site, held in member.roles.items()
        )
    )


async def staff_names(engine: AsyncEngine) -> dict[str, str]:
    """The names of all who work here, by their ids."""
    query = select(staff.c.id, staff.c.name).where(staff.c.active)
    async with engine.connect() as connection:
        return {row.id: row.name for row in await connection.execute(query)}


async def former_staff(engine: AsyncEngine) -> tuple[StaffMember, ...]:
    """Those who have left, by name."""
    async with engine.connect() as connection:
        return tuple(await _members(connection, ~staff.c.active))


async def member(engine: AsyncEngine, staff_id: str) -> StaffMember:
    """One member of staff, active or not; raises NotFoundError."""
    async with engine.connect() as connection:
        found = await _members(connection, staff.c.id == staff_id)
    if not found:
        raise NotFoundError("member of staff", staff_id)
    return found[0]


async def credentials(engine: AsyncEngine, email: str) -> Credentials | None:
    """What to check a log-in against; None for an unknown address or someone who has left."""
    same_address = func.lower(staff.c.email) == email.strip().lower()
    async with engine.connect() as connection:
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
    roles: dict[str, dict[str, list[Role]]] = defaultdict(lambda: defaultdict(list))
    columns = staff_roles.c
    for held in await connection.execute(
        select(columns.staff_id, columns.site_id, columns.role)
        .join(staff, staff.c.id == columns.staff_id)
        .where(which)
        .order_by(columns.role)
    ):
        roles[held.staff_id][held.site_id].append(held.role)
    return [
        StaffMember(
            id=row.id,
            name=row.name,
            initials=row.initials,
            email=row.email,
            mobile=row.mobile,
            hcpc_number=row.hcpc_number,
            hcpc_checked_on=row.hcpc_checked_on,
            active=row.active,
            roles={site: tuple(held) for site, held in roles[row.id].items()},
        )
        for row in await connection.execute(select(staff).where(which).order_by(staff.c.name))
    ]
