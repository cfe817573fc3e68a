"""The clinic's own examples all come out as it expects, and a wrong one is shown with the difference."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from care.pack import builtin
from care.rule_files import rules_file
from care.vectors import VectorError, VectorKind, run_vectors

_PACK = builtin()
_DOCUMENT: dict[str, Any] = {
    "screening_test_vectors": _PACK.screening_test_vectors,
    "taper_policy": {"test_vectors": _PACK.taper_policy.test_vectors},
    "sms_checkins": {"keyword_tests": _PACK.sms_checkins.keyword_tests},
}


@pytest.mark.parametrize("outcome", run_vectors(_PACK, _DOCUMENT), ids=lambda one: f"{one.kind}:{one.id}")
def test_the_example_comes_out_as_expected(outcome: Any) -> None:
    assert outcome.differences == ()


def test_the_examples_that_the_hazard_log_cites_come_out_as_expected() -> None:
    document = yaml.safe_load(rules_file("engine-examples.yaml"))
    outcomes = run_vectors(_PACK, document)
    assert {one.id for one in outcomes} == {"SV-16", "TV-04", "ENG-01", "ENG-02", "ENG-03", "ENG-04"}
    assert all(one.differences == () for one in outcomes)


def test_all_examples_of_the_pack_were_run() -> None:
    kinds = [one.kind for one in run_vectors(_PACK, _DOCUMENT)]
    assert {kind: kinds.count(kind) for kind in VectorKind} == {"screening": 15, "taper": 9, "reply": 22}


@pytest.mark.parametrize(
    ("section", "example", "field"),
    [
        ("screening", {"diff": {}, "expect": {"overall": "modify"}}, "overall"),
        ("screening", {"diff": {"SCR-02": {"value": "unsure"}}, "expect": {"from": ["gp"]}}, "from"),
        ("screening", {"diff": {}, "expect": {"restrictions_include": ["R-COMMS"]}}, "restrictions_include"),
        ("screening", {"diff": {}, "expect": {"overal": "clear"}}, "overal"),
        ("screening", {"expect": {"holds_include": ["SCR-09-c"]}}, "holds_include"),
        ("screening", {"profile": "surgical", "expect": {"overall": "clear"}}, "profile"),
        ("screening", {"condition": "old knee", "expect": {"overall": "clear"}}, "condition"),
        ("reply", {"text": "STOP", "expect": {"opt_out": False}}, "opt_out"),
        ("reply", {"text": "numb", "expect": {"urgency": None}}, "urgency"),
    ],
)
def test_an_example_that_disagrees_says_where(section: str, example: dict[str, Any], field: str) -> None:
    documents: dict[str, dict[str, Any]] = {
        "screening": {"screening_test_vectors": {"vectors": [example]}},
        "reply": {"sms_checkins.keyword_tests": [example]},
    }
    (outcome,) = run_vectors(_PACK, documents[section])
    assert [difference.field for difference in outcome.differences] == [field]


def test_a_taper_example_must_name_every_deciding_reason() -> None:
    given = dict(_PACK.taper_policy.test_vectors[-1])
    given["expect"] = {"decision": "HOLD", "reasons": ["TAP-FRZ-1", "not_D2"]}
    (outcome,) = run_vectors(_PACK, {"taper_policy": {"test_vectors": [given]}})
    assert outcome.differences[0].actual == ["TAP-FRZ-1", "not_D2", "not_D7"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"screening_test_vectors": []},
        {"sms_checkins": {"keyword_tests": [{"text": "3"}]}},
    ],
)
def test_a_document_that_cannot_be_run_is_refused(document: Any) -> None:
    with pytest.raises(VectorError):
        run_vectors(_PACK, document)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"sms_checkins": {"keyword_tests": [{"text": "3", "question": "CHK-X", "expect": {}}]}}, "question"),
        ({"taper_policy": {"test_vectors": [{"id": "TV-X", "in": {"step": "S9"}, "expect": {}}]}}, "in"),
        ({"taper_policy": {"test_vectors": [{"id": "TV-X", "expect": {}}]}}, "in"),
        (
            {
                "taper_policy": {
                    "test_vectors": [{**_PACK.taper_policy.test_vectors[0], "expect": {"reasons": 3}}]
                }
            },
            "reasons",
        ),
    ],
)
def test_an_example_that_cannot_be_run_fails_and_the_others_run(document: dict[str, Any], field: str) -> None:
    outcomes = run_vectors(_PACK, {**document, "screening_test_vectors": _PACK.screening_test_vectors})
    assert [one.differences[0].field for one in outcomes if not one.passed] == [field]
    assert sum(one.passed for one in outcomes) == 15
