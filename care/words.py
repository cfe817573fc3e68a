"""The words of a language for reading replies, and how a text is put into the form they are matched against."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from care.rule_files import rules_file

_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´′＇‛")
_NOT_A_WORD = re.compile(r"[\W_]+")
_CLAUSE_END = re.compile(r"(?<!\d)[.!?;\n]+|[.!?;\n]+(?!\d)")
_AMBIGUOUS = re.compile(r"[?%/+£$€=<>−–-]")
_FRACTION = re.compile(r"(\d\s?)?([¼-¾⅐-⅞])")
_INVISIBLE = ("Cf", "Mn", "Me")


def plain(text: str) -> str:
    """Unicode NFKC, lower case, apostrophes and invisible characters removed; other punctuation kept."""
    spelt_out = _FRACTION.sub(_decimal, text).translate(_APOSTROPHES)
    folded = unicodedata.normalize("NFKC", spelt_out).lower()
    return "".join(char for char in folded if unicodedata.category(char) not in _INVISIBLE)


def _decimal(match: re.Match[str]) -> str:
    """ "7½" is 7.5; NFKC alone would make it 71/2."""
    whole = (match.group(1) or "0").strip()
    return f"{whole}{unicodedata.numeric(match.group(2)):.3g}".replace(f"{whole}0.", f"{whole}.", 1)


@dataclass(frozen=True)
class Said:
    """The text that keywords are matched against: words with single spaces, and which clause each is in."""

    text: str
    clauses: tuple[int, ...]

    @classmethod
    def of(cls, plain_text: str) -> Said:
        """Turn punctuation into spaces, remembering where sentences end."""
        words: list[str] = []
        clauses: list[int] = []
        for number, clause in enumerate(_CLAUSE_END.split(plain_text.replace("&", " and "))):
            spoken = _NOT_A_WORD.sub(" ", clause).split()
            words += spoken
            clauses += [number] * len(spoken)
        return cls(" ".join(words), tuple(clauses))

    def clause_before(self, start: int) -> list[str]:
        """The words before the one at character `start`, back to the beginning of its clause."""
        before = self.text[:start].split()
        place = min(len(before), len(self.clauses) - 1)
        return [
            word for word, clause in zip(before, self.clauses, strict=False) if clause == self.clauses[place]
        ]


@dataclass(frozen=True)
class Words:
    """One language's word list (`care/rules/words-<language>.yaml`)."""

    numbers: Mapping[str, int]
    number_word: re.Pattern[str]
    numbers_only_alone: frozenset[str]
    polite: frozenset[str]
    fillers: frozenset[str]
    not_scores: frozenset[str]
    counted_days: frozenset[str]
    stop: frozenset[str]
    start: frozenset[str]
    help: frozenset[str]
    stop_patterns: tuple[re.Pattern[str], ...]
    choices: Mapping[str, int]
    options: Mapping[str, int]
    yes_no: Mapping[str, bool]
    labels: Mapping[str, str]

    def label(self, option: str) -> str:
        """An option as a person reads it."""
        return self.labels.get(option, option.replace("_", " ").capitalize())

    def only_numbers_and_fillers(self, plain_text: str) -> bool:
        """Whether nothing is said beside numbers and words that add nothing."""
        said = (word for word in Said.of(plain_text).text.split() if not word.isdecimal())
        return all(word in self.fillers or word in self.polite or word in self.numbers for word in said)

    def bare(self, said: str) -> str:
        """The text without politeness: what is left of "yes please, thanks"."""
        return " ".join(word for word in said.split() if word not in self.polite)

    @staticmethod
    def unambiguous(plain_text: str) -> bool:
        """Whether a bare answer means what it says: "cancel?" asks, and "-3" is no choice."""
        return not _AMBIGUOUS.search(plain_text)


@cache
def words_for(language: str) -> Words:
    """The word list for a language tag such as `en-GB`. FileNotFoundError if there is none."""
    data = yaml.safe_load(rules_file(f"words-{language.split('-', maxsplit=1)[0].lower()}.yaml"))
    numbers = {word: value for value, word in enumerate(data["numbers"])}
    return Words(
        numbers=numbers,
        number_word=re.compile(rf"\b(?:{'|'.join(numbers)})\b"),
        numbers_only_alone=_set(data["number_words_only_alone"]),
        polite=_set(data["polite"]),
        fillers=_set(data["fillers"]),
        not_scores=_set(data["not_scores"]),
        counted_days=_set(data["counted_days"]),
        stop=_set(data["stop"]),
        start=_set(data["start"]),
        help=_set(data["help"]),
        stop_patterns=tuple(re.compile(pattern) for pattern in data["stop_patterns"]),
        choices={
            said: number for number, phrases in data["choices"].items() for said in (str(number), *phrases)
        }
        | {word: value for word, value in numbers.items() if value in data["choices"]},
        options={said: number for number, phrases in data["options"].items() for said in phrases},
        yes_no=dict.fromkeys(data["yes"], True) | dict.fromkeys(data["no"], False),
        labels=data["labels"],
    )


def _set(words: Iterable[str]) -> frozenset[str]:
    return frozenset(words)
