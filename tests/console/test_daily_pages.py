"""What a day at the clinic needs: attention, today, an outcome, an alert, deliveries, the system."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest

from database.demo_clinic import MANAGER, THERAPIST
from database.outages import note_awake
from schemas.plan import SessionStatus
from tests.console.conftest import MORNING, NOTHING_NEW, Clock, SignIn, enter
from tests.console.staged_clinic import StagedPlan, StagedPlans


async def test_an_empty_clinic_says_when_it_was_last_looked_at(priya: httpx2.AsyncClient) -> None:
    page = await priya.get("/attention")
    assert re.search(r'All is quiet\. Last looked <time id="looked">10:12:00</time>', page.text)


async def test_a_decision_waits_under_its_time_left(priya: httpx2.AsyncClient, waiting_plan: str) -> None:
    page = await priya.get("/attention")
    assert "Start of plan waits for a decision." in page.text
    assert f'href="/approvals/{waiting_plan}-1"' in page.text
    assert "All else is quiet." in page.text


async def _numb(plans: StagedPlans, plan_id: str) -> str:
    def text(plan: StagedPlan) -> None:
        plan.text("Since this morning my bum has gone numb and I cant feel when I wipe")

    staged = await plans.live(plan_id, MORNING, act=text)
    return next(alert.id for alert in staged.state.alerts if alert.urgency == "E0")


async def test_an_emergency_stands_first_and_is_closed_only_with_a_note(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    alert_id = await _numb(plans, lived_plan)
    board = await priya.get("/attention")
    assert board.text.index("E0 emergency") < board.text.index("All else is quiet")
    page = await priya.get(f"/alerts/{alert_id}")
    assert "my bum has gone numb" in page.text

    taken = await priya.post(f"/alerts/{alert_id}/take", data={"key": "take"})
    assert taken.headers["Location"] == f"/alerts/{alert_id}?said=taken-on"
    refused = await priya.post(
        f"/alerts/{alert_id}/close", data={"key": "close", "outcome": "emergency_care", "note": ""}
    )
    assert refused.status_code == 409
    assert "Write what was found and done" in refused.text
    assert 'value="emergency_care" selected' in refused.text
    closed = await priya.post(
        f"/alerts/{alert_id}/close",
        data={"key": "close-2", "outcome": "emergency_care", "note": "Seen in A&E, MRI normal."},
    )
    assert closed.headers["Location"] == "/attention?said=closed"


async def _booked(priya: httpx2.AsyncClient, plans: StagedPlans, plan_id: str, clock: Clock) -> int:
    session = next(s for s in plans.states[plan_id].sessions if s.status is SessionStatus.booked)
    clock.now = session.starts_at + timedelta(minutes=session.minutes + 5)
    await enter(priya, THERAPIST)  # a sign-in does not last until the visit
    return session.no


async def test_an_outcome_is_recorded_from_today(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    number = await _booked(priya, plans, lived_plan, clock)
    path = f"/plans/{lived_plan}/sessions/{number}/outcome"
    assert path in (await priya.get("/today")).text
    form = await priya.get(path)
    assert "Excluded." in form.text  # what the restrictions rule out is shown, and cannot be chosen
    answered = await priya.post(
        path,
        data={
            **NOTHING_NEW,
            "key": "once",
            "outcome": "attended",
            "pain": "2",
            "stiffness": "3",
            "primary": "7.5",
            "techniques": ["static", "active_assisted"],
            "note": "Moves freely.",
        },
    )
    assert answered.headers["Location"] == "/today?said=outcome"
    score = plans.states[lived_plan].progress.scores[-1]
    assert (score.session_no, score.pain, score.primary) == (number, 2, 7.5)


async def test_what_an_outcome_would_be_refused_with_is_said_before_anything_is_typed(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    coming = next(s for s in plans.states[lived_plan].sessions if s.starts_at > MORNING)
    path = f"/plans/{lived_plan}/sessions/{coming.no}/outcome"
    refused = await priya.post(path, data={**NOTHING_NEW, "key": "early", "outcome": "attended", "pain": "2"})
    assert refused.status_code == 409
    why = re.search(r'<p class="refused-what">(.*?)</p>', refused.text)
    assert why is not None
    assert f"<span>{why[1]} <a" in (await priya.get(path)).text


@pytest.mark.parametrize("pain", ["11", "bad"])
async def test_a_score_that_cannot_be_comes_back_with_the_note(
    pain: str, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    number = await _booked(priya, plans, lived_plan, clock)
    form = {
        **NOTHING_NEW,
        "key": "once",
        "outcome": "attended",
        "pain": pain,
        "note": "Moves freely.",
        "techniques": "static",
    }
    answered = await priya.post(f"/plans/{lived_plan}/sessions/{number}/outcome", data=form)
    assert answered.status_code == 422
    assert "Moves freely." in answered.text
    assert 'value="static" checked' in answered.text


async def test_a_no_show_needs_no_scores(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    number = await _booked(priya, plans, lived_plan, clock)
    form = {"key": "once", "outcome": "no_show", "pain": "4", "techniques": "static"}
    answered = await priya.post(f"/plans/{lived_plan}/sessions/{number}/outcome", data=form)
    assert answered.headers["Location"] == "/today?said=outcome"


async def test_deliveries_say_why_each_text_went(priya: httpx2.AsyncClient, lived_plan: str) -> None:
    page = await priya.get("/deliveries")
    assert "Reminder, three days before, by rule" in page.text
    assert "No texts here." in (await priya.get("/deliveries?which=trouble")).text


async def test_the_system_says_whether_anybody_is_at_work(
    sign_in: SignIn, plans: StagedPlans, clock: Clock
) -> None:
    manager = await sign_in(MANAGER)
    assert "No worker has been at work yet." in (await manager.get("/system")).text
    await note_awake(plans.engine, MORNING - timedelta(hours=6), timedelta(minutes=3))
    await note_awake(plans.engine, MORNING, timedelta(minutes=3))
    page = await manager.get("/system")
    assert "<strong>Worker</strong> was at work a moment ago." in page.text
    outage = re.search(r'href="(/system/outages/[^"]+)"', page.text)
    assert outage is not None
    assert "Away for 6 h" in (await manager.get(outage[1])).text
