"""Accounts of staff: somebody comes, changes what they are, chooses a password, leaves.

`by` is who changes it; what changed is written down in the same transaction (`staff_changes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError, RecordError
from database.staff_changes import note_change
from database.tables import api_tokens, sites, staff, staff_roles
from schemas.commands import Role
from schemas.names import new_id
from schemas.staff_changes import StaffChange


class AddressTakenError(RecordError):
    """Two people cannot log in with one address."""

    def __init__(self) -> None:
        super().__init__("somebody has this e-mail address already: open their page, or give another address")


class LastAdminError(RecordError):
    """A clinic without an administrator could not give the role back to anybody."""

    def __init__(self) -> None:
        super().__init__(
            "nobody else is an administrator: give somebody else that role first, then take it away here"
        )


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who starts working here. `mobile` is in E.164; `password_hash` None waits for a password."""

    name: str
    initials: str
    email: str
    mobile: str | None
    hcpc_number: str | None
    password_hash: str | None


async def add_member(
    engine: AsyncEngine, new: NewMember, site_id: str, roles: tuple[Role, ...], *, by: str
) -> str:
    """Give somebody an account, whose password they must change; returns their id. Raises AddressTakenError."""
    staff_id = new_id()
    async with engine.begin() as connection:
        # Addresses are compared without case, which the unique column does not do: one after the other, then.
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("staff address"))))
        same = func.lower(staff.c.email) == new.email.strip().lower()
        if (await connection.execute(select(staff.c.id).where(same))).first() is not None:
            raise AddressTakenError
        await connection.execute(
            insert(staff).values(
                id=staff_id,
                name=new.name,
                initials=new.initials,
                email=new.email.strip(),
                mobile=new.mobile,
                hcpc_number=new.hcpc_number,
                password_hash=new.password_hash,
                password_temporary=True,
            )
        )
        await _give_roles(connection, staff_id, site_id, roles)
        await note_change(
            connection, StaffChange.account_made, staff_id, by, site=site_id, roles=sorted(roles)
        )
    return staff_id


async def set_roles(
    engine: AsyncEngine, staff_id: str, site_id: str, roles: tuple[Role, ...], *, by: str
) -> None:
    """What somebody is at a site, from now on. Raises LastAdminError, NotFoundError."""
    async with engine.begin() as connection:
        await _hold(connection, staff_id)
        taken = await connection.scalars(
            delete(staff_roles)
            .where(staff_roles.c.staff_id == staff_id, staff_roles.c.site_id == site_id)
            .returning(staff_roles.c.role)
        )
        before, now = sorted(taken), sorted(set(roles))
        await _give_roles(connection, staff_id, site_id, roles)
        await _keep_an_admin(connection)
        if before != now:
            await note_change(
                connection, StaffChange.roles_changed, staff_id, by, site=site_id, roles=now, before=before
            )


async def set_password(
    engine: AsyncEngine, staff_id: str, password_hash: str, *, temporary: bool, by: str
) -> None:
    """Keep a new password's hash; a temporary one must be changed by its owner. Raises NotFoundError."""
    async with engine.begin() as connection:
        await _hold(connection, staff_id)
        await connection.execute(
            update(staff)
            .where(staff.c.id == staff_id)
            .values(password_hash=password_hash, password_temporary=temporary)
        )
        kind = StaffChange.password_reset if temporary else StaffChange.password_changed
        await note_change(connection, kind, staff_id, by)


async def close_account(engine: AsyncEngine, staff_id: str, now: datetime, *, by: str) -> None:
    """Somebody has left: nothing of theirs opens anything any more. Raises LastAdminError, NotFoundError."""
    async with engine.begin() as connection:
        await _hold(connection, staff_id)
        if await _set_active(connection, staff_id, active=False):
            await note_change(connection, StaffChange.account_closed, staff_id, by)
        await connection.execute(
            update(api_tokens)
            .where(api_tokens.c.staff_id == staff_id, api_tokens.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        await _keep_an_admin(connection)


async def reopen_account(engine: AsyncEngine, staff_id: str, *, by: str) -> None:
    """Somebody is back, with the roles they had. Raises NotFoundError."""
    async with engine.begin() as connection:
        await _hold(connection, staff_id)
        if await _set_active(connection, staff_id, active=True):
            await note_change(connection, StaffChange.account_reopened, staff_id, by)


async def password_hash_of(engine: AsyncEngine, staff_id: str) -> str | None:
    """What a person's password is checked against; None if they have none."""
    async with one_by_one(engine) as connection:
        kept: str | None = await connection.scalar(
            select(staff.c.password_hash).where(staff.c.id == staff_id)
        )
    return kept


async def _set_active(connection: AsyncConnection, staff_id: str, *, active: bool) -> bool:
    """Whether that is a change."""
    other = staff.c.active.is_(not active)
    changed = await connection.execute(
        update(staff).where(staff.c.id == staff_id, other).values(active=active)
    )
    return changed.rowcount > 0


async def _give_roles(
    connection: AsyncConnection, staff_id: str, site_id: str, roles: tuple[Role, ...]
) -> None:
    if (await connection.execute(select(sites.c.id).where(sites.c.id == site_id))).first() is None:
        raise NotFoundError("site", site_id)
    if roles:
        rows = [{"staff_id": staff_id, "site_id": site_id, "role": role} for role in dict.fromkeys(roles)]
        await connection.execute(insert(staff_roles), rows)


async def _hold(connection: AsyncConnection, staff_id: str) -> None:
    """Changes of who works here happen one after the other: the last administrator is counted, not guessed."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("staff roles"))))
    if (await connection.execute(select(staff.c.id).where(staff.c.id == staff_id))).first() is None:
        raise NotFoundError("member of staff", staff_id)


async def _keep_an_admin(connection: AsyncConnection) -> None:
    admins = (
        select(staff.c.id)
        .join(staff_roles, staff_roles.c.staff_id == staff.c.id)
        .where(staff.c.active, staff_roles.c.role == Role.admin)
        .limit(1)
    )
    if (await connection.execute(admins)).first() is None:
        raise LastAdminError
