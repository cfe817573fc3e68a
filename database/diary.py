"""One therapist's diary at one site: when a session may be, and why not otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from database.local_time import days, instant, local
from schemas.protocol import SiteHours

GRID = timedelta(minutes=15)
"""Offered times lie this far apart, counted from the start of the therapist's shift."""


class SlotReason(StrEnum):
    """Why a session cannot be at a time."""

    site_closed = "site_closed"
    outside_availability = "outside_availability"
    therapist_away = "therapist_away"
    therapist_busy = "therapist_busy"
    room_busy = "room_busy"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, but without, `end`."""

    start: datetime
    end: datetime

    def overlaps(self, other: Span) -> bool:
        """Whether the two share any time; one that begins as the other ends does not."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly shift in local wall time; `weekday` 0 is Monday."""

    weekday: int
    starts: time
    ends: time
    room_id: str


@dataclass(frozen=True, slots=True)
class Diary:
    """Everything that decides whether one therapist can see a client at a time."""

    hours: SiteHours
    shifts: Sequence[Shift]
    away: Sequence[Span] = ()
    therapist_busy: Sequence[Span] = ()
    room_busy: Sequence[tuple[str, Span]] = ()

    def refusal(self, span: Span, room_id: str) -> SlotReason | None:
        """Why the therapist cannot use the room then; None if they can."""
        checks = (
            (SlotReason.site_closed, not self._open(span)),
            (SlotReason.outside_availability, not self._on_shift(span)),
            (SlotReason.therapist_away, any(span.overlaps(one) for one in self.away)),
            (SlotReason.therapist_busy, any(span.overlaps(one) for one in self.therapist_busy)),
            (
                SlotReason.room_busy,
                any(room == room_id and span.overlaps(one) for room, one in self.room_busy),
            ),
        )
        return next((reason for reason, holds in checks if holds), None)

    def free(self, within: Span, minutes: int, room_id: str | None = None) -> Iterator[tuple[datetime, str]]:
        """Free starts with their room, in order; the room is the shift's own unless one is asked for."""
        length = timedelta(minutes=minutes)
        for day in days(self.hours.zone, within.start, within.end):
            for shift in sorted(self.shifts, key=lambda one: one.starts):
                if shift.weekday != day.weekday():
                    continue
                start = instant(self.hours.zone, day, shift.starts)
                last = min(instant(self.hours.zone, day, shift.ends), within.end) - length
                while start <= last:
                    room = room_id or shift.room_id
                    if start >= within.start and self.refusal(Span(start, start + length), room) is None:
                        yield start, room
                    start += GRID

    def _open(self, span: Span) -> bool:
        """Inside one opening span of an open day; a site without opening hours is always open."""
        starts, ends = local(self.hours.zone, span.start), local(self.hours.zone, span.end)
        if starts.date() in self.hours.closed_on:
            return False
        return not self.hours.spans or any(
            one.weekday == starts.weekday()
            and starts.date() == ends.date()
            and one.opens <= starts.time()
            and ends.time() <= one.closes
            for one in self.hours.spans
        )

    def _on_shift(self, span: Span) -> bool:
        starts, ends = local(self.hours.zone, span.start), local(self.hours.zone, span.end)
        return starts.date() == ends.date() and any(
            one.weekday == starts.weekday() and one.starts <= starts.time() and ends.time() <= one.ends
            for one in self.shifts
        )
