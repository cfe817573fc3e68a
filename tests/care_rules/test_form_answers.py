"""An API names every answer it refuses, in a sentence; a blank is not an error; the form tells what to ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from care.intake_form import intake_form
from care.screening import screen, validate_answers
from schemas.rules import RulePack
from tests.care_rules.conftest import TODAY


def test_a_proper_form_has_no_errors(pack: RulePack, all_clear: dict[str, Any]) -> None:
    assert validate_answers(pack, all_clear, TODAY) == []


def test_blanks_are_incomplete_not_wrong(pack: RulePack) -> None:
    assert (
        validate_answers(pack, {"SCR-01": {}, "SCR-02": None, "SCR-03": {"value": "  ", "risk": []}}, TODAY)
        == []
    )


@pytest.mark.parametrize(
    ("item", "answer", "path", "said"),
    [
        ("SCR-99", {"value": "no"}, "SCR-99", "The form has no question 'SCR-99'."),
        ("SCR-01", "no", "SCR-01", "Send SCR-01 as an object"),
        (
            "SCR-01",
            {"value": "maybe"},
            "SCR-01.value",
            "choose one of no, now, not_checked, checked, unsure.",
        ),
        ("SCR-01", {"value": False}, "SCR-01.value", "send the word, not true or false"),
        ("SCR-05", {"value": ["none", "tired"]}, "SCR-05.value", "'tired' is not one of the options"),
        ("SCR-05", {"value": 3}, "SCR-05.value", "send a list of options."),
        ("SCR-07", {"value": "yes", "date": "2026-02-01"}, "SCR-07.date", "lies in the future"),
        (
            "SCR-07",
            {"value": "yes", "date": "2025-01-10"},
            "SCR-07.date",
            "more than 49 days back, and the question asks about less; check the year, or answer no.",
        ),
        (
            "SCR-08",
            {"value": "told_unstable", "date": "2025-01-10"},
            "SCR-08.date",
            "more than 366 days back",
        ),
        ("SCR-09", {"value": "yes", "date": "1926-01-10"}, "SCR-09.date", "more than 366 days back"),
        ("SCR-07", {"value": "yes", "date": "last week"}, "SCR-07.date", "YYYY-MM-DD"),
        (
            "SCR-07",
            {"value": "yes", "region": "nose"},
            "SCR-07.region",
            "'nose' is not one of the body regions",
        ),
        (
            "SCR-07",
            {"value": "yes", "side": "upper"},
            "SCR-07.side",
            "choose one of left, right, both, midline.",
        ),
        ("SCR-16", {"value": 11}, "SCR-16.value", "send a whole number from 0 to 10."),
        (
            "SCR-16",
            {"value": 3, "sharpness": "no"},
            "SCR-16.sharpness",
            "SCR-16 has no sub-question 'sharpness'.",
        ),
        (
            "SCR-17",
            {"value": ["none"], "systolic": -1},
            "SCR-17.systolic",
            "send a whole number from 50 to 300.",
        ),
        (
            "SCR-19",
            {"value": "past", "years_since_treatment": 2024},
            "SCR-19.years_since_treatment",
            "from 0 to 100.",
        ),
        ("SCR-24", {"value": "next year"}, "SCR-24.value", "send the date of birth as YYYY-MM-DD."),
        ("SCR-24", {"value": "1850-01-01"}, "SCR-24.value", "send the date of birth"),
    ],
)
def test_a_wrong_answer_is_named_with_the_way_out(
    pack: RulePack, item: str, answer: Any, path: str, said: str
) -> None:
    (error,) = validate_answers(pack, {item: answer}, TODAY)
    assert error.path == path
    assert said in error.sentence


def test_a_date_that_was_told_in_time_is_judged_as_it_is_however_old_it_has_grown(
    pack: RulePack, all_clear: dict[str, Any]
) -> None:
    operated = {"value": "yes", "procedure": "arthroscopy", "date": TODAY.isoformat(), "region": ["knee"]}
    answers = {**all_clear, "SCR-09": {**operated, "wound": "yes"}}
    later = TODAY + timedelta(days=400)
    assert validate_answers(pack, answers, TODAY) == []
    assert screen(pack, answers, later, ("lumbar",)).incomplete == ()


def test_what_a_phone_sends_is_accepted(pack: RulePack) -> None:
    answers = {
        "SCR-16": {"value": "3", "worst_24h": 4.0, "sharp": "no"},
        "SCR-13": {"value": "mild", "region": ["knee"]},
    }
    assert validate_answers(pack, answers, TODAY) == []


def test_every_item_and_option_has_words_for_people(pack: RulePack) -> None:
    form = intake_form(pack)
    assert [item.id for item in form.items] == list(pack.items)
    for item in form.items:
        for option in (*item.options, *(one for sub in item.sub_questions for one in sub.options)):
            assert option.text
            assert "_" not in option.text
    texts = {option.value: option.text for option in form.items[4].options}
    assert texts["unsure"] == "Not sure"
    assert texts["fever_or_very_unwell"].startswith("Fever, shivers")


def test_the_form_says_what_hangs_on_what_and_that_the_pack_is_a_draft(pack: RulePack) -> None:
    form = intake_form(pack)
    surgery = next(item for item in form.items if item.id == "SCR-09")
    asked = {sub.field: sub for sub in surgery.sub_questions}
    assert asked["date"].only_if == ("yes",)
    assert asked["protocol_doc"].optional
    assert surgery.asks_side
    assert form.status == "draft_needs_clinical_sign_off"
    assert (form.pack_version, form.pack_hash) == (pack.version, pack.content_hash)
