"""What a client answered is told in the words that they read, whoever asks about it later."""

from __future__ import annotations

from care import pack as packs
from care.answered import Answered, answered
from care.form_answers import VALUE

PACK = packs.builtin()


def test_an_operation_is_told_with_its_day_its_place_and_its_side() -> None:
    said = answered(
        PACK,
        "SCR-09",
        {
            VALUE: "yes",
            "procedure": "Knee replacement",
            "date": "2026-10-20",
            "region": ["knee"],
            "side": "left",
            "wound": "unsure",
        },
    )
    assert [one.said for one in said] == [
        "Yes",
        "Knee replacement",
        "20 October 2026",
        "Knee",
        "Not sure",
        "Left",
    ]
    assert said[0].asked == ""
    assert all(one.asked for one in said[1:])


def test_whether_a_parent_agrees_is_told_with_a_childs_age() -> None:
    assert answered(PACK, "SCR-24", {VALUE: 14, "parental": "yes"}) == (
        Answered("", "14"),
        Answered("Adult with parental responsibility agrees", "Yes"),
    )


def test_what_was_left_blank_or_is_not_asked_any_more_has_no_answer() -> None:
    assert answered(PACK, "SCR-09", {}) == ()
    assert answered(PACK, "SCR-99", {VALUE: "yes"}) == ()
