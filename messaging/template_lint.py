"""What a text to a client must never do, checked before it can be sent once.

Rules: no stop word as an invitation (`sms.md`, opt-out), no promotion (PECR), no diagnosis, treatment or body
part (rule COPY-2), clinic name first, at most two segments at the longest field values, GSM-7 only, known
fields only. Words that take another text's place use what is known when that one is sent, and keep the scale of a
question and the emergency number of a safety text. The words are data (`templates/<language>.words.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from messaging.segments import count, foreign_characters
from messaging.templates import Template, TemplateBook, read_yaml

_MOST_SEGMENTS: Final = 2


class Profile(StrEnum):
    """What kind of text it is, which decides what it may name."""

    ROUTINE = "routine"
    QUESTION = "question"
    SAFETY = "safety"


class Rule(StrEnum):
    """The linter's rules."""

    STOP_WORD = "stop-word"
    PROMOTION = "promotion"
    BODY_PART = "body-part"
    DIAGNOSIS = "diagnosis"
    TREATMENT = "treatment"
    SYMPTOM = "symptom"
    CLINIC_FIRST = "clinic-first"
    TOO_LONG = "too-long"
    ALPHABET = "alphabet"
    UNKNOWN_FIELD = "unknown-field"
    NOT_KNOWN_THEN = "not-known-then"
    NUMBER_LOST = "number-lost"


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule. `sentence` says what was found and what to do."""

    template: str
    rule: Rule
    sentence: str

    def __str__(self) -> str:
        return f"{self.template}: {self.rule.value}: {self.sentence}"


# A question asks after symptoms and home work; a safety text must name what could be an emergency.
_PRIVATE_WORDS: Final[dict[Profile, tuple[Rule, ...]]] = {
    Profile.ROUTINE: (Rule.BODY_PART, Rule.DIAGNOSIS, Rule.TREATMENT, Rule.SYMPTOM),
    Profile.QUESTION: (Rule.BODY_PART,),
    Profile.SAFETY: (),
}
_WORD_LISTS: Final = {
    Rule.PROMOTION: "promotion",
    Rule.BODY_PART: "body_parts",
    Rule.DIAGNOSIS: "diagnoses",
    Rule.TREATMENT: "treatments",
    Rule.SYMPTOM: "symptoms",
}
_REASONS: Final = {
    Rule.PROMOTION: "is promotion, which a service text may not carry. Leave it out.",
    Rule.BODY_PART: "names a part of the body. Say 'your visit' instead.",
    Rule.DIAGNOSIS: "names a diagnosis. Say 'your visit' instead.",
    Rule.TREATMENT: "names a treatment. Say 'your visit' instead.",
    Rule.SYMPTOM: "names a symptom, which only questions and safety texts may. Leave it out.",
}


_ALWAYS_KNOWN: Final = frozenset({"clinic", "phone"})
_OF_A_VISIT: Final = frozenset({"day", "time", "visits"})


def lint(
    template: Template,
    book: TemplateBook,
    profile: Profile = Profile.ROUTINE,
    instead_of: Template | None = None,
) -> tuple[Finding, ...]:
    """Every breach in `template`, in the order of the rules; empty if it may be used.

    `instead_of` is the text whose place it is to take, None for one of its own.
    """
    words = _words(book.language)
    literal = _without_fields(template.text)
    found = [
        *_unknown_fields(template, book),
        *_clinic_not_first(template),
        *_listed(literal, words, (Rule.PROMOTION, *_PRIVATE_WORDS[profile])),
        *((Rule.STOP_WORD, sentence) for sentence in words.invitations(literal)),
        *_alphabet(literal),
        *_length(template, book),
        *(_replacing(template, instead_of, book, profile) if instead_of is not None else ()),
    ]
    return tuple(Finding(template.name, rule, sentence) for rule, sentence in found)


def profile_of(text_id: str) -> Profile:
    """The profile of a text by its id: CHK-… are questions, MSG-… safety texts, all others routine."""
    prefix = text_id.partition("-")[0]
    return {"CHK": Profile.QUESTION, "MSG": Profile.SAFETY}.get(prefix, Profile.ROUTINE)


@dataclass(frozen=True, slots=True)
class _Words:
    lists: dict[Rule, re.Pattern[str]]
    shouted: re.Pattern[str]
    asked_for: re.Pattern[str]
    emergency_numbers: frozenset[str]

    def invitations(self, literal: str) -> Iterable[str]:
        for pattern in (self.shouted, self.asked_for):
            for match in pattern.finditer(literal):
                yield f"'{match[0].strip()}' invites a word Twilio acts on. Ask for a number instead."


@cache
def _words(language: str) -> _Words:
    source = read_yaml(f"{language}.words.yaml")
    keyword = "|".join(source["keywords"])
    verb = "|".join(source["asking_verbs"])
    opening = r"(?:back |with |us |the word )*[\"']?"
    alternatives = r"(?:\w+[\"']?(?:,| or)\s+[\"']?){0,3}"
    addressee = r"[\"']?\s+(?:us|you)\b"  # "help us" is no invitation
    return _Words(
        lists={
            rule: re.compile(rf"(?<!\w)(?:{'|'.join(source[name])})(?!\w)", re.IGNORECASE)
            for rule, name in _WORD_LISTS.items()
        },
        emergency_numbers=frozenset(source["emergency_numbers"]),
        shouted=re.compile(rf"\b(?:{keyword})\b"),
        asked_for=re.compile(
            rf"\b(?:{verb})\s+{opening}{alternatives}(?:{keyword})\b(?!{addressee})", re.IGNORECASE
        ),
    )


def _without_fields(text: str) -> str:
    return re.sub(r"\{\w*\}", "", text)


def _unknown_fields(template: Template, book: TemplateBook) -> Iterable[tuple[Rule, str]]:
    for field in sorted(template.fields - book.fields.keys()):
        yield Rule.UNKNOWN_FIELD, f"{{{field}}} is not a field. Known: {', '.join(sorted(book.fields))}."


def _clinic_not_first(template: Template) -> Iterable[tuple[Rule, str]]:
    if not template.text.startswith("{clinic}:"):
        yield Rule.CLINIC_FIRST, "the client must see at once who writes. Begin with '{clinic}:'."


def _listed(literal: str, words: _Words, rules: Iterable[Rule]) -> Iterable[tuple[Rule, str]]:
    for rule in rules:
        for match in words.lists[rule].finditer(literal):
            yield rule, f"'{match[0]}' {_REASONS[rule]}"


def _alphabet(literal: str) -> Iterable[tuple[Rule, str]]:
    foreign = foreign_characters(literal)
    if foreign:
        shown = " ".join(foreign)
        yield Rule.ALPHABET, f"{shown} would make every segment hold 70 characters. Use plain ones."


def _length(template: Template, book: TemplateBook) -> Iterable[tuple[Rule, str]]:
    longest = {name: field.longest for name, field in book.fields.items()}
    if template.fields - longest.keys():
        return
    counted = count(template.render(longest))
    if counted.segments > _MOST_SEGMENTS:
        yield (
            Rule.TOO_LONG,
            (
                f"{counted.segments} segments ({counted.units} units) at the longest values. "
                f"Shorten it to {_MOST_SEGMENTS} segments."
            ),
        )


def _replacing(
    template: Template, before: Template, book: TemplateBook, profile: Profile
) -> Iterable[tuple[Rule, str]]:
    known = before.fields | _ALWAYS_KNOWN | (_OF_A_VISIT if before.fields & _OF_A_VISIT else frozenset())
    for field in sorted(template.fields & book.fields.keys() - known):
        yield (
            Rule.NOT_KNOWN_THEN,
            f"{{{field}}} is not known when this text is sent. Known then: {', '.join(sorted(known))}.",
        )
    for number in sorted(_to_keep(before, book, profile) - _numbers(template)):
        yield Rule.NUMBER_LOST, f"{number} is missing, which this text must name. Keep it."


def _to_keep(before: Template, book: TemplateBook, profile: Profile) -> frozenset[str]:
    """A question's ends of the scale and whom to ring; elsewhere only whom to ring in an emergency."""
    numbers = _numbers(before)
    return numbers if profile is Profile.QUESTION else numbers & _words(book.language).emergency_numbers


def _numbers(template: Template) -> frozenset[str]:
    return frozenset(re.findall(r"\d+", _without_fields(template.text)))
