"""An alert that a check-in's number asks for (rule pack: AL-01 … AL-13)."""

from __future__ import annotations

from schemas.made import Made, made
from schemas.screening import Urgency


@made
class NumberAlert(Made):
    """One number alert: the rule, how urgent it is, and the text it sends at once, if any."""

    rule: str
    urgency: Urgency
    message: str | None = None
