"""Nothing waits where nobody looks: each reason comes onto the board with a next step, and goes once it is mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import text

from api.attention_words import ALERTS, KINDS
from api.console import words
from care.agenda import next_item
from care.draft import Draft
from database import demo_clinic
from database.attention import AttentionKind
from database.demo_clinic import FRONT_DESK, OPERATIONS, THERAPIST
from database.receipts import Receipt, receive
from schemas.alerts import AlertReason
from schemas.messages import MessageStatus
from schemas.plan import Approval, Proposal
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.taper import Step, TaperVerdict
from tests.api.forms import example
from tests.console.conftest import MORNING, Clock, SignIn, enter, opened
from tests.console.staged_clinic import StagedPlan, StagedPlans
from tests.console.staged_faults import BY_KIND, Scene, invited
from tests.console.staged_troubles import BY_REASON, texted
from worker.chores import start_plans
from worker.clinic_clock import ClinicClock

_OF_THE_DESK = {AttentionKind.form_link_failed, AttentionKind.form_link_unknown}
_BEFORE_A_PLAN_RUNS = {AlertReason.urgent_referral}
PROPOSED = {
    ApprovalKind.taper: Proposal(verdict=TaperVerdict.PROPOSE_STEP_DOWN, step=Step.S2, reasons=("D1",)),
    ApprovalKind.discharge: Proposal(verdict=TaperVerdict.PROPOSE_DISCHARGE, reasons=("TAP-DIS-1",)),
}


@dataclass(frozen=True)
class Line:
    """A row of the board as a reader sees it."""

    id: str
    html: str

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def cell(self, name: str) -> str:
        """The words of one cell."""
        found = re.search(rf'<p class="{name}[^"]*">(.*?)</p>', self.html, re.DOTALL)
        assert found is not None, (name, self.html)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())

    @property
    def step(self) -> tuple[str, str]:
        """What its button does: the method and the address."""
        form = re.search(r'<form method="post" action="([^"]+)"', self.html)
        if form:
            return "POST", form[1]
        link = re.search(r'<a class="button" href="([^"]+)"', self.html)
        assert link is not None, self.html
        return "GET", link[1]


async def lines(browser: httpx2.AsyncClient) -> dict[str, Line]:
    """The rows of the board, by their ids."""
    page = await browser.get("/attention")
    assert page.status_code == 200
    found = re.findall(r'<li class="row" data-row="([^"]+)".*?>(.*?)</li>', page.text, re.DOTALL)
    return {name: Line(name, html) for name, html in found}


async def stands_there(browser: httpx2.AsyncClient, name: str, sentence: str) -> Line:
    """The row is there with all that a person needs, and its button leads somewhere."""
    line = (await lines(browser))[name]
    assert sentence in line.cell("sentence")
    assert re.search(r"(left|late|due .+) (\d+ .+ ago|a moment ago)$", line.cell("clock")), line.cell("clock")
    assert line.cell("owner")
    method, address = line.step
    assert (await browser.request(method, address)).status_code == 200, address
    return line


_CLOSED_BY_WHAT_THEY_ASK_FOR = {AlertReason.outcome_missing, AlertReason.day_not_asked}


async def stage(
    reason: AlertReason, priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock, plan_id: str
) -> str:
    """Let it happen; the id of the alert that comes of it. Whoever looks is signed in then."""
    if reason in _BEFORE_A_PLAN_RUNS:
        plan_id = await opened(priya, example("maya-saddle-numbness"))
    else:
        trouble = BY_REASON[reason]
        staged = await plans.live(plan_id, MORNING + trouble.later, trouble.temper, trouble.happens)
        clock.now = staged.now + timedelta(minutes=2)
        if clock.now - MORNING > timedelta(hours=8):
            await enter(priya, THERAPIST)
    alert = next(one for one in plans.states[plan_id].alerts if one.reason is reason)
    return alert.id


async def test_a_visit_without_an_outcome_stays_on_the_board_until_somebody_says_what_became_of_it(
    priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock, lived_plan: str
) -> None:
    reason = AlertReason.outcome_missing
    alert_id = await stage(reason, priya, plans, clock, lived_plan)
    alert = plans.states[lived_plan].alert(alert_id)
    assert alert is not None
    line = await stands_there(priya, f"alert-{alert_id}", " ".join(ALERTS[reason]))
    page, outcome = line.step[1], f"/plans/{lived_plan}/sessions/{alert.session_no}/outcome"
    shown = (await priya.get(page)).text
    assert f'href="{outcome}"' in shown
    assert f'action="{page}/close"' not in shown
    closed = await priya.post(f"{page}/close", data={"key": "close", "outcome": "see_note", "note": "Later."})
    assert closed.status_code == 409
    assert "still has no outcome" in closed.text
    assert line.id in await lines(priya)
    recorded = await priya.post(outcome, data={"key": "missed", "outcome": "no_show"})
    assert recorded.status_code == 303, recorded.text
    assert line.id not in await lines(priya)


async def test_the_questions_that_an_operation_touches_are_asked_before_its_alert_closes_mid_4(
    priya: httpx2.AsyncClient, plans: StagedPlans, lived_plan: str
) -> None:
    staged = await plans.live(lived_plan, MORNING, act=texted("I have an operation next week").happens)
    (alert,) = (one for one in staged.state.alerts if one.reason is AlertReason.safety_words)
    page, form = f"/alerts/{alert.id}", {"key": "close", "outcome": "see_note", "note": "Rang."}
    shown = (await priya.get(page)).text
    assert f'href="/plans/{lived_plan}/rescreen"' in shown
    assert "recent surgery" in shown
    assert f'action="{page}/close"' not in shown
    assert (await priya.post(f"{page}/close", data=form)).status_code == 409


@pytest.mark.parametrize("reason", sorted(set(AlertReason) - _CLOSED_BY_WHAT_THEY_ASK_FOR))
async def test_each_alert_comes_onto_the_board_and_goes_once_it_is_closed(
    reason: AlertReason, priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock, lived_plan: str
) -> None:
    alert_id = await stage(reason, priya, plans, clock, lived_plan)
    sentence, step = ALERTS[reason]
    line = await stands_there(priya, f"alert-{alert_id}", f"{sentence} {step}")
    assert line.step == ("GET", f"/alerts/{alert_id}")
    assert step in unescape((await priya.get(f"/alerts/{alert_id}")).text)
    form = {"key": "close", "outcome": "see_note", "note": "Rang; agreed what comes next."}
    closed = await priya.post(f"/alerts/{alert_id}/close", data=form)
    assert closed.status_code == 303, closed.text
    assert line.id not in await lines(priya)


@pytest.mark.parametrize("urgency", Urgency)
async def test_an_alert_of_each_level_says_its_level_in_words_and_stands_in_its_order(
    urgency: Urgency, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    def raised(plan: StagedPlan) -> None:
        draft = Draft(plan.state, plan.now, "test")
        draft.raise_alert(AlertReason.review_due, Urgency.E3, "an older one")
        draft.raise_alert(AlertReason.unread_reply, urgency, "test")
        plan.commit(draft)

    staged = await plans.live(lived_plan, MORNING, act=raised)
    alert = next(one for one in staged.state.alerts if one.rule == "test")
    found = await lines(priya)
    line = found[f"alert-{alert.id}"]
    assert f"{urgency} {words.URGENCIES[urgency].lower()}" in line.text
    if urgency is not Urgency.E3:
        assert next(iter(found)) == line.id


@pytest.mark.parametrize("kind", sorted(set(ApprovalKind) - {ApprovalKind.rescreen}))
async def test_each_decision_waits_on_the_board_until_it_is_taken(
    kind: ApprovalKind, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    def asked(plan: StagedPlan) -> None:
        draft = Draft(plan.state, plan.now, "test")
        draft.open_approval(kind, "test", PROPOSED.get(kind, Proposal(reasons=("test",))))
        plan.commit(draft)

    staged = await plans.live(lived_plan, MORNING, act=asked)
    approval = next(one for one in staged.state.approvals if one.kind is kind)
    sentence = f"{words.APPROVALS[kind]} waits for a decision."
    line = await stands_there(priya, f"approval-{approval.id}", sentence)
    form = {"key": "no", "decision": "reject", "reason": "Not now; we spoke about it."}
    answered = await priya.post(line.step[1], data=form)
    assert answered.status_code == 303, answered.text
    assert line.id not in await lines(priya)


async def test_a_decision_that_passed_its_deadline_is_said_to_be_late_also_after_it_was_passed_on(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    (approval,) = plans.states[waiting_plan].approvals
    clock.now = approval.due_at + timedelta(minutes=1)
    name, sentence = f"approval_overdue-{approval.id}", "A decision on start was not taken in time."
    line = await stands_there(priya, name, sentence)
    assert "Priya Nair" in line.cell("owner")

    await plans.live(waiting_plan, MORNING, act=lambda plan: plan.until(clock.now))
    passed_on = await stands_there(priya, name, sentence)
    assert "Priya Nair" not in passed_on.cell("owner")
    form = {"key": "yes", "decision": "approve"}
    assert (await priya.post(f"/approvals/{approval.id}", data=form)).status_code == 303
    assert name not in await lines(priya)
    assert f"approval-{approval.id}" not in await lines(priya)


async def _asked_in_time(
    plans: StagedPlans, plan_id: str, clock: Clock, which: Callable[[Approval], bool]
) -> Approval:
    """The plan goes on until it asks for this decision; nobody has decided anything meanwhile."""

    def asks(plan: StagedPlan) -> None:
        while not any(which(one) for one in plan.state.approvals):
            item = next_item(plan.state)
            assert item is not None
            plan.until(item.due)
        clock.now = plan.now

    await plans.live(plan_id, clock.now, act=asks)
    return next(one for one in plans.states[plan_id].approvals if which(one))


async def test_what_the_screening_put_off_comes_back_on_its_day(
    priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock
) -> None:
    plan_id = await opened(priya, example("george-recent-surgery"))
    approval = await _asked_in_time(plans, plan_id, clock, lambda one: one.kind is ApprovalKind.rescreen)
    await enter(priya, THERAPIST)
    line = await stands_there(priya, f"approval-{approval.id}", "Repeat screening waits for a decision.")
    form = {"key": "no", "decision": "reject", "reason": "He goes to another clinic."}
    assert (await priya.post(line.step[1], data=form)).status_code == 303
    assert line.id not in await lines(priya)


async def test_a_letter_that_is_about_to_run_out_is_asked_for_in_time(
    priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock
) -> None:
    clock.now = MORNING - timedelta(weeks=12)
    plan_id = await opened(priya, example("dorothy-osteoporosis"))
    waiting = [one for one in plans.states[plan_id].approvals if one.kind is ApprovalKind.clearance]
    until = (MORNING + timedelta(days=7)).date()
    for place, approval in enumerate(waiting):
        paper = {"from": "Dr Lowe", "dated": clock.now.date().isoformat(), "kept": "her file"}
        form = {"key": f"c{place}", "decision": "approve", "document_valid_until": until.isoformat()}
        form |= {f"document_{name}": words for name, words in paper.items()}
        answered = await priya.post(f"/approvals/{approval.id}", data=form)
        assert answered.status_code == 303, answered.text
    approval = await _asked_in_time(plans, plan_id, clock, lambda one: one.proposal.runs_out is not None)
    await enter(priya, THERAPIST)
    assert approval.proposal.runs_out == until
    assert clock.now.date() < until
    await stands_there(priya, f"approval-{approval.id}", "A document runs out on Tue 1 Dec 2026")


@pytest.fixture
async def scene(priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock) -> Scene:
    """A clinic in which all is well, but for what may wait for a decision in Anna's plan."""
    await start_plans(plans.engine, plans, ClinicClock(None))
    return Scene(priya, plans, clock, example("caitlin-athlete"), lived_plan)


@pytest.mark.parametrize("kind", sorted(set(AttentionKind) - {AttentionKind.alert}))
async def test_whatever_else_goes_wrong_is_on_the_board_until_it_is_mended(
    kind: AttentionKind, scene: Scene, sign_in: SignIn
) -> None:
    subject, mend = await BY_KIND[kind](scene)
    reader = await sign_in(FRONT_DESK if kind in _OF_THE_DESK else OPERATIONS)
    sentence, step = KINDS[kind]
    told, _, rest = sentence.partition("{reason}")
    line = await stands_there(reader, f"{kind}-{subject}", told)
    assert f"{rest} {step}" in line.text
    await enter(scene.browser, THERAPIST)
    await mend()
    assert line.id not in await lines(reader)


async def test_a_link_that_the_network_could_not_deliver_is_on_the_board_too(scene: Scene) -> None:
    invitation_id = await invited(scene, MessageStatus.sent, sid="SM77")
    name = f"{AttentionKind.form_link_failed}-{invitation_id}"
    assert name not in await lines(scene.browser)
    receipt = Receipt("SM77", "undelivered", "30005", None, {}, scene.clock.now)
    await receive(scene.plans.engine, receipt)
    line = await stands_there(scene.browser, name, "N.H. The link to a form did not reach the client.")
    assert "Sam Whitfield" in line.cell("owner")


async def test_a_link_of_another_site_is_not_this_reader_s(scene: Scene) -> None:
    invitation_id = await invited(scene, MessageStatus.failed)
    async with scene.plans.engine.begin() as connection:
        await connection.execute(text("""UPDATE invitations SET client = client || '{"site_id": "north"}'"""))
    assert f"{AttentionKind.form_link_failed}-{invitation_id}" not in await lines(scene.browser)


async def test_a_text_of_unknown_fate_becomes_its_plan_s_own_matter_once(scene: Scene) -> None:
    _, tell = await BY_KIND[AttentionKind.text_unknown](scene)
    await tell()
    await tell()
    alerts = scene.plans.states[scene.plan_id].alerts
    assert [one.rule for one in alerts if one.reason is AlertReason.text_unknown] == ["SCH-1"]


@pytest.fixture
async def troubled_clinic(scene: Scene) -> None:
    """Much goes wrong at once."""
    for kind, happens in BY_KIND.items():
        if kind not in _CURED_BY_ANOTHER:
            await happens(scene)
    trouble = BY_REASON[AlertReason.safety_words]
    await scene.plans.live(scene.plan_id, MORNING, act=trouble.happens)


_CURED_BY_ANOTHER = {AttentionKind.plan_late, AttentionKind.plan_without_next, AttentionKind.plan_unstarted}
"""The alert's own step gives the plan its next item; a second intake of Anna's is the same plan."""


def _every_step(found: dict[str, Line]) -> Iterator[tuple[str, str]]:
    for line in found.values():
        if "button" in line.html:
            yield line.step


async def test_no_reader_is_led_to_a_page_that_is_not_theirs(sign_in: SignIn, troubled_clinic: None) -> None:
    for person in demo_clinic.STAFF:
        browser = await sign_in(person)
        steps = list(_every_step(await lines(browser)))
        assert len(steps) >= 6
        for method, address in steps:
            assert (await browser.request(method, address)).status_code == 200, (person.initials, address)
