"""One interpreter reads every predicate; a missing field makes all but `missing` false."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from care.predicates import compile_predicate
from schemas.rules_form import Predicate

TODAY = date(2026, 1, 31)
ANSWERS: dict[str, dict[str, Any]] = {
    "A": {"value": "yes", "several": ("x", "y"), "number": 7, "day": date(2026, 1, 24)},
    "B": {"value": "no"},
}
_ADAPTER: TypeAdapter[Predicate] = TypeAdapter(Predicate)


def holds(predicate: dict[str, Any]) -> bool:
    return compile_predicate(_ADAPTER.validate_python(predicate), "A")(ANSWERS, TODAY)


@pytest.mark.parametrize(
    ("op", "field", "true_for", "false_for"),
    [
        ("eq", "value", "yes", "no"),
        ("ne", "value", "no", "yes"),
        ("in", "value", ["yes", "no"], ["no"]),
        ("in", "several", ["y"], ["z"]),
        ("has_any", "several", ["z", "x"], ["z"]),
        ("lt", "number", 8, 7),
        ("lte", "number", 7, 6),
        ("gt", "number", 6, 7),
        ("gte", "number", 7, 8),
        ("days_ago_lt", "day", 8, 7),
        ("days_ago_gte", "day", 7, 8),
    ],
)
def test_each_comparison(op: str, field: str, true_for: Any, false_for: Any) -> None:
    assert holds({"f": field, "op": op, "v": true_for})
    assert not holds({"f": field, "op": op, "v": false_for})
    assert not holds({"f": "blank", "op": op, "v": true_for})


def test_presence_and_absence() -> None:
    assert holds({"f": "value", "op": "present"})
    assert not holds({"f": "value", "op": "missing"})
    assert holds({"f": "blank", "op": "missing"})
    assert not holds({"f": "blank", "op": "present"})
    assert holds({"i": "never asked", "f": "value", "op": "missing"})


def test_parts_are_joined_and_other_items_are_looked_at() -> None:
    yes, no = {"f": "value", "op": "eq", "v": "yes"}, {"i": "B", "f": "value", "op": "eq", "v": "yes"}
    assert holds({"all": [yes, {"not": no}]})
    assert not holds({"all": [yes, no]})
    assert holds({"any": [no, yes]})
    assert not holds({"any": [no, {"not": yes}]})
