"""The one interpreter of the rule pack's predicates.

A predicate is `{f, op, v}` on the same item, `{i, f, op, v}` on another, or `all` / `any` / `not` of
predicates. It is compiled once into a plain function of (answers, today). A missing field makes every
comparison false except `missing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from schemas.rules_form import AllOf, AnyOf, NotOf, Operator, Predicate, Test

Fields = Mapping[str, Any]
"""One item's parsed answers: `value` and the sub-answers by name. A blank field is absent."""
Answers = Mapping[str, Fields]
"""Parsed answers by item id."""
Check = Callable[[Answers, date], bool]
_Compare = Callable[[Any, Any, date], bool]


def _any_in(value: Any, v: Any, _today: date) -> bool:
    return any(one in v for one in value) if isinstance(value, tuple) else value in v


def _number(compare: Callable[[Any, Any], bool]) -> _Compare:
    return lambda value, v, _today: isinstance(value, int | float) and compare(value, v)


def _days_ago(compare: Callable[[int, Any], bool]) -> _Compare:
    return lambda value, v, today: isinstance(value, date) and compare((today - value).days, v)


_COMPARISONS: Mapping[Operator, _Compare] = {
    Operator.eq: lambda value, v, _today: bool(value == v),
    Operator.ne: lambda value, v, _today: bool(value != v),
    Operator.is_in: _any_in,
    Operator.has_any: _any_in,
    Operator.lt: _number(lambda value, v: value < v),
    Operator.lte: _number(lambda value, v: value <= v),
    Operator.gt: _number(lambda value, v: value > v),
    Operator.gte: _number(lambda value, v: value >= v),
    Operator.days_ago_lt: _days_ago(lambda days, v: days < v),
    Operator.days_ago_gte: _days_ago(lambda days, v: days >= v),
    Operator.present: lambda _value, _v, _today: True,
    Operator.missing: lambda _value, _v, _today: False,
}

_NOTHING: Fields = {}


def compile_predicate(predicate: Predicate, item: str) -> Check:
    """Turn a predicate into a function; `item` is the item that it stands in."""
    match predicate:
        case AllOf(parts=parts):
            every = tuple(compile_predicate(part, item) for part in parts)
            return lambda answers, today: all(part(answers, today) for part in every)
        case AnyOf(parts=parts):
            some = tuple(compile_predicate(part, item) for part in parts)
            return lambda answers, today: any(part(answers, today) for part in some)
        case NotOf(part=part):
            inner = compile_predicate(part, item)
            return lambda answers, today: not inner(answers, today)
        case Test():
            return _compile_test(predicate, item)


def _compile_test(test: Test, item: str) -> Check:
    compare, field, v, where = _COMPARISONS[test.op], test.f, test.v, test.i or item
    if_missing = test.op is Operator.missing

    def check(answers: Answers, today: date) -> bool:
        value = answers.get(where, _NOTHING).get(field)
        return if_missing if value is None else compare(value, v, today)

    return check


def tests_in(predicate: Predicate) -> tuple[Test, ...]:
    """Every comparison inside a predicate, in reading order."""
    match predicate:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return tuple(test for part in parts for test in tests_in(part))
        case NotOf(part=part):
            return tests_in(part)
        case Test():
            return (predicate,)
