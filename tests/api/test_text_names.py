"""No code of a text reaches a reader: each has a name in plain words."""

from __future__ import annotations

from api.text_words import NAMES, name_of
from care.pack import builtin
from messaging.templates import DEFAULT_LANGUAGE, load


def test_every_text_has_a_name() -> None:
    pack = builtin()
    assert {*load(DEFAULT_LANGUAGE).templates, *pack.questions, *pack.messages} == set(NAMES)


def test_two_texts_never_share_a_name() -> None:
    assert len(set(NAMES.values())) == len(NAMES)


def test_a_text_of_another_pack_goes_by_its_code() -> None:
    assert name_of("winter_notice") == "winter notice"
