"""What a plan refuses of a time that a person names: one that only a slip of the year can mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from schemas.commands import Refusal

_FURTHEST: Final = timedelta(days=366)


def refuse_far(moment: datetime | None, now: datetime) -> Refusal | None:
    """A visit put years ahead takes the whole series with it: the visits that follow come after it."""
    if moment is None or moment - now <= _FURTHEST:
        return None
    return Refusal(
        code="too_far_ahead",
        sentence=f"{moment:%d %b %Y} is more than a year ahead; check the year, and choose a day within a year.",
    )
