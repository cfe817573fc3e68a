"""A text's words, at the last moment: the clinic's templates or the rule pack's texts, in the site's zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.templates import Template, TemplateBook
from schemas.rules import RulePack


@dataclass(frozen=True)
class Wording:
    """What fills a text's fields. `therapist` is a first name, `zone` the site's."""

    clinic: str
    phone: str
    zone: ZoneInfo
    therapist: str | None = None


def template_named(name: str, book: TemplateBook, pack: RulePack) -> Template:
    """A check-in question or message of the pack by its id, else one of the clinic's own templates.

    Raises TemplateError for a name that neither has.
    """
    said = pack.questions.get(name) or pack.messages.get(name)
    return Template(name, pack.version, said.text) if said is not None else book[name]


def rendered(template: Template, book: TemplateBook, wording: Wording, starts_at: Iterable[datetime]) -> str:
    """The finished text. Raises TemplateError if the template needs a field that has no value."""
    values = {"clinic": wording.clinic, "phone": wording.phone, **book.visit_fields(starts_at, wording.zone)}
    if wording.therapist:
        values["therapist"] = wording.therapist.split()[0]
    return template.render(values)
