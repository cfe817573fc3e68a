"""Treating by hand from the plan page: assessment, check-ins by telephone, unwanted effects, day questions."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2

from database.demo_clinic import FRONT_DESK
from schemas.plan import SessionStatus, Stage
from schemas.treating import AssessmentOutcome
from tests.console.conftest import NOTHING_NEW, PASSWORD, Clock, SignIn
from tests.console.staged_clinic import StagedPlans


async def test_an_assessment_names_what_it_lacks_and_keeps_every_word(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{lived_plan}/assessment"
    page = await priya.get(path)
    items = re.findall(r'name="finding-(PA-\d+)"', page.text)
    assert len(items) >= 6
    form = {
        "key": "once",
        "outcome": "suitable",
        "reasoning": "Hip flexors short.",
        "finding-PA-01": "Agreed.",
    }
    refused = await priya.post(path, data=form)
    assert refused.status_code == 422
    assert "Say what you found" in refused.text
    assert "Agreed." in refused.text
    assert "Hip flexors short." in refused.text
    whole = {f"finding-{item}": "As expected." for item in items}
    answered = await priya.post(path, data={**form, **whole, "key": "again"})
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=assessed"
    made = plans.states[lived_plan].assessment
    assert made is not None
    assert made.outcome is AssessmentOutcome.suitable


async def test_the_front_desk_writes_down_a_check_in_given_by_telephone(
    sign_in: SignIn, lived_plan: str, plans: StagedPlans
) -> None:
    desk = await sign_in(FRONT_DESK)
    page = await desk.get(f"/plans/{lived_plan}")
    assert "In the last 24 hours, how bad was your pain on average? 0 none, 10 worst." in page.text
    form = {"key": "call", "form": "check-in", "question": "CHK-PAIN", "value": "11", "note": "Rang at noon."}
    refused = await desk.post(f"/plans/{lived_plan}/check-ins", data=form)
    assert refused.status_code == 422
    assert "Rang at noon." in refused.text
    answered = await desk.post(f"/plans/{lived_plan}/check-ins", data={**form, "value": "2"})
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=checked-in"
    assert plans.states[lived_plan].progress.answers[-1].value == 2


async def test_an_unwanted_effect_is_reported_and_followed_up(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{lived_plan}/adverse-events"
    form = {"key": "report", "form": "effect", "grade": "1", "stops": ["STOP-01"]}
    refused = await priya.post(path, data=form)
    assert refused.status_code == 422
    assert 'value="STOP-01" checked' in refused.text
    await priya.post(path, data={**form, "description": "Bruise at the hamstring."})
    (event,) = plans.states[lived_plan].adverse
    assert event.grade == 1
    page = await priya.get(f"/plans/{lived_plan}")
    assert "Unwanted effect, grade 1 (mild)" in page.text
    form = {"key": "f", "form": f"follow-{event.id}", "note": "Gone after two days.", "resolved": "true"}
    answered = await priya.post(f"{path}/{event.id}/follow-up", data=form)
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=followed-up"
    assert plans.states[lived_plan].adverse == ()


async def test_a_yes_before_the_session_stands_the_plan_still(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    session = next(s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    clock.now = session.starts_at + timedelta(minutes=session.minutes + 5)
    await priya.post("/login", data={"email": "priya.nair@riverside.example", "password": PASSWORD})
    path = f"/plans/{lived_plan}/sessions/{session.no}/outcome"
    assert "bladder or bowel change" in (await priya.get(path)).text
    form = {"key": "day", "outcome": "attended", "pain": "3", **NOTHING_NEW, "day-DAY-02": "yes"}
    assert (await priya.post(path, data=form)).status_code == 303
    assert plans.states[lived_plan].stage is Stage.suspended


async def test_the_session_sheet_says_what_may_be_done_and_what_is_left_out_and_why(
    priya: httpx2.AsyncClient, lived_plan: str
) -> None:
    page = await priya.get(f"/plans/{lived_plan}/session-sheet")
    assert "Left out" in page.text
    assert "STOP-03" in page.text
    assert "rule pack <strong>draft: not for clinical use before sign-off</strong>" in page.text


async def test_the_session_sheet_says_no_session_yet_while_an_effect_waits_to_be_examined(
    priya: httpx2.AsyncClient, lived_plan: str
) -> None:
    form = {"key": "report", "form": "effect", "grade": "2", "description": "Pins and needles in the foot."}
    await priya.post(f"/plans/{lived_plan}/adverse-events", data=form)
    page = await priya.get(f"/plans/{lived_plan}/session-sheet")
    assert "No session yet." in page.text
    assert "first records the examination" in page.text


async def test_a_therapist_changes_a_running_plan_and_ends_it(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    form = {"key": "a", "form": "amend", "reason": "Shorter visits suit her work."}
    nothing = await priya.post(f"/plans/{lived_plan}/amend", data=form)
    assert nothing.status_code == 422
    assert "every field was left empty" in nothing.text
    assert "Shorter visits suit her work." in nothing.text
    await priya.post(
        f"/plans/{lived_plan}/amend", data={**form, "session_minutes": "30", "home_days_per_week": "3"}
    )
    protocol = plans.states[lived_plan].protocol
    assert (protocol.session_minutes, protocol.home_days_per_week) == (30, 3)
    form = {"key": "d", "form": "discharge", "reason": "Moves away."}
    answered = await priya.post(f"/plans/{lived_plan}/discharge", data=form)
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=discharged"
    assert plans.states[lived_plan].stage is Stage.discharged


async def test_screening_questions_are_asked_again_and_judged_at_once(
    sign_in: SignIn, lived_plan: str, plans: StagedPlans
) -> None:
    desk = await sign_in(FRONT_DESK)
    path = f"/plans/{lived_plan}/rescreen"
    page = await desk.get(path)
    assert "newly swollen, sore, warm" in page.text
    nothing = await desk.post(path, data={"key": "r"})
    assert nothing.status_code == 422
    wrong = await desk.post(path, data={"key": "r", "SCR-03.value": "maybe", "SCR-03.risk": ["past_clot"]})
    assert wrong.status_code == 422
    assert 'value="past_clot" checked' in wrong.text
    answered = await desk.post(path, data={"key": "r", "SCR-03.value": "yes", "SCR-03.risk": ["past_clot"]})
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=rescreened"
    assert plans.states[lived_plan].stage is Stage.suspended
