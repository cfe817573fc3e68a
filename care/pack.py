"""Reading a rule pack: text in, one checked RulePack out, or every problem with its line and rule id."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import ValidationError

from care.pack_references import reference_problems
from care.pack_shape import shape_reason
from care.pack_text import PackError, PackText, Problem
from care.rule_files import rules_file
from schemas.rules import RulePack

BUILTIN = "assisted-stretch-0.1.0.yaml"
_ENGINE_DEFAULTS = "engine-defaults.yaml"
_TABLES = frozenset({"profiles", "conditions"})
"""Where a pack names entries of its own: as in lists, what the defaults say of one that it has not is ignored."""


def parse(text: str, name: str) -> RulePack:
    """The pack in `text`, with every reference checked. Raises PackError naming file, line and rule id."""
    source = PackText(text, name)
    raw = with_engine_defaults(source.raw)
    try:
        pack = RulePack.model_validate({**raw, "content_hash": content_hash(source.raw)})
    except ValidationError as error:
        raise PackError([_shape_problem(source, detail) for detail in error.errors()]) from error
    problems = list(reference_problems(pack, source))
    if problems:
        raise PackError(problems)
    return pack


def with_engine_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """A pack's own data, and beneath it what the engine reads where the pack says the same only in prose."""
    merged: dict[str, Any] = _beneath(raw, _defaults_for(raw))
    return merged


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


def _defaults_for(raw: dict[str, Any]) -> dict[str, Any]:
    """The engine's defaults without what they say of profiles and conditions that the pack does not have."""
    fitting = dict(_engine_defaults())
    for table in _TABLES & fitting.keys():
        own = raw.get(table)
        known = own if isinstance(own, dict) else {}
        fitting[table] = {name: said for name, said in fitting[table].items() if name in known}
    return fitting


def _beneath(value: Any, default: Any) -> Any:
    """`value` with `default` filled in below it; list entries are matched by id."""
    if isinstance(value, dict) and isinstance(default, dict):
        merged = {key: _beneath(value[key], default[key]) if key in default else value[key] for key in value}
        return merged | {key: default[key] for key in default if key not in value}
    if isinstance(value, list) and isinstance(default, list):
        known = {entry["id"]: entry for entry in default if isinstance(entry, dict) and "id" in entry}
        return [_beneath(entry, known.get(_id(entry))) for entry in value]
    return value


def _id(entry: Any) -> str:
    """What an entry of a list is matched by; empty where it has none."""
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


def _shape_problem(source: PackText, detail: Any) -> Problem:
    return source.problem(detail["loc"], shape_reason(detail))
