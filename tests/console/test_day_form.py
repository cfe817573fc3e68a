"""The day's questions on the outcome's form and on their alert's page: nothing is chosen beforehand."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest

from database.demo_clinic import FRONT_DESK, THERAPIST
from schemas.alerts import AlertReason
from schemas.plan import Session, SessionStatus, Stage
from tests.console.conftest import MORNING, NOTHING_NEW, Clock, SignIn, enter
from tests.console.staged_clinic import StagedPlan, StagedPlans
from tests.console.staged_troubles import BY_REASON, NOBODY_ACTS

VISIT = {"key": "visit", "outcome": "attended", "pain": "3", "note": "Moves freely.", **NOTHING_NEW}


@pytest.fixture
async def visit(priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock) -> Session:
    """A session that has just ended; Priya is signed in."""
    session = next(s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    clock.now = session.starts_at + timedelta(minutes=session.minutes + 5)
    await enter(priya, THERAPIST)
    return session


@pytest.fixture
async def unasked(priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock) -> str:
    """The page of the alert about a session at which DAY-01 and DAY-05 were not asked."""
    trouble = BY_REASON[AlertReason.day_not_asked]
    staged = await plans.live(lived_plan, MORNING + trouble.later, trouble.temper, trouble.happens)
    clock.now = staged.now + timedelta(minutes=2)
    await enter(priya, THERAPIST)
    alert = next(one for one in staged.state.alerts if one.reason is AlertReason.day_not_asked)
    return f"/alerts/{alert.id}"


def form_of(plan: str, session: Session) -> str:
    """Where the outcome is recorded."""
    return f"/plans/{plan}/sessions/{session.no}/outcome"


async def test_no_answer_is_chosen_before_somebody_has_given_it(
    priya: httpx2.AsyncClient, lived_plan: str, visit: Session
) -> None:
    page = (await priya.get(form_of(lived_plan, visit))).text
    for question in ("DAY-01", "DAY-02", "DAY-03", "DAY-05"):
        assert re.findall(rf'name="day-{question}" value="(\w+)"', page) == ["no", "yes", "not_asked"]
    assert not re.search(r'name="day-DAY-\d\d"[^>]*checked', page)
    assert "Pain now 0-10?" in page


@pytest.mark.parametrize("question", ["DAY-01", "DAY-02", "DAY-03", "DAY-04", "DAY-05"])
async def test_a_visit_that_leaves_a_question_without_a_word_is_refused_and_keeps_what_was_typed(
    question: str, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, visit: Session
) -> None:
    silent = {name: value for name, value in VISIT.items() if name not in (f"day-{question}",)}
    if question == "DAY-04":
        silent["pain"] = ""
    refused = await priya.post(form_of(lived_plan, visit), data=silent)
    assert refused.status_code == 422
    page = unescape(refused.text)
    assert ("Give the number" if question == "DAY-04" else f"<strong>{question}</strong>") in page
    assert "Moves freely." in page
    kept = [name for name in NOTHING_NEW if name != f"day-{question}"]
    assert all(re.search(rf'name="{name}" value="{NOTHING_NEW[name]}" checked', page) for name in kept)
    assert plans.commands == []


async def test_a_pain_and_not_asked_cannot_both_be(
    priya: httpx2.AsyncClient, lived_plan: str, visit: Session
) -> None:
    refused = await priya.post(form_of(lived_plan, visit), data=VISIT | {"day-DAY-04": "not_asked"})
    assert refused.status_code == 422
    assert "one of the two" in refused.text


async def test_not_asked_is_recorded_as_that_and_asks_the_physiotherapist(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, visit: Session
) -> None:
    open_ones = {"pain": "", "day-DAY-04": "not_asked", "day-DAY-02": "not_asked"}
    answered = await priya.post(form_of(lived_plan, visit), data=VISIT | open_ones)
    assert answered.status_code == 303
    state = plans.states[lived_plan]
    (alert,) = (one for one in state.alerts if one.reason is AlertReason.day_not_asked)
    assert (alert.session_no, alert.not_asked) == (visit.no, ("DAY-02", "DAY-04"))
    assert state.progress.scores[-1].pain is None


async def test_a_visit_with_every_answer_raises_nothing(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, visit: Session
) -> None:
    assert (await priya.post(form_of(lived_plan, visit), data=VISIT)).status_code == 303
    reasons = {one.reason for one in plans.states[lived_plan].alerts}
    assert AlertReason.day_not_asked not in reasons


async def test_who_was_not_happy_to_go_ahead_had_no_session(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, visit: Session
) -> None:
    refused = await priya.post(form_of(lived_plan, visit), data=VISIT | {"day-DAY-05": "no"})
    assert refused.status_code == 422
    assert "Record it as cancelled: no penalty." in refused.text
    assert "Moves freely." in refused.text
    assert (
        await priya.post(form_of(lived_plan, visit), data=VISIT | {"outcome": "cancelled"})
    ).status_code == 303
    session = plans.states[lived_plan].session(visit.no)
    assert session is not None and session.status is SessionStatus.cancelled


@pytest.mark.parametrize("outcome", ["no_show", "late_cancel", "cancelled"])
async def test_who_did_not_come_was_asked_nothing(
    outcome: str, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, visit: Session
) -> None:
    answered = await priya.post(form_of(lived_plan, visit), data={"key": "k", "outcome": outcome})
    assert answered.status_code == 303
    reasons = {one.reason for one in plans.states[lived_plan].alerts}
    assert AlertReason.day_not_asked not in reasons


async def test_the_alert_s_page_asks_what_was_left_open_and_nothing_else(
    priya: httpx2.AsyncClient, plans: StagedPlans, lived_plan: str, unasked: str
) -> None:
    page = (await priya.get(unasked)).text
    assert set(re.findall(r'name="day-(DAY-\d\d)"', page)) == {"DAY-01", "DAY-05"}
    assert not re.search(r'name="day-DAY-\d\d"[^>]*checked', page)
    assert f'action="{unasked}/close"' not in page
    bare = await priya.post(
        f"{unasked}/close", data={"key": "c", "outcome": "client_is_well", "note": "Is well."}
    )
    assert bare.status_code == 409
    assert "nobody asked DAY-01, DAY-05" in unescape(bare.text)


async def test_the_front_desk_rings_and_records_the_answers(
    sign_in: SignIn, plans: StagedPlans, lived_plan: str, unasked: str
) -> None:
    desk = await sign_in(FRONT_DESK)
    nothing = await desk.post(f"{unasked}/answers", data={"key": "a", "day-DAY-01": "not_asked"})
    assert nothing.status_code == 422
    assert re.search(r'name="day-DAY-01" value="not_asked" checked', nothing.text)
    form = {"key": "b", "day-DAY-01": "no", "day-DAY-05": "yes"}
    answered = await desk.post(f"{unasked}/answers", data=form)
    assert answered.headers["Location"] == f"{unasked}?said=answers"
    assert "Closed by" in (await desk.get(unasked)).text
    assert plans.states[lived_plan].stage is Stage.active


async def test_a_yes_on_the_telephone_stands_the_plan_still(
    priya: httpx2.AsyncClient, plans: StagedPlans, lived_plan: str, unasked: str
) -> None:
    await priya.post(f"{unasked}/answers", data={"key": "a", "day-DAY-01": "yes"})
    state = plans.states[lived_plan]
    assert state.stage is Stage.suspended
    (alert,) = (one for one in state.alerts if one.reason is AlertReason.day_not_asked)
    assert alert.not_asked == ("DAY-05",)


@pytest.mark.parametrize(
    ("words", "said"),
    [(None, "No answer: not known."), ("NO", "No change."), ("I tripped on the stairs", "A change.")],
)
async def test_the_sheet_shows_what_was_texted_the_day_before(
    *, words: str | None, said: str, sign_in: SignIn, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    booked = (s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    coming = min(
        (s for s in booked if s.starts_at > MORNING + timedelta(days=2)),
        key=lambda session: session.starts_at,
    )
    eve = coming.starts_at - timedelta(hours=20)

    def texts(plan: StagedPlan) -> None:
        if words is not None:
            plan.text(words)

    await plans.live(lived_plan, eve, NOBODY_ACTS, texts)
    clock.now = eve + timedelta(minutes=2)
    page = unescape((await (await sign_in(THERAPIST)).get(f"/plans/{lived_plan}/session-sheet")).text)
    assert f"the day before session {coming.no}" in page
    assert said in page
    assert words is None or f"<p>{words}</p>" in page
