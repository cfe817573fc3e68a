"""Every text a client can get is short, private, plainly from the clinic, and never asks for a stop word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from messaging.segments import Encoding, count
from messaging.template_lint import Profile, Rule, lint, profile_of
from messaging.templates import Template, TemplateError, load, read_yaml

BOOK = load()
VERSIONS = Path(__file__).with_name("template_versions.yaml")
PACKS = [
    path
    for path in sorted((Path(__file__).parents[2] / "care" / "rules").glob("**/*.yaml"))
    if "questions" in (yaml.safe_load(path.read_text()).get("sms_checkins") or {})
]
LONDON = ZoneInfo("Europe/London")
LONGEST = {name: field.longest for name, field in BOOK.fields.items()}


def test_the_clinics_own_texts_break_no_rule() -> None:
    said = {words for text in BOOK.templates.values() for words in (text, text.for_one_way())}
    assert [str(finding) for words in said for finding in lint(words, BOOK)] == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_the_rule_packs_texts_break_no_rule_of_their_profile(pack: Path) -> None:
    source = yaml.safe_load(pack.read_text())
    texts = {question["id"]: question["text"] for question in source["sms_checkins"]["questions"]}
    texts |= {key: entry["text"] for key, entry in source["messages"].items() if "text" in entry}
    findings = [
        finding
        for text_id, text in texts.items()
        for finding in lint(Template(text_id, "1", text), BOOK, profile_of(text_id))
    ]
    assert [str(finding) for finding in findings] == []


@pytest.mark.parametrize("name", sorted(BOOK.templates))
def test_each_text_fits_two_plain_segments_at_its_longest(name: str) -> None:
    counted = count(BOOK[name].render(LONGEST))
    assert counted.encoding is Encoding.GSM_7
    assert counted.segments <= 2


@pytest.mark.parametrize("name", sorted(BOOK.templates))
def test_a_changed_text_takes_a_new_version(name: str) -> None:
    recorded = yaml.safe_load(VERSIONS.read_text())
    template = BOOK[name]
    assert recorded.get(name, {}).get(int(template.version)) == template.digest, (
        f"The text of {name} is not the one recorded as version {template.version}. "
        f"Raise its version and record {template.digest} in {VERSIONS.name}."
    )


def test_a_reminder_reads_as_agreed() -> None:
    fields = BOOK.visit_fields([datetime(2026, 4, 14, 9, 0, tzinfo=UTC)], LONDON)
    body = BOOK["session_reminder_72h"].render({"clinic": "Limber Leeds", "therapist": "Sam", **fields})
    assert body == (
        "Limber Leeds: Your visit is Tue 14 Apr at 10:00 with Sam. "
        "Reply 1 to confirm, 2 to change, 3 to cancel."
    )


def test_visits_on_both_sides_of_the_clock_change_read_the_same_local_time() -> None:
    """F17: the site's zone, in summer and in winter."""
    starts = [datetime(2026, 10, 20, 9, 0, tzinfo=UTC), datetime(2026, 10, 27, 10, 0, tzinfo=UTC)]
    fields = BOOK.visit_fields(starts, LONDON)
    assert fields["visits"] == "Tue 20 Oct at 10:00, Tue 27 Oct at 10:00"
    assert BOOK.visit_fields([], LONDON) == {}


@pytest.mark.parametrize("values", [{"clinic": "Limber"}, {"clinic": "Limber", "phone": "  "}])
def test_a_text_with_a_hole_in_it_is_not_rendered(values: dict[str, str]) -> None:
    with pytest.raises(TemplateError, match="phone"):
        BOOK["plan_resumed"].render(values)


def test_a_name_keeps_its_accents_and_loses_its_smart_apostrophe_and_line_breaks() -> None:
    template = Template("hello", "1", "{clinic}: {therapist}")
    assert template.render({"clinic": "O’Connor\nPhysio", "therapist": "Siân"}) == "O'Connor Physio: Siân"


def test_a_value_with_braces_is_only_text() -> None:
    assert Template("hello", "1", "{clinic}").render({"clinic": "{phone}"}) == "{phone}"


@pytest.mark.parametrize("text", ["{clinic.name}", "{0}", "{}", "{clinic!r}", "{clinic:>9}", "{clinic", "}"])
def test_only_plain_fields_are_fields(text: str) -> None:
    with pytest.raises(TemplateError):
        Template("bad", "1", text)


def test_an_unknown_template_or_language_is_named_with_a_way_out() -> None:
    with pytest.raises(TemplateError, match="session_moved"):
        BOOK["session_move"]
    with pytest.raises(TemplateError, match=r"tlh\.yaml"):
        load("tlh")


def test_two_texts_under_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "xx.yaml").write_text("a: 1\na: 2\n")
    monkeypatch.setattr("messaging.templates.files", lambda _package: tmp_path)
    with pytest.raises(TemplateError, match="a is there twice"):
        read_yaml("xx.yaml")


BAD_TEXTS = [
    ("{clinic}: Reply CANCEL to cancel.", Rule.STOP_WORD),
    ("{clinic}: reply with stop to end these texts.", Rule.STOP_WORD),
    ("{clinic}: Text 'quit' to us if this is wrong.", Rule.STOP_WORD),
    ("{clinic}: Reply yes to confirm.", Rule.STOP_WORD),
    ("{clinic}: Reply YES or NO.", Rule.STOP_WORD),
    ("{clinic}: Reply 1, 2 or cancel.", Rule.STOP_WORD),
    ("{clinic}: Send the word help for help.", Rule.STOP_WORD),
    ("{clinic}: This week 20% off all visits.", Rule.PROMOTION),
    ("{clinic}: Refer a friend for a free session.", Rule.PROMOTION),
    ("{clinic}: Your knee visit is at {time}.", Rule.BODY_PART),
    ("{clinic}: Your lower back class is at {time}.", Rule.BODY_PART),
    ("{clinic}: About your sciatica.", Rule.DIAGNOSIS),
    ("{clinic}: Your stretching visit is at {time}.", Rule.TREATMENT),
    ("{clinic}: After your surgery we will ring.", Rule.TREATMENT),
    ("{clinic}: How is your pain?", Rule.SYMPTOM),
    ("Your visit at {clinic} is at {time}.", Rule.CLINIC_FIRST),
    ("{clinic}: We’ll ring you.", Rule.ALPHABET),
    ("{clinic}: Dear {firstname}", Rule.UNKNOWN_FIELD),
    ("{clinic}: " + "We will ring you. " * 17, Rule.TOO_LONG),
]


@pytest.mark.parametrize(("text", "rule"), BAD_TEXTS)
def test_the_linter_refuses(text: str, rule: Rule) -> None:
    assert rule in {finding.rule for finding in lint(Template("draft", "1", text), BOOK)}


@pytest.mark.parametrize(
    "text",
    [
        "{clinic}: Reply 1 to confirm, 2 to change, 3 to cancel.",
        "{clinic}: We will ring you back soon. Please come back to us.",
        "{clinic}: Your visit on {day} at {time} is cancelled.",
        "{clinic}: Send us your answer and help us help you.",
        "{clinic}: Please reply or ring {phone}. Nothing will end before then.",
    ],
)
def test_the_linter_lets_plain_words_pass(text: str) -> None:
    assert lint(Template("draft", "1", text), BOOK) == ()


ASKED = Template("CHK-PAIN", "1", "{clinic}: How bad was your pain? 0 none, 10 worst. Emergency? 999")
ADVICE = Template("MSG-111", "1", "{clinic}: Call 111 or your GP. If it gets worse call 999.")
MOVED = Template("session_moved", "1", "{clinic}: Your visit is now {day} at {time}.")
REWORDED = [
    (ASKED, "{clinic}: Your pain from 0 to 10? Emergency? 999", set()),
    (ASKED, "{clinic}: Your pain from 1 to 5? Emergency? 999", {Rule.NUMBER_LOST}),
    (ASKED, "{clinic}: Your pain from 0 to 10?", {Rule.NUMBER_LOST}),
    (ADVICE, "{clinic}: Ring your GP, and 999 if it gets worse.", set()),
    (ADVICE, "{clinic}: Ring 111 if it gets worse.", {Rule.NUMBER_LOST}),
    (MOVED, "{clinic}: Your visit has moved. Next: {visits}. Questions? {phone}.", set()),
    (MOVED, "{clinic}: {therapist} sees you {day} at {time}.", {Rule.NOT_KNOWN_THEN}),
    (ADVICE, "{clinic}: Call 999. Your visit on {day} is off.", {Rule.NOT_KNOWN_THEN}),
]


@pytest.mark.parametrize(("before", "text", "rules"), REWORDED)
def test_other_words_keep_scale_and_emergency_number_and_use_what_is_known(
    before: Template, text: str, rules: set[Rule]
) -> None:
    found = lint(before.reworded("2", text), BOOK, profile_of(before.name), before)
    assert {finding.rule for finding in found} == rules


def test_only_questions_and_safety_texts_may_name_symptoms() -> None:
    symptom = Template("draft", "1", "{clinic}: How bad was your pain?")
    assert lint(symptom, BOOK, Profile.QUESTION) == ()
    body = Template("draft", "1", "{clinic}: A swollen leg? Call 111.")
    assert lint(body, BOOK, Profile.SAFETY) == ()
    assert lint(body, BOOK, Profile.QUESTION) != ()
