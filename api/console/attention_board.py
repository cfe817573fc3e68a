"""The home page's rows: what needs a person, grouped by the time that is left, each a sentence with one button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from api.attention_words import sentence_and_step
from api.console import words
from api.console.moments import SiteClock
from api.console.permissions import Act
from api.rule_words import About
from database.approvals import ApprovalView
from database.attention import AttentionItem, AttentionKind
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency

_SOON: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)


class Reader(Protocol):
    """Who looks at the board: what is theirs, what they may do, and what stands beside an owner's name for them."""

    def may(self, act: Act) -> bool:
        """Whether they may do this."""

    def is_mine(self, owner_id: str | None) -> bool:
        """Whether it waits for them."""

    def whose(self, owner_id: str | None) -> str:
        """That it is they, or who stands in."""


class TimeLeft(StrEnum):
    """The groups of the page, in order."""

    now = "Now"
    today = "Today"
    this_week = "This week"
    later = "Later"


@dataclass(frozen=True)
class Row:
    """One line. `mark` is the icon and colour: an urgency, or what kind of thing it is.

    `href` is where the next step is taken; None for a reader whose roles do not open that page. `reveals` is the
    plan whose client is to be phoned: showing the number is a request that is put on record. `about` is what the rule
    of an alert or of a hold is about, for who may read screening.
    """

    id: str
    mark: str
    mark_words: str
    client: str | None
    sentence: str
    next_step: str
    clock: str
    since: str
    overdue: bool
    owner: str
    whose: str
    mine: bool
    action: str
    href: str | None
    reveals: str | None = None
    about: str | None = None


_MARKS: Final[Mapping[AttentionKind, tuple[str, str]]] = MappingProxyType(
    {
        AttentionKind.approval_overdue: ("decision", "Decision"),
        AttentionKind.text_unknown: ("text", "Text"),
        AttentionKind.text_failed: ("text", "Text"),
        AttentionKind.text_stuck: ("text", "Text"),
        AttentionKind.inbound_unmatched: ("text", "Text"),
        AttentionKind.inbound_waiting: ("text", "Text"),
        AttentionKind.plan_without_next: ("engine", "System"),
        AttentionKind.plan_late: ("engine", "System"),
        AttentionKind.plan_unstarted: ("engine", "System"),
        AttentionKind.staff_untold: ("text", "Mail"),
        AttentionKind.worker_asleep: ("engine", "System"),
        AttentionKind.form_link_failed: ("text", "Text"),
        AttentionKind.form_link_unknown: ("text", "Text"),
    }
)

_OPENS_FOR: Final[Mapping[AttentionKind, Act]] = MappingProxyType(
    {
        AttentionKind.inbound_waiting: Act.see_system,
        AttentionKind.worker_asleep: Act.see_system,
        AttentionKind.form_link_failed: Act.open_intakes,
        AttentionKind.form_link_unknown: Act.open_intakes,
    }
)
"""Whom a next step's page opens for, where that is not everybody."""

_PHONED: Final = frozenset({AttentionKind.text_unknown, AttentionKind.text_failed})

_BUTTONS: Final[Mapping[AttentionKind, tuple[str, str]]] = MappingProxyType(
    {
        AttentionKind.alert: ("Open", "/alerts/{subject}"),
        AttentionKind.approval_overdue: ("Review", "/approvals/{subject}"),
        AttentionKind.text_unknown: ("Phone", "/plans/{plan}"),
        AttentionKind.text_failed: ("Phone", "/plans/{plan}"),
        AttentionKind.text_stuck: ("Look", "/deliveries"),
        AttentionKind.inbound_unmatched: ("Read", "/deliveries"),
        AttentionKind.inbound_waiting: ("Look", "/system"),
        AttentionKind.plan_without_next: ("Open", "/plans/{plan}"),
        AttentionKind.plan_late: ("Open", "/plans/{plan}"),
        AttentionKind.plan_unstarted: ("Open", "/plans/{plan}"),
        AttentionKind.staff_untold: ("Open", "/plans/{plan}"),
        AttentionKind.worker_asleep: ("Look", "/system"),
        AttentionKind.form_link_failed: ("Open", "/clients/forms/{subject}"),
        AttentionKind.form_link_unknown: ("Open", "/clients/forms/{subject}"),
    }
)


def board(
    items: Iterable[AttentionItem],
    approvals: Iterable[ApprovalView],
    clock: SiteClock,
    reader: Reader,
    about: About,
) -> dict[TimeLeft, list[Row]]:
    """Every group that has rows, in order of the time left; inside a group the most urgent first."""
    found: list[tuple[datetime, Urgency | None, Row]] = [
        (one.deadline, one.urgency, _row(one, clock, reader, about)) for one in items
    ]
    found += [
        (one.due_at, None, _decision(one, clock, reader, about))
        for one in approvals
        if one.due_at > clock.now and not one.escalations  # the others are among the items, as overdue
    ]
    found.sort(key=lambda entry: ((entry[1] or Urgency.E3).rank, entry[0], entry[2].id))
    groups: dict[TimeLeft, list[Row]] = {group: [] for group in TimeLeft}
    for deadline, urgency, row in found:
        groups[_group(deadline, urgency, clock)].append(row)
    return {group: rows for group, rows in groups.items() if rows}


def _group(deadline: datetime, urgency: Urgency | None, clock: SiteClock) -> TimeLeft:
    if urgency is Urgency.E0 or deadline <= clock.now + _SOON:
        return TimeLeft.now
    if clock.local(deadline).date() == clock.today:
        return TimeLeft.today
    return TimeLeft.this_week if deadline <= clock.now + _WEEK else TimeLeft.later


def _row(item: AttentionItem, clock: SiteClock, reader: Reader, about: About) -> Row:
    sentence, next_step = sentence_and_step(item)
    action, href = _BUTTONS[item.kind]
    mark, mark_words = _mark(item)
    return Row(
        id=f"{item.kind}-{item.subject}",
        mark=mark,
        mark_words=mark_words,
        client=words.initials(item.client) if item.client else None,
        sentence=sentence,
        next_step=next_step,
        clock=_due(item.deadline, clock),
        since=clock.ago(item.since),
        overdue=item.overdue(clock.now),
        owner=item.owner or words.ROLES[item.role],
        whose=reader.whose(item.owner_id),
        mine=reader.is_mine(item.owner_id),
        action=action,
        href=href.format(subject=item.subject, plan=item.plan_id) if _opens(item.kind, reader) else None,
        reveals=item.plan_id if item.kind in _PHONED and reader.may(Act.see_contact) else None,
        about=about(item.rule) if item.kind is AttentionKind.alert and item.rule else None,
    )


def _opens(kind: AttentionKind, reader: Reader) -> bool:
    return reader.may(_OPENS_FOR.get(kind, Act.read_plans))


def _mark(item: AttentionItem) -> tuple[str, str]:
    if item.urgency is not None:
        return item.urgency.value.lower(), f"{item.urgency} {words.URGENCIES[item.urgency].lower()}"
    return _MARKS[item.kind]


def _decision(approval: ApprovalView, clock: SiteClock, reader: Reader, about: About) -> Row:
    asked_by = approval.proposal.reasons[:1] if approval.kind is ApprovalKind.clearance else ()
    return Row(
        id=f"approval-{approval.id}",
        mark="decision",
        mark_words="Decision",
        client=words.initials(approval.client),
        sentence=_asked(approval, clock),
        next_step="Read the evidence and decide.",
        clock=_due(approval.due_at, clock),
        since=clock.ago(approval.opened_at),
        overdue=False,
        owner=approval.owner,
        whose=reader.whose(approval.owner_id),
        mine=reader.is_mine(approval.owner_id),
        action="Review",
        href=f"/approvals/{approval.id}",
        about=next(filter(None, map(about, asked_by)), None),
    )


def _asked(approval: ApprovalView, clock: SiteClock) -> str:
    runs_out = approval.proposal.runs_out
    if runs_out is not None:
        return f"A document runs out on {clock.date(runs_out)}; a new one is needed."
    return f"{words.APPROVALS[approval.kind]} waits for a decision."


def _due(deadline: datetime, clock: SiteClock) -> str:
    """A clock for what is near, a day and time for what is not."""
    if deadline <= clock.now or deadline - clock.now < timedelta(hours=3):
        return clock.left(deadline)
    return f"due {clock.at(deadline)}"
