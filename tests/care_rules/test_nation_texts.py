"""Whom a safety text tells the client to ring: right in each nation of the UK, and in two joined texts."""

from __future__ import annotations

import re

import pytest

from care.pack import builtin
from messaging.pack_texts import pack_text
from messaging.segments import Encoding, count
from schemas.rules_texting import Nation

PACK = builtin()
TEXTS = (*PACK.messages, *PACK.questions)


def told(name: str, nation: Nation) -> str:
    text = PACK.text_of(name, nation)
    assert text is not None
    return text


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_names_111_where_there_is_none(name: str) -> None:
    assert not re.search(r"\b111\b", told(name, Nation.northern_ireland))


def test_wherever_england_is_told_111_northern_ireland_is_told_its_own_line() -> None:
    for name in TEXTS:
        if re.search(r"\b111\b", told(name, Nation.england)):
            assert re.search(r"GP out-of-hours|0808 808 8000", told(name, Nation.northern_ireland)), name


@pytest.mark.parametrize("nation", Nation)
def test_emergencies_are_999_and_the_clinic_names_itself_in_every_nation(nation: Nation) -> None:
    for name in PACK.messages:
        england, here = told(name, Nation.england), told(name, nation)
        assert ("999" in here) == ("999" in england), name
        assert re.findall(r"\{\w+\}", here) == re.findall(r"\{\w+\}", england), name


@pytest.mark.parametrize("nation", Nation)
@pytest.mark.parametrize("name", PACK.messages)
def test_a_nations_texts_fit_in_two_joined_texts_of_plain_letters(name: str, nation: Nation) -> None:
    body = pack_text(name, PACK, nation).render({"clinic": "Riverside Physio", "phone": "020 7946 0100"})
    size = count(body)
    assert (size.encoding, size.segments <= 2) == (Encoding.GSM_7, True)


def test_wales_presses_2_for_mental_health() -> None:
    assert "press 2" in told("MSG-MH", Nation.wales)
    assert told("MSG-111", Nation.wales) == told("MSG-111", Nation.england)
