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

from care.pack import BUILTIN, builtin, builtin_text, parse
from care.pack_report import PackReport, report_on
from care.pack_text import PackError
from care.vectors import VectorError, VectorOutcome, run_vectors
from schemas.rules import RulePack

PackFile = Annotated[
    Path | None, typer.Argument(metavar="PACK", help="A rule pack (YAML). Without it: the one built in.")
]
Vectors = Annotated[
    Path, typer.Argument(metavar="VECTORS", help="Examples in YAML or JSON; a whole pack will do.")
]
PackOption = Annotated[
    Path | None, typer.Option("--pack", help="The pack to test. Without it: the one built in.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


class _FileError(Exception):
    """A file that cannot be used, with the reason for the person who named it."""


def check(pack: PackFile = None, json: Json = False) -> None:
    """Check a pack: its shape, every reference, what each statement rests on, what a clinic may change."""
    try:
        report = report_on(_text_of(pack) if pack else builtin_text(), pack.name if pack else BUILTIN)
    except _FileError as error:
        _leave_with(str(error), json)
    if json:
        _print_json(_report_data(report))
    else:
        _show_report(report)
    raise typer.Exit(1 if report.problems else 0)


def test(
    vectors: Annotated[
        Path, typer.Argument(metavar="VECTORS", help="Examples in YAML or JSON; a whole pack will do.")
    ],
    pack: Annotated[
        Path | None, typer.Option("--pack", help="The pack to test. Without it: the one built in.")
    ] = None,
    json: Json = False,
) -> None:
    """Run screening, taper and reply examples under a pack; exit 1 if any comes out differently."""
    try:
        rules = parse(_text_of(pack), pack.name) if pack else builtin()
        outcomes = run_vectors(rules, _document(vectors))
    except (_FileError, PackError, VectorError) as error:
        _leave_with(str(error), json)
    failed = [one for one in outcomes if not one.passed]
    if json:
        _print_json(_outcome_data(rules, outcomes))
    else:
        _show_outcomes(rules, outcomes, failed)
    raise typer.Exit(1 if failed else 0)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _FileError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _FileError(f"cannot read {path}: it is not UTF-8 text") from error


def _document(path: Path) -> Any:
    """The examples in a file. JSON is read as the YAML that it is."""
    try:
        return yaml.load(_text_of(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 safe
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _FileError(f"cannot read {path}: not valid YAML or JSON: {error}") from error


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
    console = Console(soft_wrap=True)
    for problem in report.problems:
        console.print(Text(str(problem), style="red"))
    if report.problems:
        console.print(f"{len(report.problems)} problem(s); the pack is refused.")
        return
    if report.pack:
        for name, value in _pack_data(report.pack).items():
            console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
    defended = sum(not trace.missing for trace in report.traces)
    console.print(f"traceability: {defended} of {len(report.traces)} statements have their rules")
    table = Table("Line", "Rule", "Rests on convention: the clinic may change it", title="Conventions")
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
