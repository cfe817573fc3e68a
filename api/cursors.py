"""Where a page of plans ended, as a word that callers hand back unchanged."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from api.problems import FieldProblem, invalid
from database.plans import PlanCursor


def written(cursor: PlanCursor) -> str:
    """The cursor as a word."""
    return urlsafe_b64encode(f"{cursor.opened_at.isoformat()} {cursor.id}".encode()).decode().rstrip("=")


def read(word: str) -> PlanCursor:
    """The cursor that a word stands for; Problem 422 for a word that we did not write."""
    try:
        opened_at, plan_id = urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode().split(" ")
        moment = datetime.fromisoformat(opened_at)
    except ValueError:
        raise invalid([FieldProblem("cursor", "This is not a cursor of ours; begin without one.")]) from None
    if moment.tzinfo is None:
        raise invalid([FieldProblem("cursor", "This is not a cursor of ours; begin without one.")])
    return PlanCursor(moment, plan_id)
