"""A letter that ends a hold, as the record keeps it: who wrote it, when, and where the paper is. No file is kept."""

from __future__ import annotations

from datetime import date
from typing import Final

from api.asked import DecisionAsked
from api.console.moments import SiteClock
from api.problems import FieldProblem, invalid
from schemas.commands import Decision
from schemas.protocol import ApprovalKind

_TO_FIND_IT: Final = {
    "document_from": "Say who wrote it: a name and where they work.",
    "document_dated": "Give the date that stands on it.",
    "document_kept": "Say where the paper is kept, so that the next person finds it.",
}
_TO_COUNT: Final = {"document_valid_until": "Give the last day on which it counts: its review date."}
_NEEDED: Final = {Decision.approve: _TO_FIND_IT | _TO_COUNT}


def decision_words(kind: ApprovalKind, asked: DecisionAsked, clock: SiteClock) -> str | None:
    """The note of a decision: the paper that it rests on, if it rests on one, then the decider's own words.

    Only a clearance rests on a paper: a yes needs all of it, a no may name the one that says so. Raises Problem 422
    that names every field that is missing, out of place, or a date to come.
    """
    given = {name: value for name in _TO_FIND_IT | _TO_COUNT if (value := getattr(asked, name)) is not None}
    if kind is not ApprovalKind.clearance:
        if given:
            raise invalid(FieldProblem(name, "Only a clearance rests on a document.") for name in given)
        return asked.reason
    needed = _NEEDED.get(asked.decision, _TO_FIND_IT if given else {})
    if lacking := [FieldProblem(name, why) for name, why in needed.items() if name not in given]:
        raise invalid(lacking)
    dated: date | None = given.get("document_dated")
    if dated is None:
        return asked.reason
    if dated > clock.today:
        raise invalid([FieldProblem("document_dated", "Give a date that is not still to come.")])
    said = [f"By {asked.document_from}, dated {clock.date(dated)}; kept: {asked.document_kept}."]
    if asked.confirmed:
        said.append(f"Confirmed: {'; '.join(asked.confirmed)}.")
    if asked.surgical_techniques:
        said.append(f"It allows {', '.join(asked.surgical_techniques).replace('_', ' ')}.")
    return " ".join([*said, *([asked.reason] if asked.reason else [])])
