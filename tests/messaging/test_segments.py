"""A text costs what Twilio bills for it: known vectors, and the count is never too low."""

from __future__ import annotations

import json
import math

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.sms_segments import segments as segments_command
from messaging.segments import Encoding, Segments, count, downgrade, foreign_characters, is_gsm7

RAINBOW_FLAG = "🏳️‍🌈"  # six UTF-16 units that read as one character

# The rows of Twilio's own calculator (tests/index.test.js of its published source), and our alphabet's traps.
VECTORS = [
    ("x" * 160, Encoding.GSM_7, 1, 160),
    ("x" * 161, Encoding.GSM_7, 2, 161),
    ("x" * 306, Encoding.GSM_7, 2, 306),
    ("x" * 307, Encoding.GSM_7, 3, 307),
    ("€" + "x" * 158, Encoding.GSM_7, 1, 160),
    ("€" + "x" * 159, Encoding.GSM_7, 2, 161),
    ("[]{}\\|~^€", Encoding.GSM_7, 1, 18),
    ("£ é ù à ñ ß Ç Ω", Encoding.GSM_7, 1, 15),
    ("😜" + "x" * 68, Encoding.UCS_2, 1, 70),
    ("😜" + "x" * 69, Encoding.UCS_2, 2, 71),
    ("😜" + "x" * 132, Encoding.UCS_2, 2, 134),
    ("😜" + "x" * 133, Encoding.UCS_2, 3, 135),
    ("🇮🇹" + "x" * 66, Encoding.UCS_2, 1, 70),
    ("🇮🇹" + "x" * 67, Encoding.UCS_2, 2, 71),
    (RAINBOW_FLAG + "x" * 64, Encoding.UCS_2, 1, 70),
    (RAINBOW_FLAG + "x" * 65, Encoding.UCS_2, 2, 71),
    ("😀" + "]" * 68, Encoding.UCS_2, 1, 70),
    ("😀" + "]" * 69, Encoding.UCS_2, 2, 71),
    ("ç" * 70, Encoding.UCS_2, 1, 70),
    ("ç" * 71, Encoding.UCS_2, 2, 71),
    ("fête", Encoding.UCS_2, 1, 4),
    ("we’ll", Encoding.UCS_2, 1, 5),
    ("10\u00a0am", Encoding.UCS_2, 1, 5),
    ("", Encoding.GSM_7, 1, 0),
]


@pytest.mark.parametrize(("text", "encoding", "segments", "units"), VECTORS)
def test_known_texts_cost_what_twilio_says(text: str, encoding: Encoding, segments: int, units: int) -> None:
    assert count(text) == Segments(encoding, segments, units)


def test_a_two_septet_character_is_not_cut_by_the_end_of_a_part() -> None:
    assert count("x" * 152 + "€" + "x" * 152).segments == 3  # 306 septets would fit two parts if it were


def test_an_emoji_is_not_cut_by_the_end_of_a_part() -> None:
    assert count("ç" * 66 + "😀" + "ç" * 66).segments == 3  # 134 units would fit two parts if it were


def test_a_lone_surrogate_from_a_broken_phone_is_counted_and_not_a_crash() -> None:
    assert count("\ud83d") == Segments(Encoding.UCS_2, 1, 1)


def test_an_endless_stack_of_accents_still_counts_every_unit() -> None:
    assert count("e" + "\u0301" * 200).segments >= math.ceil(201 / 67)


@given(st.text(max_size=700))
def test_never_undercounts(text: str) -> None:
    counted = count(text)
    utf16 = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert counted.units >= (len(text) if counted.encoding is Encoding.GSM_7 else utf16)
    alone, part = (160, 153) if counted.encoding is Encoding.GSM_7 else (70, 67)
    assert counted.segments >= (1 if counted.units <= alone else math.ceil(counted.units / part))


@given(st.text(max_size=400), st.text(max_size=20))
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert count(text + more).segments >= count(text).segments


@given(st.text(max_size=400))
def test_downgrading_is_done_once_and_never_leaves_gsm7(text: str) -> None:
    once = downgrade(text)
    assert downgrade(once) == once
    if is_gsm7(text):
        assert is_gsm7(once)


def test_smart_quotes_dashes_and_hard_spaces_are_downgraded_but_names_keep_their_letters() -> None:
    assert downgrade("“We’ll see you” – 10\u00a0am…") == '"We\'ll see you" - 10 am...'
    assert downgrade("Françoise") == "Françoise"
    assert foreign_characters("Françoise’s façade") == ("ç", "’")


def test_the_command_prints_one_json_document() -> None:
    app = typer.Typer()
    app.command()(segments_command)
    printed = CliRunner().invoke(app, ["Price: 5 €", "--json"])
    assert json.loads(printed.stdout) == {"encoding": "GSM-7", "segments": 1, "units": 11}


def test_the_command_names_the_characters_that_make_a_text_dear() -> None:
    app = typer.Typer()
    app.command()(segments_command)
    assert "’" in CliRunner().invoke(app, ["we’ll ring"]).stdout
