"""What a clinic wants to know of a pack besides whether it loads: what defends each statement, what it may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from care.pack import parse, with_engine_defaults
from care.pack_names import walk
from care.pack_references import resolves
from care.pack_text import PackError, PackText, Path, Problem
from schemas.rules import RulePack

CONVENTION = "convention"


@dataclass(frozen=True)
class Trace:
    """A statement of the customer's article, and each place that puts it in force."""

    seed: str
    rule: str
    where: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Convention:
    """A number or rule that rests on convention alone: the clinic may change it."""

    line: int
    where: str
    what: str


@dataclass(frozen=True)
class PackReport:
    """All of it. `pack` is None if there are problems."""

    pack: RulePack | None
    problems: tuple[Problem, ...]
    traces: tuple[Trace, ...]
    conventions: tuple[Convention, ...]


def report_on(text: str, name: str) -> PackReport:
    """Check the pack in `text`; problems are part of the report, never raised."""
    try:
        source = PackText(text, name)
    except PackError as error:
        return PackReport(None, error.problems, (), ())
    traces, conventions = _traces(source.raw), _conventions(source)
    try:
        return PackReport(parse(text, name), (), traces, conventions)
    except PackError as error:
        return PackReport(None, error.problems, traces, conventions)


def _traces(raw: dict[str, Any]) -> tuple[Trace, ...]:
    seeds = raw.get("seed_rules")
    return tuple(
        Trace(
            str(seed.get("id", "")),
            str(seed.get("rule", "")),
            tuple(map(str, seed.get("where") or ())),
            tuple(str(target) for target in seed.get("where") or () if not resolves(raw, str(target))),
        )
        for seed in (seeds if isinstance(seeds, list) else ())
        if isinstance(seed, dict)
    )


def _conventions(source: PackText) -> tuple[Convention, ...]:
    """Everything marked `basis: convention`, everything listed under `convention:`, and the taper's numbers.

    With the engine's where the pack says a number only in prose: on the line of what it would be added to.
    """
    found = []
    for path, entry in walk(with_engine_defaults(source.raw)):
        for what, key in _resting_on_convention(path, entry):
            place = source.problem((*path, key), "")
            found.append(Convention(place.line, place.rule or ".".join(map(str, path)), what))
    return tuple(found)


def _resting_on_convention(path: Path, entry: dict[str, Any]) -> list[tuple[str, str]]:
    """What in this part of the pack rests on convention, each with the key that it stands under."""
    figures = {key: value for key, value in entry.items() if type(value) in (int, float)}
    listed = entry.get(CONVENTION)
    if path[-2:] == ("taper_policy", "params"):
        return [(f"{key}: {value}", key) for key, value in figures.items()]
    if isinstance(listed, list):
        return [(_in_figures(entry, str(one)), CONVENTION) for one in listed]
    if entry.get("basis") == CONVENTION:
        return [(", ".join(f"{key}: {value}" for key, value in figures.items()) or "whole rule", "basis")]
    return []


def _in_figures(entry: dict[str, Any], what: str) -> str:
    """A convention named after a parameter is shown with its number."""
    params = entry.get("params")
    return f"{what}: {params[what]}" if isinstance(params, dict) and what in params else what
