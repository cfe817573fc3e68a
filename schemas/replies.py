"""What one inbound text was read as. The text itself is stored elsewhere and never enters a reading."""

from __future__ import annotations

from schemas.made import Made, made
from schemas.screening import Urgency


@made
class Reading(Made):
    """A reply as the rule pack reads it (`sms_checkins.parser`).

    Several fields may be set at once: "1" is both a `value` and a `choice`, and "cancel" both a
    `choice` and an `opt_out`; the prompt that the reply answers decides which one counts.
    """

    value: int | None = None
    """The score, within the question's range."""
    imprecise: bool = False
    """The value is the worse of several numbers, or was rounded to the worse side; a person looks."""
    urgency: Urgency | None = None
    """The most urgent of keywords, number alerts and "a person must read this" (E3)."""
    group: str | None = None
    """The keyword group that decided the urgency."""
    groups: tuple[str, ...] = ()
    """Every keyword group found, in the pack's order."""
    message: str | None = None
    """The one automatic answer (a message id of the pack), if any."""
    negated: bool = False
    """The deciding group stood behind a negation and was lowered one level."""
    opt_out: bool = False
    opt_in: bool = False
    help: bool = False
    choice: int | None = None
    """1 confirm, 2 change, 3 cancel."""
    option: int | None = None
    """1 the first (A), 2 the second (B) of two things the client was asked to choose between."""
    yes_no: bool | None = None
    unreadable: bool = False
    """No word and no number in range: ask again once, then a person."""
    free_text: bool = False
    """Words that no rule reads: a person does."""
    rules: tuple[str, ...] = ()
    """Ids of every rule that took effect (KW-…, AL-…, DAY-…)."""
    screening_items: tuple[str, ...] = ()
    """Screening items to repeat because of the keywords."""
