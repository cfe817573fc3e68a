"""`limber rules check` and `limber rules test`: is this pack sound, and does it do what the clinic expects?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from care.pack import BUILTIN, builtin_text
from care.pack_report import PackReport, report_on
from care.vectors import VectorError, VectorOutcome, run_vectors
from cli.pack_file import FileError, PackOption, pack_in, text_in
from schemas.rules import RulePack

PackFile = Annotated[
    Path | None, typer.Argument(metavar="PACK", help="A rule pack (YAML). Without it: the one built in.")
]
Vectors = Annotated[
    Path | None,
    typer.Argument(
        metavar="VECTORS",
        help="Examples in YAML or JSON; a whole pack will do. Without them: the pack's own.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def check(pack: PackFile = None, json: Json = False) -> None:
    """Check a pack: its shape, every reference, what each statement rests on, what a clinic may change."""
    try:
        report = report_on(text_in(pack) if pack else builtin_text(), pack.name if pack else BUILTIN)
    except FileError as error:
        _leave_with(str(error), json)
    if json:
        _print_json(_report_data(report))
    else:
        _show_report(report)
    raise typer.Exit(1 if report.problems else 0)


def test(vectors: Vectors = None, pack: PackOption = None, json: Json = False) -> None:
    """Run screening, taper and reply examples under a pack; exit 1 if any comes out differently."""
    try:
        rules = pack_in(pack)
        outcomes = run_vectors(rules, _examples(vectors or pack))
    except (FileError, VectorError) as error:
        _leave_with(str(error), json)
    failed = [one for one in outcomes if not one.passed]
    if json:
        _print_json(_outcome_data(rules, outcomes))
    else:
        _show_outcomes(rules, outcomes, failed)
    raise typer.Exit(1 if failed else 0)


def _examples(path: Path | None) -> Any:
    """The examples in a file, those of the built-in pack for None. JSON is read as the YAML that it is."""
    text = text_in(path) if path else builtin_text()
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 safe
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FileError(
            f"cannot read {path or BUILTIN}: not valid YAML or JSON: {_in_one_line(error)}"
        ) from error


def _in_one_line(error: Exception) -> str:
    """What is wrong, and on which line where that is known."""
    mark = getattr(error, "problem_mark", None)
    reason = str(getattr(error, "problem", None) or error).partition("\n")[0]
    return f"line {mark.line + 1}: {reason}" if mark else reason


def _leave_with(reason: str, json: bool) -> Any:
    if json:
        _print_json({"error": reason})
    typer.echo(f"limber: {reason}", err=True)
    raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


# -- check --------------------------------------------------------------------------------------------


def _report_data(report: PackReport) -> dict[str, Any]:
    return {
        "ok": not report.problems,
        "pack": _pack_data(report.pack) if report.pack else None,
        "problems": [asdict(problem) for problem in report.problems],
        "traceability": [asdict(trace) for trace in report.traces],
        "conventions": [asdict(one) for one in report.conventions],
    }


def _pack_data(pack: RulePack) -> dict[str, Any]:
    return {
        "id": pack.meta.id,
        "version": pack.version,
        "status": pack.meta.status,
        "hash": pack.content_hash,
        "items": len(pack.items),
        "rules": sum(len(item.rules) for item in pack.items.values()),
        "messages": len(pack.messages),
        "questions": len(pack.questions),
        "keyword_groups": len(pack.sms_checkins.keyword_groups),
        "number_alerts": len(pack.sms_checkins.number_alerts),
    }


def _show_report(report: PackReport) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for problem in report.problems:
        console.print(Text(str(problem), style="red"))
    if report.problems:
        count = len(report.problems)
        console.print(f"{count} {'problem' if count == 1 else 'problems'}; the pack is refused.")
        return
    if report.pack:
        for name, value in _pack_data(report.pack).items():
            console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
    defended = sum(not trace.missing for trace in report.traces)
    console.print(f"traceability: {defended} of {len(report.traces)} statements have their rules")
    table = Table(title="Conventions")
    for heading in ("Line", "Rule", "Rests on convention: the clinic may change it"):
        table.add_column(heading, overflow="fold")
    for one in report.conventions:
        table.add_row(str(one.line), one.where, one.what)
    Console().print(table)


# -- test ---------------------------------------------------------------------------------------------


def _outcome_data(pack: RulePack, outcomes: tuple[VectorOutcome, ...]) -> dict[str, Any]:
    passed = sum(one.passed for one in outcomes)
    return {
        "ok": passed == len(outcomes),
        "pack": {"version": pack.version, "hash": pack.content_hash},
        "passed": passed,
        "failed": len(outcomes) - passed,
        "results": [{**asdict(one), "passed": one.passed} for one in outcomes],
    }


def _show_outcomes(pack: RulePack, outcomes: tuple[VectorOutcome, ...], failed: list[VectorOutcome]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for one in failed:
        console.print(Text(f"✗ {one.kind} {one.id} {one.name}".rstrip(), style="red"))
        for difference in one.differences:
            console.print(Text(f"    {difference.field}: expected {difference.expected!r}"))
            console.print(Text(f"    {' ' * len(difference.field)}   but got {difference.actual!r}"))
    kinds = dict.fromkeys(one.kind for one in outcomes)
    counts = ", ".join(f"{sum(one.kind is kind for one in outcomes)} {kind}" for kind in kinds)
    console.print(
        f"{len(outcomes) - len(failed)} of {len(outcomes)} examples pass ({counts}), pack {pack.version}"
    )
