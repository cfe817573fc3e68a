"""`limber bench`: measure, and say which bars are held."""

from __future__ import annotations

import json as jsonlib
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.figures import Report, machine, short
from bench.registry import BENCHMARKS


def bench(
    name: Annotated[str | None, typer.Argument(help="One benchmark. Without it: all of them.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    small: Annotated[
        bool, typer.Option("--small", help="Tiny sizes: shows that it runs, measures nothing.")
    ] = False,
) -> None:
    """Run the benchmarks; exit 1 if a bar is not held. docs/benchmarks.md explains each."""
    if name is not None and name not in BENCHMARKS:
        known = "".join(f"\n  {one:10} {benchmark.summary}" for one, benchmark in BENCHMARKS.items())
        raise typer.BadParameter(f"there is no benchmark {name}; there are{known}", param_hint="NAME")
    chosen = {name: BENCHMARKS[name]} if name else dict(BENCHMARKS)
    console = Console(stderr=json, highlight=False)
    facts, reports = machine(), []
    for one, benchmark in chosen.items():
        console.print(f"[dim]{one}: {benchmark.summary}[/dim]")
        with redirect_stdout(sys.stderr):
            reports.append(benchmark.run(small=small))
        if not json:
            _show(console, reports[-1])
    if json:
        document = {"machine": facts, "small": small, "benchmarks": [one.document() for one in reports]}
        print(jsonlib.dumps(document, indent=2))
    else:
        words = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "packages")
        console.print(f"[dim]{words}[/dim]")
    raise typer.Exit(0 if small or all(one.held for one in reports) else 1)


_HELD = {True: "[green]held[/green]", False: "[red]not held[/red]", None: ""}


def _show(console: Console, report: Report) -> None:
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), title=report.benchmark, title_justify="left"
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    for heading in ("", "bar", ""):
        table.add_column(heading)
    for one in report.figures:
        table.add_row(one.name, short(one.value), one.unit, one.bar_in_words, _HELD[one.held])
    console.print(table)
    console.print(f"[dim]{report.method}[/dim]\n")
