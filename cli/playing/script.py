"""What the people of a played plan do: how the client gets on, what goes wrong, what staff decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

from schemas.protocol import ApprovalKind

Attendance = Literal["attended", "no_show", "late_cancel"]


class AlertWork(StrEnum):
    """What staff do about a plan's alerts."""

    settled = "settled"
    taken_on = "taken_on"
    left = "left"


@dataclass(frozen=True)
class RedFlag:
    """A worrying text after a session: what the client writes, and what came of it."""

    after_session: int
    hours_later: float
    words: str
    outcome: str
    note: str
    answers: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Script:
    """One client's way through care. Sessions count from 1 in the order in which they take place.

    `weeks_to_goal` sets how fast the client gets on; `flare_after_session` makes the next weekly flare question
    answered with `flare_days`, and the pain until then with `flare_pain`. A client who does not answer leaves every
    text unanswered. Staff leave what is `undecided` open; `start_edit` is what the therapist changes when the plan
    starts, with the reason. A plan that `goes_on_waiting` lives on while it waits for somebody outside the clinic.
    """

    weeks_to_goal: float = 10
    missed: Mapping[int, Attendance] = field(default_factory=dict)
    flare_after_session: int | None = None
    flare_days: int = 3
    flare_pain: int | None = None
    red_flag: RedFlag | None = None
    techniques: tuple[str, ...] = ("active_assisted", "static")
    answers: bool = True
    undecided: frozenset[ApprovalKind] = frozenset()
    alerts: AlertWork = AlertWork.settled
    start_edit: Mapping[str, Any] | None = None
    goes_on_waiting: bool = False


ALL_GOES_WELL: Final = Script()

EVENTFUL: Final = Script(
    missed={2: "no_show"},
    flare_after_session=5,
    red_flag=RedFlag(
        after_session=3,
        hours_later=9.5,
        words="Since this morning my bum has gone numb and I cant feel when I wipe",
        outcome="seen in A&E, scan normal",
        note="Rang at once. Seen in A&E the same evening, MRI normal, feeling back. Letter is on file.",
        answers=MappingProxyType(
            {
                "SCR-02": {"value": "no"},
                "SCR-05": {"value": ["none"]},
                "SCR-15": {"value": "no"},
            }
        ),
    ),
)
"""One missed visit, one flare, one red flag: the way of the example client Anna."""


@dataclass(frozen=True)
class Feeling:
    """How the client is on a day: the share of the way to the goal, and the flare days of the last week."""

    share: float
    pain: int
    goal: int
    flare_days: int = 0


_FLARES: Final = re.compile(r"flare-up")

_ANSWERS: Final[tuple[tuple[re.Pattern[str], Callable[[Feeling], str]], ...]] = (
    (re.compile(r"Reply 1 to confirm"), lambda _: "1"),
    (re.compile(r"Any change in your health"), lambda _: "No"),
    (re.compile(r"how bad was your pain"), lambda feeling: str(feeling.pain)),
    (re.compile(r"How stiff"), lambda feeling: str(max(1, feeling.pain - 1))),
    (re.compile(r"How sore are you"), lambda feeling: str(min(3, feeling.pain))),
    (re.compile(r"main goal activity"), lambda feeling: str(feeling.goal)),
    (_FLARES, lambda feeling: str(feeling.flare_days)),
    (re.compile(r"home stretches"), lambda _: "6"),
    (re.compile(r"Compared with when you started"), lambda feeling: str(round(5 + 4 * feeling.share))),
)


def asks_about_flares(text: str) -> bool:
    """Whether a text is the question of the week about flares."""
    return _FLARES.search(text) is not None


def answer_to(text: str, feeling: Feeling) -> str | None:
    """What the client texts back, reading the words on the phone; None where nothing is asked."""
    return next((answer(feeling) for asked, answer in _ANSWERS if asked.search(text)), None)
