"""What the engine makes: values that nobody can change, quick to make, and checked when they come from outside."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from itertools import compress
from operator import attrgetter

import pytest
from pydantic import ValidationError

import schemas.orders  # noqa: F401 - all that plans are made of
from schemas.made import Made
from schemas.plan import AgendaItem, AgendaKind
from schemas.prompts import Answer, Prompt, PromptKind
from schemas.taper import OpenItems

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ANSWER = Answer(question="CHK-PAIN", at=MONDAY, value=3)
REVIEW = AgendaItem(
    key="review", kind=AgendaKind.review_due, due=MONDAY, rule="review_after", owner="therapist"
)


def _shapes() -> list[type[Made]]:
    """Every class of such values that can be imported by its name."""
    named = (getattr(sys.modules[one.__module__], one.__name__, None) is one for one in Made.__subclasses__())
    return sorted(compress(Made.__subclasses__(), named), key=attrgetter("__name__"))


@pytest.mark.parametrize("shape", _shapes(), ids=attrgetter("__name__"))
def test_every_value_has_slots_for_its_fields_and_room_for_nothing_else(shape: type[Made]) -> None:
    assert not hasattr(shape.__new__(shape), "__dict__")


def test_an_answer_once_given_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ANSWER.value = 0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del ANSWER.value
    assert ANSWER.value == 3


def test_an_answer_corrected_is_another_answer_and_the_first_stays() -> None:
    corrected = ANSWER.but(value=8)
    assert corrected == Answer(question="CHK-PAIN", at=MONDAY, value=8)
    assert type(corrected) is Answer
    assert ANSWER.value == 3
    with pytest.raises(FrozenInstanceError):
        corrected.value = 3  # type: ignore[misc]


def test_values_that_say_the_same_are_equal_and_found_under_each_other() -> None:
    assert ANSWER.but() == ANSWER
    assert {ANSWER: "told"}[ANSWER.but()] == "told"
    assert REVIEW.but(owner="lead") != REVIEW


def test_what_a_step_makes_is_what_the_class_makes() -> None:
    quick = Answer.of(question="CHK-PAIN", at=MONDAY, value=3)
    assert quick == ANSWER
    assert type(quick) is Answer
    assert Prompt.of(
        key="s1:confirm", kind=PromptKind.confirm_session, asked_at=MONDAY, expires_at=MONDAY
    ) == (Prompt(key="s1:confirm", kind=PromptKind.confirm_session, asked_at=MONDAY, expires_at=MONDAY))
    with pytest.raises(FrozenInstanceError):
        quick.value = 0  # type: ignore[misc]


def test_a_value_survives_being_copied_and_kept() -> None:
    assert pickle.loads(pickle.dumps(REVIEW)) == copy.deepcopy(REVIEW) == REVIEW


def test_what_is_left_unsaid_is_the_fields_usual_value() -> None:
    assert (REVIEW.expires, REVIEW.session_no, REVIEW.subject) == (None, None, None)


def test_a_field_that_is_missing_or_unknown_is_refused_when_a_value_is_made() -> None:
    with pytest.raises(TypeError, match="value"):
        Answer(question="CHK-PAIN", at=MONDAY)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="valeu"):
        Answer(question="CHK-PAIN", at=MONDAY, value=3, valeu=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="value"):
        Answer.of(question="CHK-PAIN", at=MONDAY)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="valeu"):
        Answer.of(question="CHK-PAIN", at=MONDAY, value=3, valeu=3)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="valeu"):
        ANSWER.but(valeu=3)


def test_what_comes_from_outside_is_checked_when_it_is_read() -> None:
    assert Answer.read_json(ANSWER.as_json()) == ANSWER
    with pytest.raises(ValidationError, match="value"):
        Answer.read({"question": "CHK-PAIN", "at": MONDAY, "value": "a lot"})
    with pytest.raises(ValidationError, match="timezone"):
        Answer.read({"question": "CHK-PAIN", "at": "2026-11-02T09:00:00", "value": 3})


def test_an_older_reader_survives_a_newer_writer_unless_its_numbers_decide() -> None:
    assert Answer.read({**ANSWER.plain(), "said_by": "voice"}) == ANSWER
    with pytest.raises(ValidationError, match="e9"):
        OpenItems.read({"e2": 1, "e9": 1})
