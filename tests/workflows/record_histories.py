"""Plays a plan to every stage and keeps the histories, for the replay gate.

    python -m tests.workflows.record_histories [--no-plan-is-that-old]

Run it after a change of `workflows/`, once the histories kept so far replay on the new code. If they do not,
running plans would break too, and nothing is kept: put the change behind `workflow.patched`. Where no plan that
began on the old code is alive anywhere (before a first release; after every one has gone over to a new run), say
so, and the old histories are forgotten. Payloads are kept open, so that a reviewer can read what changed; they hold
invented codes and numbers only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.clinic import open_clinic
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from database import demo_clinic
from database.engine import create_engine
from database.migrate import upgrade
from schemas.commands import CancelSession, Decision, Reschedule, Withdraw
from schemas.refusals import CommandRefused
from tests.workflows.care_walk import Walk, Walks, attended
from tests.workflows.fingerprint import fingerprints
from tests.workflows.opened_payloads import opened
from tests.workflows.replay_gate import FINGERPRINTS, HISTORIES, broken_histories

_FRAIL_BONES: Final = {"SCR-12": {"value": ["told_high_risk", "spine_fracture"]}}
_FEVER: Final = {"SCR-11": {"value": ["fever_or_infection"]}}
_SADDLE_NUMB: Final = {"SCR-02": {"value": "new_or_worse"}}
_FORGET: Final = "--no-plan-is-that-old"
_NUMB: Final = "Since this morning my bum has gone numb"


async def _awaiting_approval(walks: Walks) -> Walk:
    walk = await walks.begin()
    await walk.to(await walk.clinic.now(walk.plan) + timedelta(days=1))
    return walk


async def _awaiting_clearance(walks: Walks) -> Walk:
    walk = await walks.begin(_FRAIL_BONES)
    await walk.to(await walk.clinic.now(walk.plan) + timedelta(days=1))
    until = (await walk.clinic.now(walk.plan)).date() + timedelta(days=90)
    await walk.decide(document_valid_until=until)
    return walk


async def _deferred(walks: Walks) -> Walk:
    walk = await walks.begin(_FEVER)
    await walk.to(await walk.clinic.now(walk.plan) + timedelta(days=8))
    return walk


async def _referred(walks: Walks) -> Walk:
    return await walks.begin(_SADDLE_NUMB)


async def _active(walks: Walks) -> Walk:
    """Reminded, confirmed, attended, asked and answered; the next visit moved, the one after cancelled by text."""
    walk = await walks.active()
    first = await walk.session(1)
    await walk.to(first.starts_at - timedelta(hours=70))
    await walk.says("1")
    await walk.to(first.starts_at + timedelta(hours=1))
    await walk.do(attended(1))
    await walk.to(first.starts_at + timedelta(hours=26))
    await walk.says("2")
    return walk


async def _moved(walks: Walks) -> Walk:
    """A time that somebody holds, a move that is refused and one that is not, a visit cancelled."""
    other = await walks.active()
    held = (await other.session(2)).starts_at
    walk = await walks.active(place=0, first_session_at=held)
    with contextlib.suppress(CommandRefused):
        await walk.do(Reschedule(session_no=1, starts_at=held))
    await walk.do(Reschedule(session_no=1, starts_at=held + timedelta(days=1)))
    await walk.do(CancelSession(session_no=2, by_clinic=True))
    return walk


async def _suspended(walks: Walks) -> Walk:
    """A red flag, dealt with, asked about again and let go on."""
    walk = await walks.active()
    await walk.says(_NUMB)
    await walk.all_clear()
    return walk


async def _withdrawn(walks: Walks) -> Walk:
    walk = await walks.active()
    await walk.do(Withdraw())
    return walk


async def _declined(walks: Walks) -> Walk:
    walk = await walks.begin()
    await walk.decide(Decision.reject)
    return walk


async def _discharged(walks: Walks) -> Walk:
    walk = await walks.at_its_goal()
    await walk.decide()
    return walk


PATHS: Final[Mapping[str, Callable[[Walks], Awaitable[Walk]]]] = {
    "active": _active,
    "awaiting_approval": _awaiting_approval,
    "awaiting_clearance": _awaiting_clearance,
    "declined": _declined,
    "deferred": _deferred,
    "discharged": _discharged,
    "moved": _moved,
    "referred": _referred,
    "suspended": _suspended,
    "withdrawn": _withdrawn,
}


async def _record() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="limber-histories-", ignore_cleanup_errors=True) as folder,
        EmbeddedPostgres(Path(folder) / "data", durable=False) as postgres,
        EmbeddedTemporal(time_skipping=True) as temporal,
    ):
        await _play(postgres.database_url, temporal.address)


async def _play(database_url: str, temporal_address: str) -> None:
    engine = create_engine(database_url)
    await upgrade(engine)
    async with engine.begin() as connection:
        await demo_clinic.insert_clinic(connection, {}, datetime.now(UTC))
    async with open_clinic(engine, temporal_address) as clinic:
        walks = Walks(clinic)
        for name, path in PATHS.items():
            walk = await path(walks)
            await clinic.settled(walk.plan)
            *_, latest = await clinic.histories(walk.plan)
            kept = await opened(latest, clinic.client)
            (HISTORIES / f"{name}.json").write_text(_compact(kept.to_json()), encoding="utf-8")
    await engine.dispose()


def _compact(document: str) -> str:
    """One event a line, so that a difference shows where it is."""
    history = json.loads(document)
    lines = (json.dumps(event, separators=(",", ":")) for event in history["events"])
    return '{"events":[\n' + ",\n".join(lines) + "\n]}\n"


def main() -> int:
    """Record, unless what is kept no longer replays."""
    broken = asyncio.run(broken_histories())
    if broken and _FORGET not in sys.argv:
        sys.stderr.write(
            f"These histories break on the new code: {', '.join(broken)}. Nothing was recorded.\n"
            "  → put the change behind workflow.patched, and they replay;\n"
            f"  → or, if no plan that began on the old code is alive anywhere, add {_FORGET}\n"
        )
        return 1
    HISTORIES.mkdir(exist_ok=True)
    asyncio.run(_record())
    FINGERPRINTS.write_text(json.dumps(fingerprints(), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
