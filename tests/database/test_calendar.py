"""When a therapist can see a client, in wall time, across clock changes; and why not otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from database.calendar import bookings, free_slots, propose_first
from database.demo_clinic import EVENING_THERAPIST, FRONT_DESK, HOURS, ROOM_IDS, SITE_ID, THERAPIST
from database.diary import GRID, Diary, Shift, SlotReason, Span
from database.leave import set_leave
from database.local_time import instant
from database.record import record
from schemas.plan import PlanState
from schemas.protocol import OpeningSpan, SiteHours
from schemas.transition import RecordReply
from tests.database.plan_building import NOW, TUESDAY_TEN, a_session, booking

OpenPlan = Callable[..., Awaitable[PlanState]]
LONDON = ZoneInfo("Europe/London")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return instant("Europe/London", day, time(hour, minute))


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 10, 20), 9),  # British Summer Time
        (date(2026, 10, 27), 10),  # two days after the clocks went back
        (date(2027, 3, 23), 10),
        (date(2027, 3, 30), 9),  # two days after they went forward
    ],
)
async def test_ten_on_a_tuesday_stays_ten_across_clock_changes_f16(
    engine: AsyncEngine, open_a_plan: OpenPlan, day: date, utc_hour: int
) -> None:
    plan = await open_a_plan()
    start = at(day, 10)
    assert start.astimezone(UTC).hour == utc_hour
    free = await free_slots(engine, SITE_ID, THERAPIST.id, start=at(day, 0), end=at(day, 23), minutes=45)
    walls = [slot.starts_at.astimezone(LONDON).time() for slot in free]
    assert walls[0] == time(8)
    assert walls[-1] == time(16, 30)
    assert time(10) in walls
    assert await record(engine, booking(plan, a_session(starts_at=start)), None) == RecordReply()


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (at(date(2026, 11, 10), 7), SlotReason.site_closed),
        (at(date(2026, 11, 15), 10), SlotReason.site_closed),  # a Sunday
        (at(date(2026, 12, 25), 10), SlotReason.site_closed),
        (at(date(2026, 11, 10), 18, 30), SlotReason.site_closed),  # would end after closing
        (at(date(2026, 11, 10), 12), SlotReason.outside_availability),  # would end in the lunch break
        (at(date(2026, 11, 10), 18), SlotReason.outside_availability),
        (at(date(2026, 11, 12), 10), SlotReason.therapist_away),
    ],
)
async def test_a_session_is_refused_for_the_reason_a_person_would_give(
    engine: AsyncEngine, open_a_plan: OpenPlan, start: datetime, reason: SlotReason
) -> None:
    plan = await open_a_plan()
    away = date(2026, 11, 12)
    whole_day = at(away, 0), at(away, 23, 59)
    await set_leave(
        engine, THERAPIST.id, EVENING_THERAPIST.id, *whole_day, reason="course", set_by=THERAPIST.id
    )
    (conflict,) = (await record(engine, booking(plan, a_session(starts_at=start)), None)).conflicts
    assert conflict.reason == reason
    assert len(conflict.alternatives) == 3


async def test_two_therapists_cannot_be_in_one_room(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    start = at(date(2026, 11, 10), 15)
    await record(engine, booking(await open_a_plan(), a_session(starts_at=start)), None)
    other = await open_a_plan(therapist_id=EVENING_THERAPIST.id)  # in Priya's room, not his own
    (conflict,) = (await record(engine, booking(other, a_session(starts_at=start)), None)).conflicts
    assert conflict.reason == SlotReason.room_busy
    own_room = await open_a_plan(therapist_id=EVENING_THERAPIST.id, room_id=ROOM_IDS[3])
    assert await record(engine, booking(own_room, a_session(starts_at=start)), None) == RecordReply()


async def test_a_series_that_overlaps_itself_is_refused(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    second = a_session(2, TUESDAY_TEN + timedelta(minutes=30))
    (conflict,) = (await record(engine, booking(plan, a_session(1), second), None)).conflicts
    assert (conflict.session_no, conflict.reason) == (2, SlotReason.therapist_busy)


async def test_booked_time_is_not_offered(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    await record(engine, booking(await open_a_plan(), a_session()), None)
    day = TUESDAY_TEN.date()
    free = await free_slots(engine, SITE_ID, THERAPIST.id, start=at(day, 9), end=at(day, 12), minutes=45)
    starts = [slot.starts_at for slot in free]
    assert starts == [at(day, 9), at(day, 9, 15), at(day, 10, 45), at(day, 11), at(day, 11, 15)]


async def test_the_first_session_is_proposed_near_the_time_the_client_likes(
    engine: AsyncEngine, clinic: ModuleType
) -> None:
    slot = await propose_first(
        engine, SITE_ID, THERAPIST.id, minutes=45, not_before=NOW, weekdays={2}, at=time(11)
    )
    assert slot is not None
    assert slot.starts_at == at(date(2026, 11, 4), 11)
    assert slot.room_id == ROOM_IDS[2]


async def test_another_weekday_is_proposed_when_the_wanted_one_is_never_worked(
    engine: AsyncEngine, clinic: ModuleType
) -> None:
    slot = await propose_first(
        engine, SITE_ID, EVENING_THERAPIST.id, minutes=45, not_before=NOW, weekdays={0}
    )
    assert slot is not None
    assert slot.starts_at == at(date(2026, 11, 3), 15)


async def test_nothing_is_proposed_for_someone_without_shifts(
    engine: AsyncEngine, clinic: ModuleType
) -> None:
    assert await propose_first(engine, SITE_ID, FRONT_DESK.id, minutes=45, not_before=NOW) is None


async def test_the_calendar_shows_who_is_where(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    await record(engine, booking(plan, a_session()), None)
    (shown,) = await bookings(engine, SITE_ID, TUESDAY_TEN, TUESDAY_TEN + timedelta(minutes=1))
    assert (shown.client, shown.therapist, shown.room) == ("Ada Byron", THERAPIST.name, "Room 3")
    assert await bookings(engine, SITE_ID, NOW, NOW + timedelta(days=1)) == ()
    later = TUESDAY_TEN + timedelta(days=1)
    assert await bookings(engine, SITE_ID, NOW, later, EVENING_THERAPIST.id) == ()


_ZONES = st.sampled_from(["Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns"])
_DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
_MINUTES = st.integers(0, 47).map(lambda half_hours: time(half_hours // 2, half_hours % 2 * 30))


@st.composite
def diaries(draw: st.DrawFn) -> tuple[Diary, date]:
    """A therapist with one shift on every day of the week and some time already taken."""
    zone, day = draw(_ZONES), draw(_DAYS)
    starts, ends = sorted(draw(st.lists(_MINUTES, min_size=2, max_size=2, unique=True)))
    hours = SiteHours(
        zone=zone, spans=tuple(OpeningSpan(weekday=n, opens=time(6), closes=time(22)) for n in range(7))
    )
    begin = instant(zone, day, time(0))
    busy = [
        Span(begin + timedelta(minutes=minute), begin + timedelta(minutes=minute + 40))
        for minute in draw(st.lists(st.integers(0, 1400), max_size=4))
    ]
    shifts = tuple(Shift(weekday, starts, ends, "room") for weekday in range(7))
    return Diary(hours, shifts, therapist_busy=busy), day


@given(diaries(), st.sampled_from([30, 45, 60]))
def test_what_is_offered_is_never_refused_and_never_off_the_grid_f18(
    example: tuple[Diary, date], minutes: int
) -> None:
    diary, day = example
    begin = instant(diary.hours.zone, day, time(0))
    offered = list(diary.free(Span(begin, begin + timedelta(hours=30)), minutes))
    for start, room in offered:
        assert diary.refusal(Span(start, start + timedelta(minutes=minutes)), room) is None
    assert [start for start, _ in offered] == sorted({start for start, _ in offered})
    assert all((start - begin) % GRID == timedelta() for start, _ in offered)


def test_a_site_without_opening_hours_is_always_open() -> None:
    always = Diary(HOURS.but(spans=(), closed_on=()), (Shift(6, time(3), time(5), "room"),))
    sunday = at(date(2026, 11, 15), 3)
    assert always.refusal(Span(sunday, sunday + timedelta(hours=2)), "room") is None
