"""`limber doctor`: each part, how it is, what that means, and how to mend it."""

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.embedded.checkup.finding import Finding, State
from cli.embedded.checkup.machine import look_at_machine
from cli.embedded.checkup.services import look_at_services
from cli.embedded.data_directory import DataDirectory
from schemas.settings import Settings, SettingsError, load_settings

_STYLES = {State.GOOD: "green", State.OFF: "dim", State.WARNING: "yellow", State.BAD: "bold red"}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Look at every part of the clinic and say how to mend what is bad. Exits with 1 if anything is."""
    findings = _look()
    sound = all(finding.state is not State.BAD for finding in findings)
    if json:
        typer.echo(json_format.dumps({"ok": sound, "findings": [asdict(finding) for finding in findings]}))
    else:
        _show(findings)
    if not sound:
        raise typer.Exit(1)


def _look() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("settings", State.BAD, str(error), "correct the environment, then run this again")]
    directory = DataDirectory(settings.data_dir)
    return [
        *look_at_machine(settings, directory),
        *look_at_services(settings, stack_runs=directory.in_use(), worker_url=_worker_url(settings)),
    ]


def _worker_url(settings: Settings) -> str | None:
    connection = DataDirectory(settings.data_dir).read("connection.json")
    found = json_format.loads(connection).get("worker_url") if connection else None
    return str(found) if found else None


def _show(findings: Sequence[Finding]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("part", "state", "what it means", "how to mend it"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        state = f"[{_STYLES[finding.state]}]{finding.state}[/]"
        table.add_row(finding.part, state, finding.meaning, finding.remedy)
    Console(highlight=False).print(table)
