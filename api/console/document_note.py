"""A letter that ends a hold, as the record keeps it: who wrote it, when, and where the paper is. No file is kept."""

from __future__ import annotations

from datetime import date
from typing import Final

from api.console.forms import Sent
from api.problems import FieldProblem, invalid

_NEEDED: Final = {
    "document_from": "Say who wrote it: a name and where they work.",
    "document_dated": "Give the date that stands on it.",
    "document_kept": "Say where the paper is kept, so that the next person finds it.",
}


def document_note(form: Sent) -> str:
    """The note of a decision that rests on a document, from the form's fields; the therapist's own words follow.

    Raises Problem 422 that names every field that is missing, or a date to come.
    """
    given = {name: form.word(name) for name in _NEEDED}
    lacking = [FieldProblem(name, why) for name, why in _NEEDED.items() if not given[name]]
    if lacking:
        raise invalid(lacking)
    dated = _day(given["document_dated"])
    if dated is None or dated > form.at.clock.today:
        raise invalid([FieldProblem("document_dated", "Give a date that is not still to come.")])
    said = f"By {given['document_from']}, dated {form.at.clock.date(dated)}; kept: {given['document_kept']}."
    return f"{said} {form.word('reason')}".strip()


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None
