"""A text that staff caused waits a moment, and the one who caused it can take it back."""

from __future__ import annotations

import re

import httpx2

from database import outbox
from database.demo_clinic import DUTY
from database.outbox import Words
from schemas.messages import Audience, MessageStatus, TextPurpose
from schemas.plan import Stage
from tests.console.conftest import MORNING, SignIn
from tests.console.staged_clinic import StagedPlans


async def _held(priya: httpx2.AsyncClient, plan_id: str) -> tuple[str, str]:
    """Hold the plan; the page's text key and the page."""
    form = {"key": "once", "form": "hold", "reason": "Two weeks of holiday."}
    await priya.post(f"/plans/{plan_id}/hold", data=form)
    page = (await priya.get(f"/plans/{plan_id}")).text
    key = re.search(r'name="text" value="([^"]+)"', page)
    assert key is not None
    return key[1], page


async def _status(plans: StagedPlans, plan_id: str, key: str) -> MessageStatus:
    texts = await outbox.texts_of_plan(plans.engine, plan_id)
    return next(one.status for one in texts if one.key == key)


async def test_a_text_is_taken_back_and_the_plan_stays_as_decided(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    key, page = await _held(priya, lived_plan)
    assert "the visits are paused. It goes out 10:12:10 or later." in page
    taken = await priya.post(f"/plans/{lived_plan}/texts/undo", data={"text": key})
    assert taken.headers["Location"] == f"/plans/{lived_plan}?said=undone"
    assert await _status(plans, lived_plan, key) is MessageStatus.suppressed
    assert plans.states[lived_plan].stage is Stage.suspended
    after = (await priya.get(f"/plans/{lived_plan}")).text
    assert "The member of staff who caused it took it back." in after
    assert "A text was taken back." in after
    again = await priya.post(f"/plans/{lived_plan}/texts/undo", data={"text": key})
    assert again.status_code == 409


async def test_a_text_that_has_begun_to_go_is_not_taken_back(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    key, _ = await _held(priya, lived_plan)
    order = (await outbox.get(plans.engine, key)).order
    assert await outbox.claim(plans.engine, order, Words("+447700900321", "Held", 1), MORNING, None)
    answered = await priya.post(f"/plans/{lived_plan}/texts/undo", data={"text": key})
    assert answered.status_code == 409
    assert "has gone out already" in answered.text
    assert await _status(plans, lived_plan, key) is MessageStatus.sending


async def test_somebody_else_does_not_take_it_back(
    priya: httpx2.AsyncClient, sign_in: SignIn, lived_plan: str, plans: StagedPlans
) -> None:
    key, _ = await _held(priya, lived_plan)
    tom = await sign_in(DUTY)
    assert "Take it back" not in (await tom.get(f"/plans/{lived_plan}")).text
    assert (await tom.post(f"/plans/{lived_plan}/texts/undo", data={"text": key})).status_code == 409
    assert await _status(plans, lived_plan, key) is MessageStatus.pending


async def test_what_the_client_asked_for_and_what_is_about_safety_does_not_wait(
    lived_plan: str, plans: StagedPlans
) -> None:
    staged = await plans.live(
        lived_plan, MORNING, act=lambda plan: plan.text("cant feel when I wipe, numb bum")
    )
    texts = await outbox.texts_of_plan(plans.engine, staged.state.plan_id)
    answers = [one for one in texts if one.order.purpose is TextPurpose.safety]
    assert answers
    assert all(one.order.by is None for one in texts if one.order.audience is Audience.staff)
    assert all(one.order.by is None for one in answers)
