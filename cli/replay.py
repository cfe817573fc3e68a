"""`limber replay`: would today's code continue the plans as they were begun?"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError

from cli.embedded.errors import StackError
from schemas.settings import Settings, load_settings
from worker.client import connect
from worker.replaying import Replayed, one_plan, plan_replayer, replayed, running_plans

_WAY_OUT = (
    "put the change behind workflow.patched, so that plans begun on the old code go on with it "
    "(worker/replaying.py says what counts as a change)"
)


def replay(
    path: Annotated[
        Path | None,
        typer.Argument(help="A history as JSON, or a folder of them; without it, the running plans."),
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Only the plan with this id.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Replay histories against this version's code and say which break; nothing is changed.

    Exits 1 if any breaks.
    """
    settings = load_settings()
    histories = _each(_stored(path)) if path is not None else _living(settings, plan)
    results = asyncio.run(_replay_all(settings, histories))
    if not results and plan is None and path is None:
        print("No plan is running here, so there is nothing to break.", file=sys.stderr)
    broken = [one for one in results if one.broke]
    if as_json:
        print(json.dumps({"replayed": [asdict(one) for one in results]}, indent=2))
    else:
        _tell(results, broken)
    raise typer.Exit(1 if broken else 0)


def _tell(results: list[Replayed], broken: list[Replayed]) -> None:
    for one in broken:
        print(f"{one.name} breaks: {one.broke}")
    fine = len(results) - len(broken)
    events = sum(one.events for one in results)
    print(f"{fine} of {len(results)} histories ({events} events) go on under this version.")
    if broken:
        print(f"  → {_WAY_OUT}")


async def _replay_all(settings: Settings, histories: AsyncIterator[WorkflowHistory]) -> list[Replayed]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=None)
        results = []
        async for one in replayed(plan_replayer(settings.encryption_keys), histories):
            results.append(one)
            progress.update(task, advance=1, description=f"replaying {one.name}")
    return results


def _stored(path: Path) -> list[WorkflowHistory]:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise StackError("replay", f"there is no history in {path}", "name a .json file or a folder of them")
    return [_read(file) for file in files]


def _read(file: Path) -> WorkflowHistory:
    try:
        return WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise StackError(
            "replay",
            f"{file} is not a history: {error}",
            "write one with `temporal workflow show --output json`",
        ) from error


async def _each(histories: list[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in histories:
        yield history


async def _living(settings: Settings, plan_id: str | None) -> AsyncIterator[WorkflowHistory]:
    try:
        client = await connect(settings)
        async for history in one_plan(client, plan_id) if plan_id else running_plans(client):
            yield history
    except (RPCError, RuntimeError) as error:
        subject = f"plan {plan_id}" if plan_id else "the running plans"
        raise StackError(
            "replay",
            f"the history of {subject} cannot be read from {settings.temporal_address}: {error}",
            "check the plan's id and TEMPORAL_ADDRESS; `limber doctor` looks at the engine",
        ) from error
