"""Instants are said as people at a site say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from api.console.moments import SiteClock

NOW = datetime(2026, 4, 14, 22, 30, tzinfo=UTC)
"""Tuesday 23:30 in London: an hour later it is another day there, and the same one in UTC."""
LONDON = SiteClock("Europe/London", NOW)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(), "today 23:30"),
        (timedelta(hours=1), "tomorrow 00:30"),
        (timedelta(days=-1), "yesterday 23:30"),
        (timedelta(days=3), "Fri 17 Apr 23:30"),
        (timedelta(days=-365), "Mon 14 Apr 2025 23:30"),
    ],
)
def test_a_moment_is_named_by_the_sites_own_days(apart: timedelta, said: str) -> None:
    assert LONDON.at(NOW + apart) == said
    assert f"{LONDON.day(NOW + apart)} {LONDON.time(NOW + apart)}" == said


def test_where_nothing_may_be_left_to_guess_the_year_is_said() -> None:
    assert LONDON.exact(NOW) == "Tue 14 Apr 2026, 23:30"
    assert LONDON.date(date(2026, 12, 1)) == "Tue 1 Dec 2026"
