"""The clinic texts mobiles only, and says plainly why it refuses any other number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.numbers import NumberRefused, Refusal, mobile


@pytest.mark.parametrize(
    "raw",
    [
        "07911 123456",
        "+44 (0)7911 123456",
        "0044 7911 123456",
        "447911123456",
        "07911\u00a0123456",
        "tel:+44-7911-123456",
        "０７９１１ １２３４５６",
    ],
)
def test_a_mobile_is_stored_in_one_form_however_it_was_typed(raw: str) -> None:
    assert mobile(raw) == "+447911123456"


def test_a_visitor_from_abroad_keeps_their_own_country_code() -> None:
    assert mobile("+33 6 12 34 56 78") == "+33612345678"
    assert mobile("06 12 34 56 78", "FR") == "+33612345678"
    assert mobile("(415) 555-2671", "US") == "+14155552671"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("020 7946 0018", Refusal.LANDLINE),
        ("01632 960001", Refusal.LANDLINE),
        ("+33 1 42 68 53 00", Refusal.LANDLINE),
        ("0909 879 0000", Refusal.PREMIUM),
        ("0871 123 4567", Refusal.PREMIUM),
        ("070 1234 5678", Refusal.PERSONAL),
        ("07640 123456", Refusal.PAGER),
        ("0800 123456", Refusal.NOT_A_MOBILE),
        ("0300 123 4567", Refusal.NOT_A_MOBILE),
        ("07911 123456 ext 5", Refusal.EXTENSION),
        ("07911123456x12", Refusal.EXTENSION),
        ("07911123456;ext=5", Refusal.EXTENSION),
        ("07911 123456 #2", Refusal.EXTENSION),
        ("0777 PHYSIOX", Refusal.LETTERS),
        ("LimberPhysio", Refusal.LETTERS),
        ("", Refusal.NOT_A_NUMBER),
        ("??", Refusal.NOT_A_NUMBER),
        ("999", Refusal.IMPOSSIBLE),
        ("07911 12345", Refusal.UNASSIGNED),
        ("07911 1234567", Refusal.IMPOSSIBLE),
        ("118118", Refusal.UNASSIGNED),
    ],
)
def test_numbers_a_text_must_not_go_to_are_refused_with_the_reason(raw: str, reason: Refusal) -> None:
    with pytest.raises(NumberRefused) as refused:
        mobile(raw)
    assert refused.value.reason is reason
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("raw", ["07700 900000", "+447700900999"])
def test_the_drama_range_is_for_the_local_gateway_only(raw: str) -> None:
    assert mobile(raw, allow_drama=True).startswith("+447700900")
    with pytest.raises(NumberRefused) as refused:
        mobile(raw)
    assert refused.value.reason is Refusal.FICTIONAL


def test_every_refusal_has_a_sentence() -> None:
    assert all(NumberRefused(reason).sentence for reason in Refusal)


@given(st.text(max_size=40) | st.from_regex(r"[+0-9 ()ext.#-]{3,20}", fullmatch=True))
def test_whatever_is_typed_gives_e164_or_a_refusal_that_keeps_the_number_to_itself(raw: str) -> None:
    try:
        accepted = mobile(raw, allow_drama=True)
    except NumberRefused as refused:
        digits = "".join(ch for ch in raw if ch.isdecimal() and ch.isascii())
        assert len(digits) < 4 or digits in "07911123456" or digits not in str(refused)  # the example
    else:
        assert accepted.startswith("+")
        assert accepted[1:].isdecimal()
        assert mobile(accepted, allow_drama=True) == accepted
