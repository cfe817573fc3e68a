"""Every reply is read: safety words in any text, then opting out, then the answer; the rest goes to a person."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.pack import builtin
from care.replies import read
from schemas.replies import Reading
from schemas.screening import Urgency

PACK = builtin()
quickly = settings(max_examples=200, deadline=None)


def reply(text: str, question: str | None = None) -> Reading:
    return read(PACK, text, question)


@pytest.mark.parametrize(
    ("text", "question", "value", "imprecise"),
    [
        ("3", None, 3, False),
        ("8/10", None, 8, False),
        ("8 out of 10", "CHK-PAIN", 8, False),
        ("ten out of ten", "CHK-PAIN", 10, False),
        ("about seven today", "CHK-PAIN", 7, False),
        ("7 7", "CHK-PAIN", 7, False),
        ("7.0", "CHK-PAIN", 7, False),
        ("３", "CHK-PAIN", 3, False),
        ("3️⃣", "CHK-PAIN", 3, False),
        ("😀 4!!", "CHK-PAIN", 4, False),
        ("5/7", "CHK-HOME", 5, False),
        ("3 days", "CHK-HOME", 3, False),
        ("5-6", "CHK-PAIN", 6, True),
        ("5 – 6", "CHK-PAIN", 6, True),
        ("7/8", "CHK-PAIN", 8, True),
        ("between 4 and 5", "CHK-PAIN", 5, True),
        ("7.5", "CHK-PAIN", 8, True),
        ("7½", "CHK-PAIN", 8, True),
        ("8ish", "CHK-PAIN", 8, True),
        ("3 or 12", "CHK-PAIN", 3, True),
        ("5-6", "CHK-GOAL", 5, True),
        ("7.5", "CHK-BETTER", 7, True),
        ("2-3", "CHK-HOME", 2, True),
        ("2-3", "CHK-FLARE", 3, True),
    ],
)
def test_the_number_is_found_and_of_several_the_worse_counts(
    text: str, question: str | None, value: int, imprecise: bool
) -> None:
    reading = reply(text, question)
    assert (reading.value, reading.imprecise) == (value, imprecise)
    if imprecise:
        assert reading.urgency in (Urgency.E2, Urgency.E3)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("2 weeks", "CHK-PAIN"),
        ("took 400mg at 7pm", "CHK-PAIN"),
        ("3 days", "CHK-PAIN"),
        ("no one helped", "CHK-PAIN"),
        ("see you at 14:30", None),
        ("ring me on 07700 900123", None),
        ("no", "CHK-PAIN"),
        ("running late sorry", None),
    ],
)
def test_words_and_other_measures_are_no_score_and_go_to_a_person(text: str, question: str | None) -> None:
    reading = reply(text, question)
    assert (reading.value, reading.free_text, reading.urgency) == (None, True, Urgency.E3)
    assert reading.message is None


@pytest.mark.parametrize(
    "text", ["", "   ", "👍", "11", "-3", "about 12", "10.5", "9" * 3000, "\x00", "\ud800"]
)
def test_what_cannot_be_read_is_asked_once_more(text: str) -> None:
    reading = reply(text, "CHK-PAIN")
    assert (reading.value, reading.unreadable, reading.message) == (None, True, "MSG-REASK")
    assert reading.urgency is Urgency.E3


@pytest.mark.parametrize(
    ("text", "urgency", "group", "message"),
    [
        ("10, but chest pain", "E0", "KW-CHEST", "MSG-999"),
        ("STOP I want to die", "E0", "KW-SELFHARM", "MSG-MH"),
        ("Numb b\u200bum", "E0", "KW-CES", "MSG-CES"),
        ("no feeling in my bum, can’t pee", "E0", "KW-CES", "MSG-CES"),
        ("no chest pain but chest pain when I walk", "E0", "KW-CHEST", "MSG-999"),
        ("No. Chest pain", "E0", "KW-CHEST", "MSG-999"),
        ("No pain today. Calf is swollen and hot", "E1", "KW-DVT", "MSG-DVT"),
        ("not bad but numb foot", "E2", "KW-NEURO", "MSG-CALLBACK"),
        ("went to A&E", "E1", "KW-EMERG", "MSG-111"),
        ("I don’t want to be here", "E0", "KW-SELFHARM", "MSG-MH"),
        ("HELP", "E1", "KW-EMERG", "MSG-111"),
    ],
)
def test_safety_words_are_found_wherever_they_stand(
    text: str, urgency: str, group: str, message: str
) -> None:
    reading = reply(text, "CHK-PAIN")
    assert (reading.urgency, reading.group, reading.message) == (urgency, group, message)


@pytest.mark.parametrize(
    ("text", "urgency", "group"),
    [
        ("no chest pain just a bit stiff", "E1", "KW-CHEST"),
        ("havent had any tingling", "E3", "KW-NEURO"),
        ("no numbness or tingling, 2", "E3", "KW-NEURO"),
    ],
)
def test_a_negated_word_is_lowered_one_level_and_still_read_by_a_person(
    text: str, urgency: str, group: str
) -> None:
    reading = reply(text)
    assert (reading.urgency, reading.group, reading.negated, reading.message) == (urgency, group, True, None)


def test_a_group_that_is_never_downgraded_ignores_the_negation() -> None:
    reading = reply("no thoughts of suicide")
    assert (reading.urgency, reading.negated) == (Urgency.E0, False)


def test_all_groups_found_name_the_items_to_ask_again() -> None:
    reading = reply("dizzy and my calf is swollen")
    assert reading.groups == ("KW-DVT", "KW-DIZZY", "KW-SWELL")
    assert reading.screening_items == ("SCR-03", "SCR-18", "SCR-06", "SCR-11", "SCR-21")


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop.",
        " Stop please ",
        "STOPALL",
        "unsubscribe",
        "END",
        "quit",
        "revoke",
        "opt out",
        "OPT-OUT",
        "CANCEL",
        "please stop texting me",
        "Stop sending me these messages",
        "dont text me again",
        "no more texts please",
        "take me off your list",
        "I want to opt out",
        "unsubscribe me",
    ],
)
def test_asking_to_stop_is_heard(text: str) -> None:
    assert reply(text, "CHK-PAIN").opt_out


@pytest.mark.parametrize(
    "text",
    [
        "dont stop texting me",
        "stop?",
        "cancel my session",
        "the pain did not stop",
        "please ring me at the end of the day",
        "never stop messaging, it helps",
        "I had to stop the stretch",
    ],
)
def test_a_word_inside_a_sentence_is_no_opt_out(text: str) -> None:
    assert not reply(text).opt_out


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", 1),
        ("2.", 2),
        ("Confirm!", 1),
        ("reschedule please", 2),
        ("cancel", 3),
        ("3 thanks", 3),
        ("one", 1),
    ],
)
def test_a_bare_choice_is_understood(text: str, choice: int) -> None:
    assert reply(text).choice == choice


@pytest.mark.parametrize("text", ["3?", "cancel?", "-3", "1 or 2", "should I cancel", "dont cancel", "4"])
def test_an_ambiguous_answer_chooses_nothing(text: str) -> None:
    assert reply(text).choice is None


def test_no_change_and_a_change() -> None:
    unchanged = reply("No change, thanks", "CHK-CHANGE")
    assert (unchanged.yes_no, unchanged.urgency, unchanged.rules) == (False, None, ())
    changed = reply("yes", "CHK-CHANGE")
    assert (changed.yes_no, changed.urgency, changed.rules) == (True, Urgency.E2, ("MID-4",))
    assert reply("3", "CHK-CHANGE").value is None


def test_start_restores_and_info_asks_for_help() -> None:
    assert reply("Start").opt_in
    assert reply("UNSTOP").opt_in
    assert reply("info").help


def test_a_high_score_calls_back_by_its_rule() -> None:
    reading = reply("9", "CHK-PAIN")
    assert (reading.rules, reading.urgency, reading.message) == (("AL-01",), Urgency.E2, "MSG-CALLBACK")
    assert reply("9").rules == ()


@quickly
@given(st.text(max_size=2000), st.none() | st.sampled_from(sorted(PACK.questions)))
def test_any_text_whatever_is_read_and_never_ignored(text: str, question: str | None) -> None:
    reading = reply(text, question)
    acted_on = (
        reading.opt_out or reading.opt_in or reading.help or reading.choice or reading.yes_no is not None
    )
    assert reading.urgency or acted_on or reading.value is not None
    if reading.value is not None and question:
        low, high = PACK.questions[question].range
        assert low <= reading.value <= high


@quickly
@given(
    st.text(alphabet=st.characters(codec=None), max_size=60),
    st.sampled_from(["my bum has gone numb", "I want to die"]),
)
def test_a_red_flag_is_never_drowned_by_other_words(noise: str, flag: str) -> None:
    assert reply(f"{noise} {flag} {noise}").urgency is Urgency.E0


@quickly
@given(
    st.lists(
        st.sampled_from(
            ["0", "7", "10", "12", "/", "-", ".", "½", " ", "of", "one", "days", "no", "1" * 400]
        ),
        max_size=40,
    )
)
def test_any_mixture_of_numbers_is_read(parts: list[str]) -> None:
    value = reply("".join(parts), "CHK-PAIN").value
    assert value is None or 0 <= value <= 10


def test_a_reply_is_read_in_well_under_a_millisecond() -> None:
    reply("warm up")
    started = time.process_time()
    for _ in range(100):
        reply("legs feel warm and loose, 2", "CHK-PAIN")
    assert (time.process_time() - started) / 100 < 0.001


def test_a_long_text_cannot_stall_the_reader() -> None:
    worst: Any = ["chest pain " * 200, "leg " * 500, "1/" * 1000, "no " * 700, "a" * 2000, "stop the " * 250]
    started = time.process_time()
    for text in worst:
        reply(text, "CHK-PAIN")
    assert time.process_time() - started < 1.0
