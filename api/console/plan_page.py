"""A plan's page, also with a refusal on it: the routes of the plan and those of its commands share it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.console.beside import beside
from api.console.desk import Desk
from api.console.flash import Done
from api.console.forms import No, Sent, nothing_typed, refusal_shown
from api.console.goal_form import goal_form
from api.console.plan_offers import offers
from api.console.plan_story import PlanStory, plan_story
from api.console.setting_aside import sets_aside
from api.plan_at_hand import PlanAtHand
from api.problems import Problem
from api.rule_words import About
from care.start_condition import may_be_allowed
from database.approvals import ApprovalView
from database.plans import plan
from database.staff import all_staff, staff_names
from database.undo import texts_to_undo
from schemas.commands import Role
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.refusals import PlanAskFailed
from schemas.rules import RulePack
from schemas.screening import HoldKind

_BY_TEXT_ONLY: Final = re.compile(r"^\{clinic\}: |\s*(Reply|Worried\?|Emergency\?|Anything new).*$")


async def plan_page(
    at: Desk, at_hand: PlanAtHand, no: No | None = None, form: Sent | None = None
) -> Response:
    """The page. After a refusal the plan is read again: what refused may have changed it."""
    if no is not None:
        at_hand = PlanAtHand(await plan(at.clinic.engine, at_hand.id))
    story = await plan_story(at.clinic, at_hand, await at.site_of(at_hand.view.summary))
    status, refusal = refusal_shown(no, story.clock.at)
    about = at.about(story.pack)
    return at.page(
        "plans",
        "plan.html",
        status,
        story=story,
        state=at_hand.state,
        summary=at_hand.view.summary,
        offers=offers(at_hand.state, at.who.actor, story.clock.now),
        sets_aside=sets_aside(story.pack, at_hand.state, at.who.actor, story.clock.now),
        people=await staff_names(at.clinic.engine, _named(story)),
        therapists=await all_staff(
            at.clinic.engine, site_id=at_hand.view.summary.site_id, role=Role.treating_physiotherapist
        ),
        about=about,
        goals=goal_form(story.pack, at_hand.state),
        beside=beside(story.pack, at_hand.state, story.clock),
        held_about=lambda approval: _held_about(about, at_hand.state, approval),
        grades={one.grade: one for one in story.pack.adverse_events.grades},
        questions=_questions(story.pack),
        undo=await texts_to_undo(at.clinic.engine, at.member.id, at_hand.id),
        undo_for=at.undo_for,
        typed=form.typed if form else nothing_typed(),
        chosen_stops=set(form.chosen("stops")) if form else set(),
        chosen_regions=form.chosen("target_regions") if form else (),
        about_techniques=may_be_allowed(story.pack, at_hand.state),
        chosen_techniques=form.chosen("surgical_techniques") if form else (),
        key_of=keys(form, refusal),
        refusal=refusal,
    )


def _held_about(about: About, state: PlanState, approval: ApprovalView) -> str | None:
    """What the hold is about that a decision would clear, in few words; two of them are told apart by it."""
    held = state.held(approval.proposal.hold_key)
    if held is None:
        return None
    return "start condition" if held.hold.kind is HoldKind.start else about(held.hold.rule)


async def back_on_page(form: Sent, plan: PlanAtHand, command: Awaitable[Response], done: Done) -> Response:
    """Back to the plan's page after a command; the same page with the reason and the words where it is refused."""
    try:
        await command
    except (Problem, PlanAskFailed) as no:
        return await plan_page(form.at, plan, no, form)
    return form.at.on(f"/plans/{plan.id}", done)


@dataclass(frozen=True)
class AskedByTelephone:
    """A check-in question as somebody on the telephone asks it."""

    id: str
    asks: str


def _questions(pack: RulePack) -> list[AskedByTelephone]:
    """The questions that are answered by a number; the clinic's name and how to reply belong to texts only."""
    return [
        AskedByTelephone(one.id, _BY_TEXT_ONLY.sub("", one.text).strip())
        for one in pack.questions.values()
        if one.measure is not None
    ]


def _named(story: PlanStory) -> set[str]:
    """Who is named by an id in what the page tells."""
    assessment = story.plan.state.assessment
    return {one.actor for one in story.audit} | ({assessment.by} if assessment else set())


def keys(form: Sent | None, refusal: dict[str, Any] | None) -> Callable[[str], str]:
    """One key for each form of a page; the one that has come back keeps its own where it must be sent again."""
    fresh = new_id()
    again = {form.word("form"): form.key_again(refusal)} if form else {}
    return lambda name: again.get(name) or f"{fresh}-{name}"
