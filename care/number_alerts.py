"""Which number alerts (AL-01 … AL-11) an answer to a check-in raises.

A rule's `if` is a small expression over the score and its history, such as `value - baseline >= 3`.
Anything it mentions that is not known makes the comparison false: a missing history raises no alert,
and clears none. AL-12 and AL-13 are about silence and contact, and belong to the agenda.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TypedDict

from care.compiled import per_pack
from schemas.number_alerts import NumberAlert
from schemas.rules import RulePack


class ScoreContext(TypedDict, total=False):
    """What is known about earlier answers to the same question; what is absent or None is not known.

    `pre_session` is the value before the session that `day3` follows up; `best` is the best so far in
    the improving direction.
    """

    baseline: float | None
    previous: float | None
    best: float | None
    pre_session: float | None
    day3: bool


class ConditionError(ValueError):
    """An `if` that the engine cannot read, with what it may say."""


Known = Mapping[str, float | None]
"""The score and its history, each under its name; every name is there."""
Condition = Callable[[Known], bool]
_Number = Callable[[Known], float | None]

_NAMES = ("value", "baseline", "previous", "best", "pre_session", "day3")
_PHRASES = (
    (re.compile(r"^two in a row (?P<test>.+)$"), r"value \g<test> and previous \g<test>"),
    (re.compile(r"\bpre-session value\b"), "pre_session"),
    (re.compile(r"^day-3 (?P<test>.+)$"), r"day3 > 0 and \g<test>"),
)
"""The pack's phrases, put as the expression they stand for."""

_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}


def compile_condition(text: str) -> Condition:
    """A function of the known numbers for an alert's `if`. Raises ConditionError for anything else."""
    said = text
    for phrase, meaning in _PHRASES:
        said = phrase.sub(meaning, said)
    try:
        return _truth(ast.parse(said, mode="eval").body, text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _refusal(text) from error


def _refusal(text: str) -> ConditionError:
    return ConditionError(
        f"cannot read the condition {text!r}; compare {', '.join(_NAMES)} and numbers with >=, >, <=, <, ==, "
        "joined by `and` / `or`, or say `two in a row >= 7`"
    )


def _truth(node: ast.expr, text: str) -> Condition:
    match node:
        case ast.BoolOp(op=joined, values=values):
            parts = [_truth(value, text) for value in values]
            return reduce(_both if isinstance(joined, ast.And) else _either, parts)
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(
            type(op) in _COMPARE for op in ops
        ):
            sides = [_number(side, text) for side in (left, *comparators)]
            links = [
                _comparison(_COMPARE[type(op)], low, high)
                for op, low, high in zip(ops, sides, sides[1:], strict=False)
            ]
            return reduce(_both, links)
        case _:
            raise _refusal(text)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda known: one(known) and other(known)


def _either(one: Condition, other: Condition) -> Condition:
    return lambda known: one(known) or other(known)


def _comparison(compare: Callable[[float, float], bool], low: _Number, high: _Number) -> Condition:
    def holds(known: Known) -> bool:
        a, b = low(known), high(known)
        return a is not None and b is not None and compare(a, b)

    return holds


def _number(node: ast.expr, text: str) -> _Number:
    match node:
        case ast.Constant(value=int() | float() as constant) if not isinstance(constant, bool):
            return lambda _known: constant
        case ast.Name(id=name) if name in _NAMES:
            return operator.itemgetter(name)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            combine, one, other = _ARITHMETIC[type(op)], _number(left, text), _number(right, text)

            def combined(known: Known) -> float | None:
                a, b = one(known), other(known)
                return None if a is None or b is None else combine(a, b)

            return combined
        case _:
            raise _refusal(text)


@per_pack
def _alerts_by_question(pack: RulePack) -> Mapping[str, tuple[tuple[NumberAlert, Condition], ...]]:
    table: dict[str, tuple[tuple[NumberAlert, Condition], ...]] = {}
    for rule in pack.sms_checkins.number_alerts:
        for question in rule.applies_to:
            if question != "any":
                alert = NumberAlert.of(rule=rule.id, urgency=rule.urgency, message=rule.message)
                table[question] = (*table.get(question, ()), (alert, compile_condition(rule.condition)))
    return MappingProxyType(table)


def number_alerts(
    pack: RulePack, question: str | None, value: float | None, context: ScoreContext | None = None
) -> tuple[NumberAlert, ...]:
    """Every alert that this answer raises, in the pack's order; none for an unknown value or question."""
    rules = _alerts_by_question(pack).get(question or "", ())
    if value is None or not rules:
        return ()
    seen = context or ScoreContext()
    known: Known = {
        "value": value,
        "baseline": seen.get("baseline"),
        "previous": seen.get("previous"),
        "best": seen.get("best"),
        "pre_session": seen.get("pre_session"),
        "day3": seen.get("day3", False),
    }
    return tuple([alert for alert, condition in rules if condition(known)])
