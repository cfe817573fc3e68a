"""The screening questions, asked again in the room or by telephone: those that a plan waits for, or all."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asked import RescreenAsked
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.intake_reading import AGE_ITEM
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import Problem
from api.routes.steering import post_rescreen
from care.intake_form import FormItem, Questionnaire, intake_form
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.refusals import PlanAskFailed
from schemas.rules_form import AnswerType

router = APIRouter(prefix="/plans/{plan_id}/rescreen", dependencies=[allowed(Act.rescreen)])

_SEVERAL: Final = frozenset({AnswerType.multi, AnswerType.region})
_WHOLE: Final = "whole"


@router.get("")
async def show(at: TheDesk, plan: ThePlan, which: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The questions, none of them answered: what was said before is not what is so now."""
    return await _page(at, plan, whole=which == _WHOLE)


@router.post("")
async def answer(plan: ThePlan, form: TheForm) -> Response:
    """What was answered is judged at once; a question without an answer stays as it was."""
    questions = await _questionnaire(form.at, plan)
    answers = {item.id: given for item in _asked(questions) if (given := _given(form, item))}
    try:
        await post_rescreen(checked(RescreenAsked, {"answers": answers}), plan, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, plan, no, form, whole=form.word("which") == _WHOLE)
    return form.at.on(f"/plans/{plan.id}", Done.rescreened)


def _given(form: Sent, item: FormItem) -> dict[str, Any]:
    """The answers to one question and what hangs on it, as the API takes them."""
    types = {"value": item.type, **{sub.field: sub.type for sub in item.sub_questions}}
    if item.asks_side:
        types["side"] = AnswerType.choice
    read = {
        field: form.chosen(f"{item.id}.{field}") if kind in _SEVERAL else form.word(f"{item.id}.{field}")
        for field, kind in types.items()
    }
    return {field: list(said) if isinstance(said, tuple) else said for field, said in read.items() if said}


def _asked(questions: Questionnaire) -> list[FormItem]:
    """Every question but the age, which comes from the date of birth."""
    return [item for item in questions.items if item.id != AGE_ITEM]


def _waited_for(state: PlanState) -> set[str]:
    """The questions that the plan itself asks to be put again."""
    return {
        *state.screening.repeat_items,
        *(item for alert in state.alerts for item in alert.screening_items),
    }


async def _questionnaire(at: Desk, plan: PlanAtHand) -> Questionnaire:
    return intake_form(await at.clinic.pack_by_hash(plan.state.protocol.pack_hash))


async def _page(
    at: Desk,
    plan: PlanAtHand,
    no: No | None = None,
    form: Sent | None = None,
    *,
    whole: bool,
) -> Response:
    clock = plan.present(at.clinic)
    questions, waited = await _questionnaire(at, plan), _waited_for(plan.state)
    status, refusal = refusal_shown(no, clock.at)
    items = _asked(questions)
    return at.page(
        "plans",
        "rescreen.html",
        status,
        summary=plan.view.summary,
        items=items if whole or not waited else [item for item in items if item.id in waited],
        all_shown=whole or not waited,
        questions=questions,
        several=_SEVERAL,
        typed=form.typed if form else nothing_typed(),
        chosen=form.chosen if form else lambda _name: (),
        key=form.key_again(refusal) if form else new_id(),
        refusal=refusal,
    )
