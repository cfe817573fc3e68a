"""The clinic's texts: plain named fields, versioned, rendered strictly.

Texts are data (`templates/<language>.yaml`); the rule pack's own texts are rendered by the same code. A field
is `{name}` and nothing else: no formats, no attributes, no logic.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from messaging.segments import downgrade

DEFAULT_LANGUAGE: Final = "en-GB"


class TemplateError(ValueError):
    """A text cannot be rendered, or is not a text Limber can use; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Template:
    """One text with its fields still open. `version` changes whenever `text` does.

    `one_way` says the same by a channel on which answers do not come back, where `text` asks for one.
    """

    name: str
    version: str
    text: str
    one_way: str | None = None

    def __post_init__(self) -> None:
        for _, field, spec, conversion in self._parts():
            if field is not None and (not field.isidentifier() or spec or conversion):
                raise TemplateError(
                    f"Template {self.name}: '{{{field}}}' is not a plain field. Write {{name}} only."
                )

    @property
    def fields(self) -> frozenset[str]:
        """The names that rendering needs."""
        return frozenset(field for _, field, _, _ in self._parts() if field is not None)

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with the text; kept beside each message that used it."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    def reworded(self, version: str, text: str) -> Template:
        """The same text in other words. Raises TemplateError if they are no template."""
        return Template(self.name, version, text, self.one_way)

    def for_one_way(self) -> Template:
        """The text for a channel that brings no answers."""
        return self if self.one_way is None else Template(self.name, self.version, self.one_way)

    def render(self, values: Mapping[str, str]) -> str:
        """The text with its fields filled in and typographic quotes and dashes made plain.

        Raises TemplateError where a field is missing or blank. Values not asked for are left unused, so that
        one set serves every text.
        """
        blank = sorted(field for field in self.fields if not values.get(field, "").strip())
        if blank:
            raise TemplateError(
                f"Template {self.name} has no value for {', '.join(blank)}. Pass every field it names."
            )
        parts = (
            literal + (" ".join(values[field].split()) if field else "")
            for literal, field, _, _ in self._parts()
        )
        return downgrade("".join(parts))

    def _parts(self) -> list[tuple[str, str | None, str | None, str | None]]:
        try:
            return list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise TemplateError(
                f"Template {self.name}: {error}. Braces mark fields, write them in pairs."
            ) from error


@dataclass(frozen=True, slots=True)
class Field:
    """What a field stands for, and the longest value it is expected to take."""

    means: str
    longest: str


@dataclass(frozen=True, slots=True)
class TemplateBook:
    """All texts of a language, with the words it needs for days and lists of visits."""

    language: str
    templates: Mapping[str, Template]
    fields: Mapping[str, Field]
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    one_visit: Template
    between_visits: str
    mail_subject: Template
    mail_footer: Template

    def __getitem__(self, name: str) -> Template:
        """The template called `name`. Raises TemplateError with the nearest names."""
        try:
            return self.templates[name]
        except KeyError:
            near = get_close_matches(name, self.templates, n=2) or sorted(self.templates)
            raise TemplateError(
                f"There is no template '{name}' in {self.language}. Known: {', '.join(near)}."
            ) from None

    def visit_fields(self, starts_at: Iterable[datetime], zone: ZoneInfo) -> dict[str, str]:
        """`day` and `time` of the first visit and `visits` for all, as the site's clocks will show them.

        `starts_at` are aware; empty gives no fields.
        """
        local = [at.astimezone(zone) for at in starts_at]
        if not local:
            return {}
        days = [{"day": self._day(at), "time": f"{at:%H:%M}"} for at in local]
        return {**days[0], "visits": self.between_visits.join(self.one_visit.render(day) for day in days)}

    def _day(self, at: datetime) -> str:
        return f"{self.weekdays[at.weekday()]} {at.day} {self.months[at.month - 1]}"


@cache
def load(language: str = DEFAULT_LANGUAGE) -> TemplateBook:
    """The texts of a language. Raises TemplateError if there are none or the file is not usable."""
    source: Any = read_yaml(f"{language}.yaml")
    return TemplateBook(
        language=source["language"],
        templates={
            name: Template(name, str(entry["version"]), entry["text"], entry.get("one_way"))
            for name, entry in source["templates"].items()
        },
        fields={name: Field(**entry) for name, entry in source["fields"].items()},
        weekdays=tuple(source["weekdays"]),
        months=tuple(source["months"]),
        one_visit=Template("visit_list", "1", source["visit_list"]["one"]),
        between_visits=source["visit_list"]["between"],
        mail_subject=Template("mail_subject", "1", source["mail"]["subject"]),
        mail_footer=Template("mail_footer", "1", source["mail"]["footer"]),
    )


@cache
def languages() -> tuple[str, ...]:
    """The languages there are texts in: one file each, found by its name."""
    found = (path.name for path in (files("messaging") / "templates").iterdir())
    return tuple(sorted(name[: -len(".yaml")] for name in found if re.fullmatch(r"[\w-]+\.yaml", name)))


def all_books() -> Mapping[str, TemplateBook]:
    """The texts of every language, by its tag."""
    return {language: load(language) for language in languages()}


def read_yaml(name: str) -> Any:
    """One of the data files beside the texts. Raises TemplateError if it is missing or names a thing twice."""
    path = files("messaging") / "templates" / name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Strict)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise TemplateError(f"There are no texts in messaging/templates/{name}. Add the file.") from None


class _Strict(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; two people may have added the same text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise TemplateError(f"{', '.join(sorted(twice))} is there twice{node.start_mark}. Keep one.")
        return super().construct_mapping(node, deep)
