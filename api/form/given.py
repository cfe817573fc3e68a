"""What stands in a form's fields: as it was sent, or as an answer kept earlier fills them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from care.client_form import Kind, Question
from schemas.rules_form import AnswerType

DATE_PARTS = ("day", "month", "year")


@dataclass(frozen=True)
class Given:
    """The fields by name, each with all its values."""

    values: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def sent(cls, form: FormData) -> Given:
        """The fields of a form as they arrived; uploads are no answers here."""
        values: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value.replace("\x00", ""))
        return cls(values)

    def one(self, name: str) -> str:
        """One field without blanks around it; "" if it was left out."""
        return next((value.strip() for value in self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order, without empty ones and repeats."""
        return list(dict.fromkeys(value for value in self.values.get(name, ()) if value))

    def has(self, name: str, value: object) -> bool:
        """Whether this choice was made."""
        return str(value) in self.values.get(name, ())

    def day(self, name: str) -> str:
        """A date in three fields as YYYY-MM-DD; "" for none, and what was typed if it is no date."""
        parts = [self.one(f"{name}-{part}") for part in DATE_PARTS]
        if not any(parts):
            return ""
        try:
            day, month, year = (int(part) for part in parts)
            return date(year, month, day).isoformat()
        except (ValueError, OverflowError):
            return "-".join(parts)


def filled(question: Question, answer: Mapping[str, Any]) -> Given:
    """The fields as an answer kept earlier fills them."""
    values: dict[str, list[str]] = {}
    dates = _dates(question)
    for name, value in answer.items():
        if name in dates:
            year, month, day = str(value).split("-")
            parts = zip(DATE_PARTS, (day, month, year), strict=True)
            values |= {f"{name}-{part}": [number.lstrip("0")] for part, number in parts}
        elif question.kind in (Kind.text_list, Kind.ability_of_each) and isinstance(value, list):
            if question.kind is Kind.text_list and question.most is None:
                values[name] = ["\n".join(value)]
            else:
                values |= {f"{name}-{place}": [str(one)] for place, one in enumerate(value)}
        elif isinstance(value, list):
            values[name] = [str(one) for one in value]
        elif isinstance(value, bool):
            values[name] = ["yes" if value else "no"]
        else:
            values[name] = [str(value)]
    return Given(values)


def _dates(question: Question) -> frozenset[str]:
    subs = question.item.sub_questions if question.item else ()
    return frozenset(sub.field for sub in subs if sub.type is AnswerType.date)
