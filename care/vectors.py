"""The clinic's regression tests: examples of forms, trends and replies with what must come of them.

A document may carry `screening_test_vectors`, `taper_policy.test_vectors` and `sms_checkins.keyword_tests`,
nested as in a rule pack. `expect` states only what matters to the example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from care.replies import read
from care.screening import screen
from care.taper import evaluate, policy_from
from schemas.replies import Reading
from schemas.rules import RulePack
from schemas.screening import ScreeningResult
from schemas.taper import TaperDecision, TaperInputs


class VectorKind(StrEnum):
    """Which part of the engine an example is for."""

    screening = "screening"
    taper = "taper"
    reply = "reply"


@dataclass(frozen=True)
class Difference:
    """Where an example and the engine disagree."""

    field: str
    expected: Any
    actual: Any


@dataclass(frozen=True)
class VectorOutcome:
    """One example and how it went; no differences means that it passed."""

    kind: VectorKind
    id: str
    name: str
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether the engine does what the example expects."""
        return not self.differences


class VectorError(ValueError):
    """A document of examples that cannot be run, and why."""


def run_vectors(pack: RulePack, document: Any) -> tuple[VectorOutcome, ...]:
    """Run every example in `document` under `pack`. Raises VectorError for one that cannot be run."""
    outcomes = (*_screening(pack, document), *_taper(pack, document), *_replies(pack, document))
    if not outcomes:
        raise VectorError(
            "there are no examples here; give screening_test_vectors, taper_policy.test_vectors or "
            "sms_checkins.keyword_tests"
        )
    return outcomes


def _section(document: Any, *keys: str) -> Any:
    """The value under nested keys, or under one dotted key."""
    if not isinstance(document, Mapping):
        raise VectorError("the examples must stand in a mapping (YAML or JSON object)")
    if ".".join(keys) in document:
        return document[".".join(keys)]
    here: Any = document
    for key in keys:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here


def _examples(section: Any, where: str) -> list[Mapping[str, Any]]:
    if section is None:
        return []
    if not isinstance(section, list | tuple) or not all(isinstance(one, Mapping) for one in section):
        raise VectorError(f"{where} must be a list of examples")
    for place, one in enumerate(section):
        if not isinstance(one.get("expect"), Mapping):
            raise VectorError(f"{where}[{place}] ({one.get('id', 'no id')}) has no `expect`")
    return list(section)


# -- screening ----------------------------------------------------------------------------------------


def _screening(pack: RulePack, document: Any) -> Iterator[VectorOutcome]:
    section = _section(document, "screening_test_vectors")
    if section is None:
        return
    if not isinstance(section, Mapping):
        raise VectorError("screening_test_vectors must be a mapping with eval_date, all_clear and vectors")
    terms = {**pack.screening_test_vectors, **section}
    try:
        today = date.fromisoformat(str(terms["eval_date"]))
        all_clear = dict(terms["all_clear"])
    except (KeyError, ValueError, TypeError) as error:
        raise VectorError("screening_test_vectors needs `eval_date` (YYYY-MM-DD) and `all_clear`") from error
    for example in _examples(section.get("vectors"), "screening_test_vectors.vectors"):
        diff = example.get("diff") or {}
        if not isinstance(diff, Mapping):
            yield _unrunnable(VectorKind.screening, example, "diff", "must map items to their answers")
            continue
        wrong = _no_such_plan(pack, example)
        if wrong is not None:
            yield _unrunnable(VectorKind.screening, example, *wrong)
            continue
        result = screen(
            pack,
            {**all_clear, **diff},
            today,
            example.get("target_regions", ()),
            profile=example.get("profile"),
            condition=example.get("condition"),
        )
        yield _outcome(VectorKind.screening, example, result, _SCREENING)


def _no_such_plan(pack: RulePack, example: Mapping[str, Any]) -> tuple[str, str] | None:
    """What an example says of its plan and the pack does not know, and what it has instead."""
    for field, known in (("profile", pack.profiles), ("condition", pack.conditions)):
        named = example.get(field)
        if named is not None and named not in known:
            return field, f"no such {field}; the pack has {', '.join(known)}"
    return None


def _owners(result: ScreeningResult) -> set[str]:
    """Whose documents are asked for."""
    return {hold.owner for hold in result.holds if hold.document}


def _no_owner_missing(result: ScreeningResult, expected: Any) -> bool:
    return set(expected) <= _owners(result) if expected else not _owners(result)


_Compare = Callable[[Any, Any], bool]
_View = Callable[[Any], Any]
_Table = Mapping[str, tuple[_View, _Compare | None]]
"""For each key of `expect`: what to show of the actual, and how to compare (None: it must be equal)."""


def _codes(result: ScreeningResult) -> list[str]:
    return sorted({one.code for one in result.restrictions})


_SCREENING: _Table = {
    "overall": (lambda result: result.overall.value, None),
    "urgency": (lambda result: result.urgency and result.urgency.value, None),
    "message": (lambda result: result.message, None),
    "holds": (lambda result: len(result.holds), None),
    "holds_include": (
        lambda result: sorted({one.rule for one in result.holds}),
        lambda result, expected: set(expected) <= {one.rule for one in result.holds},
    ),
    "from": (lambda result: sorted(_owners(result)), _no_owner_missing),
    "incomplete": (lambda result: bool(result.incomplete), None),
    "region_holds": (
        lambda result: list(result.region_holds),
        lambda result, expected: set(expected) == set(result.region_holds),
    ),
    "restrictions_include": (_codes, lambda result, expected: set(expected) <= set(_codes(result))),
    "rules_include": (
        lambda result: sorted({one.rule for one in result.findings}),
        lambda result, expected: set(expected) <= {one.rule for one in result.findings},
    ),
    "earliest_restart": (
        lambda result: result.earliest_restart and result.earliest_restart.isoformat(),
        None,
    ),
    "rescreen_on": (lambda result: result.rescreen_on and result.rescreen_on.isoformat(), None),
}


# -- taper --------------------------------------------------------------------------------------------


def _taper(pack: RulePack, document: Any) -> Iterator[VectorOutcome]:
    examples = _examples(_section(document, "taper_policy", "test_vectors"), "taper_policy.test_vectors")
    policy = policy_from(pack)
    for example in examples:
        try:
            inputs = TaperInputs.read(example.get("in"))
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            yield _unrunnable(VectorKind.taper, example, "in", wrong)
            continue
        rungs = [rung.step for rung in policy.ladder]
        if inputs.step not in rungs:
            missing = f"step {inputs.step} is not on the pack's ladder ({', '.join(rungs)})"
            yield _unrunnable(VectorKind.taper, example, "in", missing)
            continue
        yield _outcome(VectorKind.taper, example, evaluate(policy, inputs), _TAPER)


def _reasons_agree(decision: TaperDecision, expected: Any) -> bool:
    """Every deciding reason must be named; other true reasons and notes may be."""
    named = set(expected)
    return set(decision.reasons) <= named <= {*decision.reasons, *decision.also, *decision.notes}


_TAPER: _Table = {
    "decision": (lambda decision: decision.verdict.value, None),
    "to": (lambda decision: decision.to and decision.to.value, None),
    "reasons": (lambda decision: [*decision.reasons, *decision.notes], _reasons_agree),
    "soft_flags": (lambda decision: list(decision.soft_flags), None),
}


# -- replies ------------------------------------------------------------------------------------------


def _replies(pack: RulePack, document: Any) -> Iterator[VectorOutcome]:
    for example in _examples(
        _section(document, "sms_checkins", "keyword_tests"), "sms_checkins.keyword_tests"
    ):
        question = example.get("question")
        text = str(example.get("text", ""))
        shown = {"id": text, "name": question or "", **example}
        if question is not None and question not in pack.questions:
            known = f"no such question; the pack has {', '.join(pack.questions)}"
            yield _unrunnable(VectorKind.reply, shown, "question", known)
            continue
        yield _outcome(VectorKind.reply, shown, read(pack, text, question), _REPLY)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _field(name: str) -> tuple[_View, _Compare | None]:
    return (lambda reading: _plain(getattr(reading, name)), None)


_REPLY: _Table = {name: _field(name) for name in Reading.names()}


def _unrunnable(kind: VectorKind, example: Mapping[str, Any], field: str, why: str) -> VectorOutcome:
    """An example that cannot be run fails; the others still run."""
    wrong = Difference(field, example.get(field), why)
    return VectorOutcome(kind, str(example.get("id", "")), str(example.get("name", "")), (wrong,))


def _outcome(kind: VectorKind, example: Mapping[str, Any], actual: Any, table: _Table) -> VectorOutcome:
    differences = []
    for key, wanted in example["expect"].items():
        if key not in table:
            differences.append(
                Difference(key, wanted, f"not something to expect; there is {', '.join(table)}")
            )
            continue
        view, compare = table[key]
        expected = None if wanted == "none" else wanted
        agrees = _agrees(compare, actual, expected) if compare else view(actual) == expected
        if not agrees:
            differences.append(Difference(key, expected, view(actual)))
    return VectorOutcome(kind, str(example.get("id", "")), str(example.get("name", "")), tuple(differences))


def _agrees(compare: _Compare, actual: Any, expected: Any) -> bool:
    """An expectation of the wrong kind, such as a number for a list, does not agree."""
    try:
        return compare(actual, expected)
    except TypeError:
        return False
