"""`limber simulate`: what a rule pack leads to, over many synthetic clients, with every promise checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from care.pack import builtin, parse
from care.pack_text import PackError
from care.simulation.assumptions import (
    AssumptionError,
    Assumptions,
    read_assumptions,
    usual_assumptions,
)
from cli.many_lives import Clinic, cores_here, played
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
Cores = Annotated[
    int,
    typer.Option(
        "--cores",
        help="How many cores play. The figures are the same.",
        min=1,
        default_factory=cores_here,
        show_default="all",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def simulate(
    *,
    plans: Plans = 1000,
    weeks: Weeks = 26,
    seed: Seed = 1,
    pack: Annotated[
        Path | None, typer.Option("--pack", help="A rule pack (YAML). Without it: the one built in.")
    ] = None,
    clients: Clients = None,
    cores: Cores,
    as_json: Json = False,
) -> None:
    """Let synthetic clients live through their plans. Exit 1 if any promise was broken."""
    rules, assumptions = pack_in(pack), assumptions_in(clients)
    clinic = Clinic(rules, assumptions, seed)
    lives = played(clinic, plans, weeks, cores=cores, quiet=as_json)
    figures = {"pack": named(rules), "seed": seed, "weeks": weeks, **lives.figures()}
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        Console(highlight=False).print(report(figures))
    raise typer.Exit(1 if lives.total.broken else 0)


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
