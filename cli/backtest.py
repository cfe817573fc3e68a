"""`limber backtest`: two or more rule packs on the same synthetic clients."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from care.simulation.report import Tally, compared
from cli.many_lives import Clinic, played
from cli.pack_file import pack_in
from cli.simulate import Clients, Cores, Json, Plans, Seed, Weeks, assumptions_in, named
from cli.simulation_report import percent, promises
from schemas.rules import RulePack

_NAMED = 8


def backtest(
    packs: Annotated[list[Path], typer.Argument(metavar="PACK_A PACK_B …", help="The first is the measure.")],
    *,
    plans: Plans = 500,
    weeks: Weeks = 26,
    seed: Seed = 1,
    clients: Clients = None,
    cores: Cores,
    as_json: Json = False,
) -> None:
    """Who would step down earlier or later, and how many alerts and texts more or fewer."""
    if len(packs) < 2:
        raise typer.BadParameter("Name at least two rule packs to compare.", param_hint="PACK_A PACK_B …")
    rules, assumptions = [pack_in(path) for path in packs], assumptions_in(clients)
    clinics = [Clinic(pack, assumptions, seed) for pack in rules]
    results = [played(one, plans, weeks, cores=cores, quiet=as_json) for one in clinics]
    document = {
        "seed": seed,
        "plans": plans,
        "weeks": weeks,
        "packs": [
            {"file": path.name, **named(pack), **lives.figures()}
            for path, pack, lives in zip(packs, rules, results, strict=True)
        ],
        "against_the_first": [
            {"file": path.name, **compared(results[0].total, lives.total)}
            for path, lives in zip(packs[1:], results[1:], strict=True)
        ],
    }
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        _show(packs, rules, [lives.total for lives in results], document["against_the_first"])
    raise typer.Exit(1 if any(lives.total.broken for lives in results) else 0)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return "–" if value is None else str(value)


_ROWS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("texts_per_client_week", "texts in a week of the plan", "{:.1f}".format),
    ("visits_per_plan", "visits in all", "{:.1f}".format),
    ("share_stepped_down", "clients whose visits grew rarer", percent),
    ("median_weeks_to_first_step_down", "  the first time after, weeks (median)", _words),
    ("share_discharged", "clients discharged", percent),
    ("alerts_by_level", "alerts in all", _words),
)
"""What is compared: the figure's name, its words, and how it is written."""


def _show(packs: list[Path], rules: list[RulePack], totals: list[Tally], differences: Any) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("a client's plan")
    for pack, rule in zip(packs, rules, strict=True):
        table.add_column(f"{pack.stem}\n{rule.version}", overflow="fold")
    columns = [total.figures(0) for total in totals]
    for name, label, written in _ROWS:
        table.add_row(label, *(written(column[name]) for column in columns))
    console = Console(highlight=False)
    console.print(table)
    for pack, column in zip(packs, columns, strict=True):
        if column["broken_promises"]:
            console.print(f"{pack.name}:", promises(column))
    for one in differences:
        down = one["step_down"]
        more_or_fewer = ", ".join(f"{level} {number:+d}" for level, number in one["alerts"].items())
        console.print(
            f"\n{one['file']}: {down['earlier'] + down['only_now']} clients step down earlier, "
            f"{down['later'] + down['only_before']} later; alerts {more_or_fewer}; "
            f"texts {one['texts']:+d}; discharged {one['discharged']:+d}; not started {one['not_started']:+d}."
        )
        console.print(f"  earlier: {_who(down['clients_earlier'])}; later: {_who(down['clients_later'])}.")


def _who(clients: list[int]) -> str:
    """The first few clients by number, and how many more."""
    named = ", ".join(f"client {number}" for number in clients[:_NAMED])
    more = len(clients) - _NAMED
    return (named or "nobody") + (f" and {more} more (all with --json)" if more > 0 else "")
