"""`limber preview`: every text, visit and decision of the plan that an intake would start. No server needed."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from api.problems import Problem
from care.preview import Planned, PlannedKind
from care.preview import preview as look_ahead
from cli.pack_file import PackOption, draft_words, pack_in
from cli.paper_clinic import paper_plan
from database import demo_clinic as demo
from messaging.pack_texts import pack_text
from messaging.templates import TemplateBook, load
from schemas.plan import PlanState
from schemas.rules import RulePack
from schemas.screening import HoldKind

_MARKS = {
    PlannedKind.text: "✉",
    PlannedKind.session: "●",
    PlannedKind.review: "◇",
    PlannedKind.decision: "◆",
    PlannedKind.step: "↘",
    PlannedKind.end: "■",
}


_RULE_WIDTH: Final = 12
"""Columns; a longer name goes on below, so that the texts keep their room."""


def preview(
    *,
    intake: Annotated[Path, typer.Option(help="An intake form as JSON, like those in docs/examples.")],
    weeks: Annotated[int, typer.Option(help="How far to look ahead.", min=1, max=260)] = 52,
    pack: PackOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Play a plan forward as if all goes as planned, with the same agenda that runs it."""
    rules, book = pack_in(pack), load()
    now = datetime.now(UTC)
    try:
        plan = paper_plan(read_json(intake), rules, now)
    except Problem as problem:
        raise typer.BadParameter(sentence_of(problem), param_hint="--intake") from None
    begun = time.perf_counter()
    lines = look_ahead(plan, now, weeks)
    milliseconds = (time.perf_counter() - begun) * 1000
    shown = [_shown(line, plan, rules, book) for line in lines]
    if as_json:
        print(json.dumps(_document(plan, shown, weeks, milliseconds), indent=2, ensure_ascii=False))
    else:
        _print(plan, rules, lines, shown, milliseconds)


def read_json(path: Path) -> Any:
    """The JSON in a file; typer.BadParameter with the reason where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}.") from None


def sentence_of(problem: Problem) -> str:
    """A refusal of the form with every wrong field, one a line."""
    fields = [f"\n  {one.field}: {one.reason}" for one in problem.errors]
    return f"{problem.detail}{''.join(fields)}"


def _shown(line: Planned, plan: PlanState, pack: RulePack, book: TemplateBook) -> dict[str, Any]:
    zone = ZoneInfo(plan.protocol.hours.zone)
    entry: dict[str, Any] = {
        "at": line.at.astimezone(zone).isoformat(),
        "kind": line.kind,
        "what": line.what,
        "rule": line.rule,
        "session": line.session_no,
        "step": line.step,
    }
    if line.kind is PlannedKind.text:
        therapist = next(p.name for p in demo.STAFF if p.id == plan.protocol.therapist_id)
        template = book.templates.get(line.what) or pack_text(line.what, pack)
        entry["text"] = template.render(
            {
                "clinic": demo.SITE.clinic_name,
                "phone": demo.SITE.phone,
                "therapist": therapist.partition(" ")[0],
                **book.visit_fields(line.visits, zone),
            }
        )
    return entry


def _document(
    plan: PlanState, shown: list[dict[str, Any]], weeks: int, milliseconds: float
) -> dict[str, Any]:
    result = plan.screening.result
    return {
        "rule_pack": plan.protocol.pack_version,
        "screening": {
            "overall": result.overall,
            "urgency": result.urgency,
            "holds": [hold.rule for hold in result.holds],
        },
        "start_step": plan.protocol.start_step,
        "weeks": weeks,
        "milliseconds": round(milliseconds, 1),
        "planned": shown,
    }


def _print(
    plan: PlanState,
    pack: RulePack,
    lines: tuple[Planned, ...],
    shown: list[dict[str, Any]],
    milliseconds: float,
) -> None:
    console = Console(highlight=False)
    result = plan.screening.result
    console.print(
        " · ".join(
            filter(
                None,
                (f"Screening: [bold]{result.overall}[/bold]", f"rule pack {pack.version}", draft_words(pack)),
            )
        )
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("When", "", "What"):
        table.add_column(heading, no_wrap=heading != "What")
    table.add_column("Rule", style="dim", overflow="fold", max_width=_RULE_WIDTH)
    zone = ZoneInfo(plan.protocol.hours.zone)
    for line, entry in zip(lines, shown, strict=True):
        what = entry.get("text") or (f"{line.what} ({line.step})" if line.step else line.what)
        style = "bold" if line.kind is not PlannedKind.text else ""
        table.add_row(
            f"{line.at.astimezone(zone):%a %d %b %Y %H:%M}",
            _MARKS[line.kind],
            f"[{style or 'none'}]{what}",
            line.rule,
        )
    console.print(table)
    texts = sum(line.kind is PlannedKind.text for line in lines)
    visits = sum(line.kind is PlannedKind.session for line in lines)
    console.print(f"{visits} visits, {texts} texts; worked out in {milliseconds:.0f} ms.", style="dim")
    for hold in result.holds:
        if hold.kind is HoldKind.start:
            console.print(f"Before the first session ({hold.rule}): {hold.until}.", style="bold")
    if any(hold for hold in result.holds):
        owners = ", ".join(sorted({hold.owner.replace("_", " ") for hold in result.holds}))
        console.print(f"Waits for: {owners}. Nothing is booked before that.", style="bold")
