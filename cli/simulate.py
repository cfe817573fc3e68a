"""`limber simulate`: what a rule pack leads to, over many synthetic clients, with every promise checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from care.simulation.assumptions import (
    AssumptionError,
    Assumptions,
    read_assumptions,
    usual_assumptions,
)
from cli.many_lives import Clinic, cores_here, played
from cli.pack_file import FileError, PackOption, pack_in, text_in
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
    pack: PackOption = None,
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


def assumptions_in(path: Path | None) -> Assumptions:
    """The assumptions in a file, or the usual ones. FileError where they cannot be used."""
    if path is None:
        return usual_assumptions()
    try:
        return read_assumptions(text_in(path), path.name)
    except AssumptionError as error:
        raise FileError(
            f"{error}\nCompare it with care/simulation/clients.yaml, which is used without --clients."
        ) from error


def named(pack: RulePack) -> dict[str, str]:
    """Which pack it was."""
    return {"version": pack.version, "status": pack.meta.status, "hash": pack.content_hash}
