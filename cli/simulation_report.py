"""What simulated lives came to, as a page for whoever runs a clinic: what matters first, the machine's part last."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_LEVELS = {"E0": "emergency", "E1": "urgent", "E2": "soon", "E3": "routine"}
"""The console's words for the levels of an alert."""

_WAITING = "awaiting_"


def report(figures: dict[str, Any]) -> RenderableType:
    """The figures of `limber simulate --json`, laid out to be read."""
    return Group(
        _whose(figures),
        promises(figures),
        _care(figures),
        _alerts(figures),
        _texts(figures),
        _ends(figures),
        _effort(figures),
    )


def _whose(figures: dict[str, Any]) -> Text:
    pack = figures["pack"]
    draft = ": a draft, not for clinical use before sign-off" if "draft" in pack["status"] else ""
    return Text(
        f"{figures['plans']:,} simulated clients, up to {_weeks(figures['weeks'])} each: "
        f"{figures['client_weeks']:,} client weeks (seed {figures['seed']}).\n"
        f"Rule pack {pack['version']}{draft}."
    )


def promises(figures: dict[str, Any]) -> Text:
    """What was promised and broken, and how often; or that all was kept."""
    broken: dict[str, int] = figures["broken_promises"]
    if not broken:
        return Text(f"\n✓ Every promise was kept at each of {figures['steps']:,} steps.", style="green")
    lines = [f"\n✗ Broken: {name}, {_times(times)}" for name, times in broken.items()]
    return Text("".join(lines), style="bold red")


def _care(figures: dict[str, Any]) -> Table:
    table = _table("A client's plan")
    table.add_row("texts in a week of the plan", f"{figures['texts_per_client_week']:.1f}")
    table.add_row("visits in all", f"{figures['visits_per_plan']:.1f}")
    table.add_row("clients whose visits grew rarer", percent(figures["share_stepped_down"]))
    first = figures["median_weeks_to_first_step_down"]
    if first is not None:
        table.add_row("  the first time after (median)", _weeks(first))
    table.add_row("clients discharged", percent(figures["share_discharged"]))
    return table


def _alerts(figures: dict[str, Any]) -> Table:
    table = _table("Alerts", "in 100 client weeks", "in all")
    rates: dict[str, float] = figures["alerts_per_100_client_weeks"]
    for level, number in figures["alerts_by_level"].items():
        table.add_row(f"{level} {_LEVELS[level]}", f"{rates[level]:.1f}", f"{number:,}")
    table.add_row("together", f"{sum(rates.values()):.1f}", f"{sum(figures['alerts_by_level'].values()):,}")
    return table


def _texts(figures: dict[str, Any]) -> Table:
    table = _table("Texts", "share", "in all")
    return _shares(table, figures["texts_by_purpose"])


def _ends(figures: dict[str, Any]) -> Table:
    table = _table("Where the plans are then", "share", "in all")
    stages = {name.replace(_WAITING, "waits for "): number for name, number in figures["stages"].items()}
    return _shares(table, stages)


def _shares(table: Table, counted: dict[str, int]) -> Table:
    total = sum(counted.values())
    for name, number in counted.items():
        table.add_row(name.replace("_", " "), percent(number / total), f"{number:,}")
    return table


def _effort(figures: dict[str, Any]) -> Text:
    cores = "one core" if figures["cores"] == 1 else f"{figures['cores']} cores"
    return Text(
        f"\n{figures['rules_in_force']} rules took effect. It took {figures['seconds']:.1f} s on {cores}, "
        f"{figures['microseconds_per_step']:.0f} µs of a core a step.",
        style="dim",
    )


def _table(title: str, *columns: str) -> Table:
    """Columns are as wide in every table, so that figures stand under each other."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column(Text(f"\n{title}", style="bold not dim"), width=34)
    for heading, width in zip(columns or ("",), (19, 8), strict=False):
        table.add_column(heading, justify="right", vertical="bottom", width=width)
    return table


def percent(share: float) -> str:
    """A share in words; what happened at all is never shown as nothing."""
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _weeks(number: float) -> str:
    return f"{number:g} week" + ("" if number == 1 else "s")


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
