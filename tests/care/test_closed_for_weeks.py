"""No alert dies silently while nobody is there: an emergency pages somebody on each day of a closure (REQ-13)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.alerts import page_again
from care.local_time import after_staffed, instant, local_day
from schemas.alerts import AlertReason
from schemas.commands import AcknowledgeAlert
from schemas.messages import TextPurpose
from schemas.protocol import ApprovalKind, SiteHours
from schemas.screening import Urgency
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan
from tests.care.test_alert_deadlines import CHAIN, raised

URGENCIES = (Urgency.E0, Urgency.E1)


def shut(first: date, days: int) -> SiteHours:
    """The clinic, closed for so many days."""
    return HOURS.but(closed_on=tuple(first + timedelta(days=offset) for offset in range(days)))


def closed_from(first: date, days: int) -> PlayedPlan:
    """Anna's plan, running, at a clinic that will close."""
    played = PlayedPlan(plan_for({}, hours=shut(first, days)), NOW)
    played.approve(ApprovalKind.start)
    return played


def page_days(played: PlayedPlan) -> list[date]:
    """The days on which somebody was paged."""
    paged = (sent.at for sent in played.sent if sent.order.purpose is TextPurpose.page)
    return [local_day(played.state.protocol.hours, at) for at in paged]


@pytest.mark.parametrize("urgency", URGENCIES)
def test_in_a_closed_fortnight_an_emergency_pages_the_next_of_the_chain_every_day(urgency: Urgency) -> None:
    """It begins on the day on which the clocks change, and stays with the chain's end until the doors open."""
    played = closed_from(date(2026, 3, 28), 17)
    played.until(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    alert = raised(played, urgency)
    opens = instant("Europe/London", date(2026, 4, 14), time(8))
    played.until(opens)
    assert played.pages[:4] == CHAIN
    assert set(played.pages[4:]) == {CHAIN[-1]}
    assert page_days(played) == [date(2026, 3, 28) + timedelta(days=day) for day in range(17)]
    now = played.alert(AlertReason.safety_words)
    assert now.contact_by == alert.contact_by, "what is counted in staffed minutes stays so"
    assert now.acknowledge_by >= alert.acknowledge_by > opens


def test_who_takes_it_on_is_left_in_peace_until_the_doors_open() -> None:
    played = closed_from(date(2026, 3, 28), 14)
    played.until(datetime(2026, 3, 28, 12, tzinfo=UTC))
    alert = raised(played, Urgency.E0)
    played.until(played.now + timedelta(days=3))
    played.must(AcknowledgeAlert(alert_id=alert.id), FRONT_DESK)
    before = len(played.pages)
    played.until(datetime(2026, 4, 13, 6, tzinfo=UTC))
    assert len(played.pages) == before == 4


@pytest.mark.parametrize("urgency", [Urgency.E2, Urgency.E3])
def test_what_pages_nobody_waits_for_the_doors(urgency: Urgency) -> None:
    played = closed_from(date(2026, 3, 28), 14)
    played.until(datetime(2026, 3, 28, 12, tzinfo=UTC))
    raised(played, urgency)
    played.until(datetime(2026, 4, 13, 6, tzinfo=UTC))
    assert played.pages == []
    assert played.alert(AlertReason.safety_words).chain_position == 0


def test_what_becomes_an_emergency_during_a_closure_pages_every_day_too() -> None:
    played = closed_from(date(2026, 3, 28), 14)
    played.until(datetime(2026, 3, 28, 12, tzinfo=UTC))
    raised(played, Urgency.E3)
    played.until(datetime(2026, 3, 30, 12, tzinfo=UTC))
    raised(played, Urgency.E0)
    played.until(datetime(2026, 4, 2, 13, tzinfo=UTC))
    assert page_days(played) == [date(2026, 3, 30) + timedelta(days=day) for day in range(4)]


def test_over_a_weekend_it_pages_every_day_and_over_a_night_it_does_not() -> None:
    played = closed_from(date(2026, 12, 1), 1)
    played.until(datetime(2026, 3, 6, 18, 30, tzinfo=UTC))
    raised(played, Urgency.E0)
    played.until(datetime(2026, 3, 9, 7, tzinfo=UTC))
    assert [day.day for day in page_days(played)] == [6, 7, 8]
    weekday = closed_from(date(2026, 12, 1), 1)
    weekday.until(datetime(2026, 3, 4, 18, 30, tzinfo=UTC))
    raised(weekday, Urgency.E0)
    weekday.until(datetime(2026, 3, 5, 7, tzinfo=UTC))
    assert len(weekday.pages) == 1


def test_a_plan_that_began_before_it_carried_the_number_goes_on_as_it_began() -> None:
    played = closed_from(date(2026, 3, 28), 14)
    terms = {
        urgency: one.but(page_again_after=None) for urgency, one in played.state.protocol.alert_terms.items()
    }
    played.state = played.state.but(protocol=played.state.protocol.but(alert_terms=terms))
    played.until(datetime(2026, 3, 28, 12, tzinfo=UTC))
    raised(played, Urgency.E0)
    played.until(datetime(2026, 4, 13, 6, tzinfo=UTC))
    assert len(played.pages) == 1


@given(
    minutes=st.integers(0, 275 * 24 * 60),
    closed=st.integers(0, 30),
    zone=st.sampled_from(("Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York")),
    urgency=st.sampled_from(URGENCIES),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_calendar_day_passes_over_an_emergency_that_nobody_took_on(
    minutes: int, closed: int, zone: str, urgency: Urgency
) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    hours = shut(now.date(), closed).but(zone=zone)
    protocol = plan_for({}, hours=hours).protocol
    due = after_staffed(hours, now, protocol.alert_terms[urgency].acknowledge_minutes)
    asked = page_again(protocol, urgency, now, due) or due
    assert now < asked <= due
    assert local_day(hours, asked) - local_day(hours, now) <= timedelta(days=1)
