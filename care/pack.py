"""Reading a rule pack: text in, one checked RulePack out, or every problem with its line and rule id."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import ValidationError

from care.pack_references import reference_problems
from care.pack_text import PackError, PackText, Path, Problem
from care.rule_files import rules_file
from schemas.rules import RulePack

BUILTIN = "assisted-stretch-0.1.0.yaml"
_ENGINE_DEFAULTS = "engine-defaults.yaml"


def parse(text: str, name: str) -> RulePack:
    """The pack in `text`, with every reference checked. Raises PackError naming file, line and rule id."""
    source = PackText(text, name)
    raw = _beneath(source.raw, _engine_defaults())
    try:
        pack = RulePack.model_validate({**raw, "content_hash": content_hash(source.raw)})
    except ValidationError as error:
        raise PackError([_shape_problem(source, detail) for detail in error.errors()]) from error
    problems = list(reference_problems(pack, source))
    if problems:
        raise PackError(problems)
    return pack


def content_hash(raw: Any) -> str:
    """sha256 of the canonical JSON of a pack's own data: comments and layout do not count."""
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode("utf-8", "backslashreplace")).hexdigest()


def builtin_text() -> str:
    """The text of the pack that ships with the product."""
    return rules_file(BUILTIN)


@cache
def builtin() -> RulePack:
    """The pack that ships with the product; parsed once per process."""
    return parse(builtin_text(), BUILTIN)


@cache
def _engine_defaults() -> dict[str, Any]:
    return PackText(rules_file(_ENGINE_DEFAULTS), _ENGINE_DEFAULTS).raw


def _beneath(value: Any, default: Any) -> Any:
    """`value` with `default` filled in below it; list entries are matched by id."""
    if isinstance(value, dict) and isinstance(default, dict):
        merged = {key: _beneath(value[key], default[key]) if key in default else value[key] for key in value}
        return merged | {key: default[key] for key in default if key not in value}
    if isinstance(value, list) and isinstance(default, list):
        known = {entry["id"]: entry for entry in default if isinstance(entry, dict) and "id" in entry}
        return [
            _beneath(entry, known[entry["id"]])
            if isinstance(entry, dict) and entry.get("id") in known
            else entry
            for entry in value
        ]
    return value


_ADVICE = {
    "extra_forbidden": "is not a key that the engine knows here; check the spelling",
    "missing": "is missing",
}


def _shape_problem(source: PackText, detail: Any) -> Problem:
    path: Path = detail["loc"]
    name = next((part for part in reversed(path) if isinstance(part, str)), "the pack")
    given = detail.get("input")
    if detail["type"] == "enum":
        reason = f"unknown value {str(given)[:60]!r}; it is one of {detail['ctx']['expected']}"
    elif isinstance(given, bool) and "string" in detail["type"]:
        reason = "is a boolean; put 'yes', 'no', 'true' or 'false' in quotes where a word is meant"
    else:
        told = f"{detail['msg']} (given: {str(given)[:60]!r})"
        reason = _ADVICE.get(detail["type"], told)
    return source.problem(path, f"{name}: {reason}")
