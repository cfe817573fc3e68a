"""What is changed about the accounts of staff is written down with the change, and stays as it was written."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.accounts import LastAdminError, close_account, reopen_account, set_password, set_roles
from database.demo_clinic import DUTY, FRONT_DESK, LEAD, MANAGER, OPERATIONS, SITE_ID, THERAPIST
from database.engine import create_engine
from database.leave import end_leave, set_leave
from database.staff_changes import changes
from database.tokens import end_all_tokens, end_token, issue_token, open_tokens
from database.tries import Limit, forgive, note
from schemas.commands import Role
from schemas.staff_changes import StaffChange
from tests.conftest import NOW

_DATABASE_PAGE = Path(__file__).parents[2] / "docs" / "database.md"


async def _everything(engine: AsyncEngine) -> list[StaffChange]:
    """All kinds of change but a new account; the last is somebody's leave that ends."""
    await set_roles(engine, FRONT_DESK.id, SITE_ID, (Role.front_desk, Role.operations), by=OPERATIONS.id)
    await set_password(engine, FRONT_DESK.id, "hash", temporary=True, by=OPERATIONS.id)
    await set_password(engine, FRONT_DESK.id, "hash", temporary=False, by=FRONT_DESK.id)
    await issue_token(engine, LEAD.id, ("read",), now=NOW, label="List", made_by=LEAD.id)
    (token,) = await open_tokens(engine, LEAD.id, NOW)
    await end_token(engine, LEAD.id, token.id, NOW)
    await issue_token(engine, LEAD.id, ("console",), now=NOW)
    await end_all_tokens(engine, LEAD.id, NOW, by=MANAGER.id)
    await close_account(engine, DUTY.id, NOW, by=MANAGER.id)
    await reopen_account(engine, DUTY.id, by=MANAGER.id)
    leave = await set_leave(
        engine, THERAPIST.id, DUTY.id, NOW, NOW + timedelta(days=7), reason="leave", set_by=THERAPIST.id
    )
    await end_leave(engine, leave, NOW + timedelta(hours=1), by=MANAGER.id)
    return [one.kind for one in await changes(engine)]


async def test_every_change_of_an_account_is_written_down_once(
    engine: AsyncEngine, clinic: ModuleType
) -> None:
    assert await _everything(engine) == [
        StaffChange.leave_ended,
        StaffChange.leave_set,
        StaffChange.account_reopened,
        StaffChange.account_closed,
        StaffChange.log_ins_ended,
        StaffChange.token_ended,
        StaffChange.token_made,
        StaffChange.password_changed,
        StaffChange.password_reset,
        StaffChange.roles_changed,
    ]
    *_, roles = await changes(engine, staff_id=FRONT_DESK.id)
    assert (roles.changed_by, roles.facts["before"]) == (OPERATIONS.id, ["front_desk"])
    assert roles.facts["roles"] == ["front_desk", "operations"]


async def test_what_changes_nothing_is_not_written_down(engine: AsyncEngine, clinic: ModuleType) -> None:
    await set_roles(engine, LEAD.id, SITE_ID, LEAD.roles, by=MANAGER.id)
    await reopen_account(engine, LEAD.id, by=MANAGER.id)
    await end_all_tokens(engine, LEAD.id, NOW, by=MANAGER.id)
    assert not await end_token(engine, LEAD.id, "nothing", NOW)
    assert await changes(engine) == ()


async def test_a_change_that_is_refused_leaves_no_trace(engine: AsyncEngine, clinic: ModuleType) -> None:
    with pytest.raises(LastAdminError):
        await close_account(engine, OPERATIONS.id, NOW, by=MANAGER.id)
    assert await changes(engine) == ()


@pytest.mark.parametrize(
    "change",
    ["UPDATE staff_changes SET changed_by = 'x'", "DELETE FROM staff_changes", "TRUNCATE staff_changes"],
)
async def test_nobody_rewrites_what_was_changed(change: str, engine: AsyncEngine, clinic: ModuleType) -> None:
    await set_password(engine, LEAD.id, "hash", temporary=True, by=MANAGER.id)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(change))


@pytest.fixture
async def service(engine: AsyncEngine, clinic: ModuleType, database_url: str) -> AsyncIterator[AsyncEngine]:
    """The database as a service sees it that has only the grants of the database's page."""
    (grants,) = re.findall(r"```sql\n(.*?)```", _DATABASE_PAGE.read_text(), re.DOTALL)
    async with engine.begin() as connection:
        await connection.execute(text("DROP ROLE IF EXISTS limber_service"))
        await connection.execute(text("CREATE ROLE limber_service LOGIN PASSWORD 'least'"))
        await connection.execute(text(grants.replace(":", r"\:")))
    least = create_engine(make_url(database_url).set(username="limber_service", password="least"))
    yield least
    await least.dispose()
    async with engine.begin() as connection:
        await connection.execute(text("DROP OWNED BY limber_service; DROP ROLE limber_service"))


async def test_a_service_with_the_least_of_grants_works_and_cannot_alter_the_story(
    service: AsyncEngine,
) -> None:
    assert len(await _everything(service)) == 10
    door = Limit("a door", 2)
    await forgive(service, await note(service, {door: "ada"}, NOW), door, "ada")
    for change in (
        "UPDATE staff_changes SET changed_by = 'x'",
        "DELETE FROM staff_changes",
        "DELETE FROM events",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with service.begin() as connection:
                await connection.execute(text(change))
