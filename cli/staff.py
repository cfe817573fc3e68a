"""`limber staff …`: the accounts of staff from the command line; how a new clinic gets its first administrator."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from api.account_terms import temporary_password
from api.console.words import ROLES
from api.identity import TokenScope
from api.passwords import hash_password
from cli.embedded.errors import StackError
from database.accounts import NewMember, add_member, set_password
from database.engine import create_engine
from database.errors import RecordError
from database.sites import Site, all_sites
from database.staff import all_staff, credentials
from database.staff_changes import COMMAND_LINE
from database.tokens import end_all_tokens, issue_token
from messaging.numbers import NumberRefused, mobile
from schemas.commands import Role
from schemas.settings import load_settings

T = TypeVar("T")
_FOR_PROGRAMS = (TokenScope.read, TokenScope.api, TokenScope.on_behalf)


def add(
    *,
    email: Annotated[str, typer.Argument(help="The address they log in with.")],
    name: Annotated[str, typer.Option(help="Given name and family name.")],
    role: Annotated[list[Role], typer.Option(help="What they are; give it several times for several roles.")],
    site: Annotated[
        str | None, typer.Option(help="Name of the site; needed only if there are several.")
    ] = None,
    phone: Annotated[str | None, typer.Option("--mobile", help="For urgent alerts.")] = None,
    hcpc: Annotated[str | None, typer.Option(help="HCPC number of a physiotherapist.")] = None,
) -> None:
    """Give somebody an account; prints the password for their first log-in, once, on stdout."""
    chosen = temporary_password()

    async def make(engine: AsyncEngine) -> None:
        initials = "".join(word[0] for word in name.split())[:4].upper()
        new = NewMember(name, initials or "?", email, _mobile(phone), hcpc, hash_password(chosen))
        there = _the_site(await all_sites(engine), site).id
        await add_member(engine, new, there, tuple(role), by=COMMAND_LINE)

    _with_record(make)
    _say(f"{name} can log in with {email} and this password, and then chooses their own:")
    print(chosen)


def password(email: Annotated[str, typer.Argument(help="The address they log in with.")]) -> None:
    """Give somebody a new first password, and end their log-ins; prints it once, on stdout."""
    chosen = temporary_password()

    async def change(engine: AsyncEngine) -> None:
        staff_id = await _known(engine, email)
        await set_password(engine, staff_id, hash_password(chosen), temporary=True, by=COMMAND_LINE)
        await end_all_tokens(engine, staff_id, datetime.now(UTC))

    _with_record(change)
    _say("their log-ins have ended; this password opens one log-in, at which they choose their own:")
    print(chosen)


def token(
    email: Annotated[str, typer.Argument(help="Whom the token speaks for.")],
    label: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[TokenScope, typer.Option(help="read, api, or on_behalf.")] = TokenScope.read,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it ends.")] = 90,
) -> None:
    """Make a token for a program; prints it once, on stdout. Its holder sees and revokes it at /account."""
    if scope not in _FOR_PROGRAMS:
        raise typer.BadParameter(f"{scope} is a person's log-in; choose {', '.join(_FOR_PROGRAMS)}")
    scopes = (TokenScope.api, scope) if scope is TokenScope.on_behalf else (scope,)

    async def make(engine: AsyncEngine) -> str:
        now = datetime.now(UTC)
        staff_id = await _known(engine, email)
        return await issue_token(
            engine,
            staff_id,
            scopes,
            now=now,
            expires_at=now + timedelta(days=days),
            label=label,
            made_by=COMMAND_LINE,
        )

    print(_with_record(make))


def listed() -> None:
    """Everybody who works here, with their roles."""
    people = _with_record(all_staff)
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "e-mail", "roles"):
        table.add_column(heading, overflow="fold")
    for one in people:
        table.add_row(one.name, one.email, ", ".join(ROLES[role] for role in one.actor.roles))
    Console().print(table)


def _with_record(ask: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    settings = load_settings()
    if settings.database_url is None:
        raise StackError("database", "DATABASE_URL is not set", "set it, or start `limber up` first")
    return asyncio.run(_asked(settings.database_url, ask))


async def _asked(url: str, ask: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    engine = create_engine(url, connections=1, application_name="limber staff")
    try:
        return await ask(engine)
    except RecordError as no:
        what, _, way_out = str(no).partition(": ")
        raise StackError("staff", what, way_out or "look at `limber staff list`") from None
    finally:
        await engine.dispose()


async def _known(engine: AsyncEngine, email: str) -> str:
    found = await credentials(engine, email)
    if found is None:
        raise StackError("staff", "nobody who works here has this address", "look at `limber staff list`")
    return found.member.id


def _the_site(sites: tuple[Site, ...], name: str | None) -> Site:
    wanted = [one for one in sites if name is None or one.name.casefold() == name.casefold()]
    if len(wanted) == 1:
        return wanted[0]
    known = ", ".join(one.name for one in sites)
    if not sites:
        raise StackError("site", "there is none yet", "load your clinic first, see docs/operations.md")
    raise StackError("site", "it is not clear which one is meant", f"add --site with one of: {known}")


def _mobile(raw: str | None) -> str | None:
    try:
        return mobile(raw, allow_drama=load_settings().twilio_api_url is not None) if raw else None
    except NumberRefused as refused:
        raise StackError("mobile", "it cannot take texts", refused.sentence) from None


def _say(sentence: str) -> None:
    print(f"limber staff: {sentence}", file=sys.stderr)
