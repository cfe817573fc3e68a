"""What happened in a played plan, line by line as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Line(StrEnum):
    """Who or what a line of the story is about."""

    to_client = "to_client"
    from_client = "from_client"
    staff = "staff"
    plan = "plan"
    alert = "alert"


@dataclass(frozen=True)
class Entry:
    """One line of the story, at the plan's own time."""

    at: datetime
    line: Line
    words: str

    def as_json(self, zone: ZoneInfo) -> dict[str, Any]:
        """The entry as data, in the site's zone."""
        return {"at": self.at.astimezone(zone).isoformat(), "line": self.line, "words": self.words}


Listener = Callable[[Entry], None]

_MARKS = {
    Line.to_client: ("[cyan]✉ →[/cyan]", ""),
    Line.from_client: ("[green]✉ ←[/green]", "green"),
    Line.staff: ("[magenta]◆[/magenta]", ""),
    Line.plan: ("[blue]●[/blue]", "bold"),
    Line.alert: ("[red]▲[/red]", "red"),
}


class Story:
    """The entries so far. `listener` hears each one as it is told."""

    def __init__(self, listener: Listener | None = None) -> None:
        self.entries: list[Entry] = []
        self._listener = listener

    def tell(self, at: datetime, line: Line, words: str) -> None:
        """Add a line."""
        entry = Entry(at, line, words)
        self.entries.append(entry)
        if self._listener is not None:
            self._listener(entry)


class Printer:
    """Prints a story on a terminal, with a rule for each new week."""

    def __init__(self, console: Console, zone: ZoneInfo) -> None:
        self._console = console
        self._zone = zone
        self._week: int | None = None
        self._first: datetime | None = None

    def __call__(self, entry: Entry) -> None:
        """Print one entry."""
        here = entry.at.astimezone(self._zone)
        self._first = self._first or here
        week = (here.date() - self._first.date()).days // 7 + 1
        if week != self._week:
            self._week = week
            self._console.rule(f"[dim]week {week}[/dim]", align="left", style="dim")
        mark, style = _MARKS[entry.line]
        row = Table.grid(padding=(0, 1))
        row.add_column(width=18, no_wrap=True, style="dim")
        row.add_column(width=3, no_wrap=True)
        row.add_column(style=style, overflow="fold")
        row.add_row(f" {here:%a %d %b %H:%M}", mark, escape(entry.words))
        self._console.print(row)
