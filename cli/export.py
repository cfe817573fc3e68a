"""`limber export …`: a client's whole record, for them or whoever treats them next; all events, for an archive."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TypeVar

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from api.answers import told
from cli.embedded.errors import StackError
from cli.exporting.destination import destination, whoever_runs_this
from cli.exporting.plan_record import link_of, plan_record
from database.engine import create_engine
from database.errors import NotFoundError
from database.events import every_event
from database.exports import note_events_exported, note_record_exported
from database.plans import plan as plan_view
from schemas.settings import Settings, load_settings
from worker.clinic_clock import ClinicClock

T = TypeVar("T")
Out = Annotated[
    Path | None, typer.Option("--out", help="A new file, readable by you alone; without it, stdout.")
]

_LONG: Final = timedelta(hours=1)
"""Every event of a clinic is one statement."""
_TOLD_EVERY: Final = 50_000


def plan(
    plan_id: Annotated[str, typer.Argument(metavar="ID", help="The plan's id, as in its page's address.")],
    out: Out = None,
) -> None:
    """Write one client's whole record as one JSON document. That it was exported, and by whom, is in its audit."""

    async def export(engine: AsyncEngine, settings: Settings) -> None:
        with destination(out) as file:
            seen = await plan_view(engine, plan_id)
            now = max(ClinicClock(settings.demo_clock).now(), seen.summary.updated_at)
            await note_record_exported(engine, plan_id, whoever_runs_this(), now)
            record = await plan_record(engine, plan_id)
            file.write(orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        for other in record["other_plans_of_this_person"]:
            _say(f"this person has another plan: {other}")
        if not record["chain"]["whole"]:
            _say(f"the chain of its events is BROKEN at position {record['chain']['broken_at']}")

    _say("this is personal data: name, numbers, health and words of a client, who has a right to its care")
    _with_record(export)
    _say(f"the whole record of plan {plan_id} is written; its audit says so")


def events(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only those recorded from this day on, in UTC."),
    ] = None,
    out: Out = None,
) -> None:
    """Write every event of every plan as JSON lines, in order, with hashes. The changes of accounts note it."""
    day = since.date() if since else None

    async def export(engine: AsyncEngine, _settings: Settings) -> tuple[int, str]:
        with destination(out) as file:
            await note_events_exported(engine, whoever_runs_this(), day)
            return await _write_events(engine, day, file)

    _say("this is personal data: no names and no words, but the health of clients, by the ids of their plans")
    written, digest = _with_record(export)
    _say(f"{written} events are written; the SHA-256 of all lines is {digest}")


async def _write_events(engine: AsyncEngine, since: date | None, file: BinaryIO) -> tuple[int, str]:
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    written, digest = 0, hashlib.sha256()
    async for recorded in every_event(engine, since=begin):
        line = orjson.dumps(told(link_of(recorded)), option=orjson.OPT_APPEND_NEWLINE)
        digest.update(line)
        file.write(line)
        written += 1
        if written % _TOLD_EVERY == 0:
            _say(f"{written} events so far, up to {recorded.recorded_at:%Y-%m-%d %H:%M}")
    return written, digest.hexdigest()


def _with_record(export: Callable[[AsyncEngine, Settings], Awaitable[T]]) -> T:
    settings = load_settings()
    if settings.database_url is None:
        raise StackError("database", "DATABASE_URL is not set", "set it, or start `limber up` first")
    return asyncio.run(_exported(settings.database_url, settings, export))


async def _exported(
    url: str, settings: Settings, export: Callable[[AsyncEngine, Settings], Awaitable[T]]
) -> T:
    engine = create_engine(url, connections=2, statement_timeout=_LONG, application_name="limber export")
    try:
        return await export(engine, settings)
    except NotFoundError as unknown:
        raise StackError("export", str(unknown), "take the id from the address of the plan's page") from None
    finally:
        await engine.dispose()


def _say(sentence: str) -> None:
    print(f"limber export: {sentence}", file=sys.stderr)
