"""Where the next sessions go: the step's interval, the plan's own weekday and wall time.

The calendar itself is in the database; what is proposed here is claimed there, and refused there if taken.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter

from care.draft import Draft
from care.local_time import instant, local, local_day
from care.same_again import same_again
from care.session_questions import sessions_ahead
from schemas.events import EventKind
from schemas.plan import SLOT_TAKING, PlanState, Session, SessionStatus, Stage
from schemas.protocol import Protocol, SiteHours
from schemas.taper import LadderStep, Step
from schemas.transition import SlotConflict

LEAD = timedelta(hours=24)
"""A session is never proposed closer than this; a person may still place one sooner (F19)."""

_DAY = timedelta(days=1)
_SECOND_DAY = 3
_REACH_DAYS = 4
_GAPS_REMEMBERED = 512
_EVERY_DAY = frozenset(range(7))
_BOOKED, _CANCELLED = SessionStatus.booked, SessionStatus.cancelled
_ACTIVE, _PLACED = Stage.active, EventKind.session_placed
_by_start = attrgetter("starts_at", "no")


def next_start(protocol: Protocol, step: Step, last: datetime, not_before: datetime) -> datetime:
    """The next session's start after `last` at a step: same wall time, the series' weekday (F16, F23).

    Of the days between the step's smallest gap and four days past its interval it takes the one nearest to the
    interval, so that one moved visit does not drag the series with it. Closed days are passed over.
    """
    hours, rung = protocol.hours, protocol.taper.rung(step)
    of_the_plan, wall = _usual_time(protocol)
    weekdays = _weekdays(of_the_plan, rung)
    wanted_days = rung.interval_days
    base = local_day(hours, last)
    weekday = base.weekday()
    while True:
        for preferred in (weekdays, _EVERY_DAY):
            for gap in _nearest_first(int(rung.min_gap_days), wanted_days, weekday, preferred):
                day = base + gap * _DAY
                start = instant(hours.zone, day, wall)
                if start >= not_before and _open_on(protocol, day):
                    return start
        base, wanted_days = base + timedelta(days=7), max(rung.interval_days, 7)


@same_again
def _usual_time(protocol: Protocol) -> tuple[int, time]:
    """The weekday and the wall time of a plan's series."""
    first = local(protocol.hours.zone, protocol.first_session_at)
    return first.weekday(), first.time()


@lru_cache(maxsize=_GAPS_REMEMBERED)
def _nearest_first(least: int, wanted: float, weekday: int, preferred: frozenset[int]) -> tuple[int, ...]:
    """How many days may lie between a session on a weekday and a preferred one, nearest to the wanted first."""
    gaps = range(least, int(wanted) + _REACH_DAYS + 1)
    fitting = [gap for gap in gaps if (weekday + gap) % 7 in preferred]
    return tuple(sorted(fitting, key=lambda gap: abs(gap - wanted)))


def _weekdays(first: int, rung: LadderStep) -> frozenset[int]:
    """The weekdays of the plan's series: its own, and at under 7 days a second one 3 days on."""
    return frozenset({first, (first + _SECOND_DAY) % 7} if rung.interval_days < 7 else {first})


def _open_on(protocol: Protocol, day: date) -> bool:
    hours = protocol.hours
    return day not in hours.closed_on and day.weekday() in _open_weekdays(hours)


@same_again
def _open_weekdays(hours: SiteHours) -> frozenset[int]:
    """Every day, where no opening times are known."""
    return frozenset([span.weekday for span in hours.spans]) or _EVERY_DAY


def first_start(protocol: Protocol, now: datetime) -> datetime:
    """The proposed first session, or the same weekday and time later where that has passed or is closed.

    An hour outside the opening times is left to the calendar, which refuses it and names others.
    """
    hours = protocol.hours
    proposed = local(hours.zone, protocol.first_session_at)
    day, start = proposed.date(), protocol.first_session_at
    while start < now + LEAD or day in hours.closed_on:
        day += timedelta(days=7)
        start = instant(hours.zone, day, proposed.time())
    return start


def ahead(state: PlanState, now: datetime) -> tuple[Session, ...]:
    """Sessions still to come, the next one first, whether or not they have a slot yet."""
    return tuple(sorted(_coming(state, now), key=_by_start))


def _coming(state: PlanState, now: datetime) -> list[Session]:
    return [s for s in sessions_ahead(state.sessions) if s.starts_at > now]


def top_up(draft: Draft) -> None:
    """Keep the agreed number of sessions booked ahead while the plan is active."""
    state, protocol = draft.state, draft.protocol
    if state.stage is not _ACTIVE:
        return
    for _ in range(protocol.booked_ahead - len(_coming(state, draft.now))):
        session = _following(draft)
        draft.put_session(session)
        draft.claim_slot(session)
        draft.event(
            _PLACED,
            f"taper_policy.ladder.{session.step}",
            session=session.no,
            starts_at=session.starts_at.isoformat(),
        )


def _following(draft: Draft) -> Session:
    state, protocol = draft.state, draft.protocol
    step = state.progress.step
    counted = [s.starts_at for s in state.sessions if s.status is not _CANCELLED]
    if counted:
        start = next_start(protocol, step, max(counted), draft.now + LEAD)
    else:
        start = first_start(protocol, draft.now)
    return Session.of(
        no=state.sessions[-1].no + 1 if state.sessions else 1,
        status=_BOOKED,
        starts_at=start,
        minutes=protocol.session_minutes,
        step=step,
        placed_at=draft.now,
    )


def respace(draft: Draft) -> tuple[Session, ...]:
    """Move the sessions ahead to the plan's new interval, keeping their numbers; returns those that moved.

    A session closer than the lead stays where it is: the client may be on the way.
    """
    protocol, now = draft.protocol, draft.now
    step = draft.state.progress.step
    coming = ahead(draft.state, now)
    numbers = {session.no for session in coming}
    counted = [s for s in draft.state.sessions if s.status is not _CANCELLED]
    last = max([s.starts_at for s in counted if s.no not in numbers], default=None)
    moved: list[Session] = []
    for session in coming:
        if session.starts_at < now + LEAD and session.status in SLOT_TAKING:
            last = session.starts_at
            continue
        start = (
            next_start(protocol, step, last, now + LEAD) if last is not None else first_start(protocol, now)
        )
        last = start
        if start == session.starts_at and session.status in SLOT_TAKING:
            draft.put_session(session.but(step=step))
            continue
        moved.append(move(draft, session.but(step=step, status=SessionStatus.booked), start))
    return tuple(moved)


def claim_again(draft: Draft) -> None:
    """Another therapist, room or length: every session ahead asks the calendar for its own time once more."""
    for session in ahead(draft.state, draft.now):
        if session.status in SLOT_TAKING:
            same_time = session.but(minutes=draft.protocol.session_minutes)
            draft.put_session(same_time)
            draft.claim_slot(same_time)


def move(draft: Draft, session: Session, start: datetime) -> Session:
    """Give a session another time: a new revision, its slot claimed, its prompts dropped."""
    draft.drop_session_prompts(session.no)
    draft.release_slot(session.no)
    moved = session.but(
        starts_at=start,
        revision=session.revision + 1,
        confirmed=False,
        minutes=draft.protocol.session_minutes,
        placed_at=draft.now,
    )
    draft.put_session(moved)
    draft.claim_slot(moved)
    draft.event(
        EventKind.session_moved,
        None,
        session=moved.no,
        was=session.starts_at.isoformat(),
        starts_at=start.isoformat(),
        revision=moved.revision,
    )
    return moved


def without_slots(state: PlanState, conflicts: tuple[SlotConflict, ...]) -> tuple[Session, ...]:
    """The sessions that the calendar refused, as sessions that still need a slot."""
    refused = {conflict.session_no for conflict in conflicts}
    return tuple(s.but(status=SessionStatus.unplaced) for s in state.sessions if s.no in refused)
