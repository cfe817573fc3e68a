"""The clinic's clock: wall times across clock changes, staffed minutes, quiet hours, the last day of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.local_time import (
    after_staffed,
    days_later,
    instant,
    is_quiet,
    local,
    local_day,
    out_of_quiet,
)
from schemas.protocol import SiteHours
from tests.care.plans import HOURS

ZONES = (
    "Pacific/Pago_Pago",
    "America/New_York",
    "UTC",
    "Europe/London",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
)
"""UTC-11 to UTC+14."""

instants = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(ZONES)


def open_in(zone: str, **changes: object) -> SiteHours:
    """The usual opening times in another zone."""
    return HOURS.but(zone=zone, **changes)


@given(zone=zones, day=st.dates(date(2025, 1, 1), date(2028, 1, 1)), hour=st.integers(0, 23))
def test_a_wall_time_belongs_to_its_own_day_in_every_zone_f18(zone: str, day: date, hour: int) -> None:
    moment = instant(zone, day, time(hour))
    assert local_day(open_in(zone), moment) == day


@pytest.mark.parametrize("zone", ZONES)
def test_the_last_minute_of_a_day_is_still_that_day_f18(zone: str) -> None:
    last = instant(zone, date(2026, 12, 31), time(23, 59))
    assert local_day(open_in(zone), last) == date(2026, 12, 31)
    assert local_day(open_in(zone), last + timedelta(minutes=1)) == date(2027, 1, 1)


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_nine_o_clock_stays_nine_o_clock_across_both_uk_clock_changes_f16(sunday: date) -> None:
    before = instant("Europe/London", sunday - timedelta(days=3), time(9))
    after = days_later(HOURS, before, 7)
    assert local("Europe/London", after).time() == time(9)
    assert abs(after - before - timedelta(days=7)) == timedelta(hours=1)


def test_a_wall_time_that_the_clock_skips_moves_forward_by_the_gap() -> None:
    assert instant("Europe/London", date(2026, 3, 29), time(1, 30)) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


@given(zone=zones, moment=instants)
def test_out_of_quiet_is_never_quiet_never_earlier_and_changes_nothing_by_day(
    zone: str, moment: datetime
) -> None:
    hours = open_in(zone)
    moved = out_of_quiet(hours, moment)
    assert not is_quiet(hours, moved)
    assert moment <= moved < moment + timedelta(hours=14)
    assert moved == moment or is_quiet(hours, moment)


def test_a_text_at_three_in_the_morning_waits_until_nine_f13() -> None:
    assert out_of_quiet(HOURS, datetime(2026, 7, 1, 2, 0, tzinfo=UTC)) == datetime(
        2026, 7, 1, 8, 0, tzinfo=UTC
    )


def test_quiet_hours_that_do_not_pass_midnight_end_the_same_day() -> None:
    hours = open_in("UTC", quiet_start=time(12), quiet_end=time(14))
    assert out_of_quiet(hours, datetime(2026, 7, 1, 13, tzinfo=UTC)) == datetime(2026, 7, 1, 14, tzinfo=UTC)
    assert not is_quiet(hours, datetime(2026, 7, 1, 14, tzinfo=UTC))


@given(moment=instants, one=st.integers(1, 3000), two=st.integers(1, 3000))
def test_staffed_minutes_add_up(moment: datetime, one: int, two: int) -> None:
    assert after_staffed(HOURS, after_staffed(HOURS, moment, one), two) == after_staffed(
        HOURS, moment, one + two
    )


def test_a_friday_evening_deadline_falls_on_monday_morning() -> None:
    friday = datetime(2026, 3, 6, 17, 50, tzinfo=UTC)
    assert after_staffed(HOURS, friday, 15) == datetime(2026, 3, 9, 8, 5, tzinfo=UTC)


def test_a_closed_day_has_no_staffed_minutes() -> None:
    thursday_before_good_friday = datetime(2026, 4, 2, 16, 50, tzinfo=UTC)
    assert after_staffed(HOURS, thursday_before_good_friday, 15) == datetime(2026, 4, 7, 7, 5, tzinfo=UTC)


def test_a_site_without_opening_hours_still_has_deadlines() -> None:
    moment = datetime(2026, 3, 6, 17, 50, tzinfo=UTC)
    assert after_staffed(HOURS.but(spans=()), moment, 15) == moment + timedelta(minutes=15)
