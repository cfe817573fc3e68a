"""`limber simulate`: what a rule pack leads to, over many synthetic clients, with every promise checked."""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from care.pack import builtin, parse
from care.pack_text import PackError
from care.simulation.assumptions import (
    AssumptionError,
    Assumptions,
    read_assumptions,
    usual_assumptions,
)
from care.simulation.report import Tally
from care.simulation.running import lives
from care.simulation.world import World
from cli.simulation_report import report
from schemas.rules import RulePack

Plans = Annotated[int, typer.Option("--plans", help="How many clients.", min=1, max=1_000_000)]
Weeks = Annotated[int, typer.Option("--weeks", help="How long each is followed.", min=1, max=260)]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same clients.")]
Clients = Annotated[
    Path | None,
    typer.Option(
        "--clients", help="Assumptions about clients and clinic, like care/simulation/clients.yaml."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

_COLLECT_EVERY = 200
_SHOWN_A_SECOND = 2  # drawing the bar costs as much as a third of a life


def simulate(
    *,
    plans: Plans = 1000,
    weeks: Weeks = 26,
    seed: Seed = 1,
    pack: Annotated[
        Path | None, typer.Option("--pack", help="A rule pack (YAML). Without it: the one built in.")
    ] = None,
    clients: Clients = None,
    as_json: Json = False,
) -> None:
    """Let synthetic clients live through their plans. Exit 1 if any promise was broken."""
    rules, assumptions = pack_in(pack), assumptions_in(clients)
    total, seconds = played(rules, assumptions, plans, weeks, seed, quiet=as_json)
    figures = {"pack": named(rules), "seed": seed, "weeks": weeks, **total.figures(seconds)}
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        Console(highlight=False).print(report(figures))
    raise typer.Exit(1 if total.broken else 0)


def pack_in(path: Path | None) -> RulePack:
    """The pack in a file; typer.BadParameter with every problem where it cannot be used."""
    if path is None:
        return builtin()
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}") from None
    except PackError as error:
        raise typer.BadParameter(str(error)) from None


def assumptions_in(path: Path | None) -> Assumptions:
    """The assumptions in a file, or the usual ones; typer.BadParameter where they cannot be used."""
    if path is None:
        return usual_assumptions()
    try:
        return read_assumptions(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}") from None
    except AssumptionError as error:
        raise typer.BadParameter(str(error)) from None


def named(pack: RulePack) -> dict[str, str]:
    """Which pack it was."""
    return {"version": pack.version, "status": pack.meta.status, "hash": pack.content_hash}


def played(
    pack: RulePack, assumptions: Assumptions, plans: int, weeks: int, seed: int, *, quiet: bool
) -> tuple[Tally, float]:
    """All lives and the seconds they took, with a bar on a terminal.

    The collector of cycles looks after each few hundred lives only: it would walk the rule pack again and again.
    """
    total, world = Tally(), World(pack, assumptions, seed)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    begun = time.perf_counter()
    try:
        hidden = quiet or not sys.stderr.isatty()
        with Progress(
            *columns, console=console, disable=hidden, refresh_per_second=_SHOWN_A_SECOND
        ) as progress:
            task = progress.add_task(pack.version, total=plans)
            for story in lives(world, plans, weeks):
                total.add(story)
                progress.advance(task)
                if total.plans % _COLLECT_EVERY == 0:
                    gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return total, time.perf_counter() - begun
