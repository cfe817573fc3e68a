"""The client's way through the form: the door, one question after the other, the check, the end.

Every change is a POST that answers with a redirect, so going back and loading again repeat nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.form.advice import said
from api.form.given import Given, filled
from api.form.opening import advice_on, open_plan
from api.form.pages import around, page
from api.form.reading import read_answer
from api.form.screens import screen_of, to_check
from api.form.visit import COOKIE, AtForm, Door, LinkClosed, Visit, links_of
from api.problems import Problem
from care.client_form import ABILITIES, ACTIVITIES, MOBILE, REACH, Advice, Kind, Question
from database.invitations import MOST_WRONG_BIRTHDAYS, keep_answer, note_wrong_birthday
from messaging.form_link import FORM_PATH
from schemas.invitations import InvitationState

router = APIRouter(prefix=f"{FORM_PATH}/{{token}}")

_CHECK: Final = "check"
_RESTS_ON: Final = {ACTIVITIES: (ABILITIES,), MOBILE: (REACH,)}
"""Questions whose answers mean something else once another answer has changed."""

_log = structlog.get_logger(__name__)


@router.get("")
async def door(visit: Door) -> Response:
    """Who is there? A browser that has said so goes on where the client stopped."""
    if visit.ended or visit.shown_who:
        return _on(_place(visit))
    return _show(visit, "door.html", given=Given(), error=None)


@router.post("")
async def enter(visit: Door, request: Request) -> Response:
    """The date of birth opens the form; a few wrong ones close the link for good."""
    if visit.ended:
        return _on(_place(visit))
    given = Given.sent(await _form(request))
    if given.day("born") != visit.client.date_of_birth.isoformat():
        wrong = await note_wrong_birthday(visit.clinic.engine, visit.invitation.id, visit.now)
        if wrong >= MOST_WRONG_BIRTHDAYS:
            raise LinkClosed
        return _show(
            visit, "door.html", HTTPStatus.UNPROCESSABLE_ENTITY, given=given, error=_wrong_day(visit)
        )
    response = _on(_place(visit))
    response.set_cookie(
        COOKIE,
        links_of(visit.clinic).seal(visit.invitation.id),
        path=FORM_PATH,
        secure=visit.clinic.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


def _wrong_day(visit: Visit) -> str:
    return (
        "This is not the date of birth we have for this link. Check it, and write it in numbers. "
        f"If it is right, ring us on {visit.site.phone}."
    )


@router.get("/check")
async def check(visit: AtForm) -> Response:
    """All answers, to be checked and sent."""
    if visit.ended or visit.waiting:
        return _on(_place(visit))
    return _show(visit, "check.html", parts=to_check(visit), error=None, problem=None)


@router.post("/check")
async def confirm(visit: AtForm, request: Request) -> Response:
    """The client confirms: the plan is opened, once, and the answers go with it."""
    if visit.ended or visit.waiting:
        return _on(_place(visit))
    if not Given.sent(await _form(request)).has("true", "yes"):
        return _show(
            visit,
            "check.html",
            HTTPStatus.UNPROCESSABLE_ENTITY,
            parts=to_check(visit),
            error="Tick the box if your answers are true. If one is not, change it above.",
            problem=None,
        )
    try:
        await open_plan(visit, visit.answers, InvitationState.completed)
    except Problem as problem:
        _log.warning("form not taken", invitation_id=visit.invitation.id, code=problem.code)
        return _show(
            visit, "check.html", problem.status, parts=to_check(visit), error=None, problem=visit.site.phone
        )
    return _on(f"{visit.home}/end")


@router.get("/end")
async def end(visit: AtForm) -> Response:
    """What comes next; or what to do now, if an answer was urgent."""
    if not visit.ended:
        return _on(_place(visit))
    if visit.invitation.state is InvitationState.urgent:
        return _advise(visit, visit.invitation.advice or "", told=True)
    message = visit.invitation.advice
    return _show(visit, "sent.html", advice=_said(visit, message) if message else None)


@router.get("/{question_name}")
async def show(visit: AtForm, question_name: str, then: str = "") -> Response:
    """One question, with its answer if it has one."""
    question = _asked(visit, question_name)
    if question is None:
        return _on(_place(visit))
    return _ask(visit, question, _known_already(visit, question), then=then)


def _known_already(visit: Visit, question: Question) -> Given:
    """The answer kept earlier; or the number that the front desk was told."""
    answer = visit.answers.get(question.name)
    if answer is None and question.name == MOBILE and visit.client.mobile:
        answer = {"mobile": visit.client.mobile}
    return filled(question, answer or {})


@router.post("/{question_name}")
async def keep(visit: AtForm, question_name: str, request: Request) -> Response:
    """Keep an answer and go on; an urgent one stops the form, tells the clinic and says what to do."""
    question = _asked(visit, question_name)
    if question is None:
        return _on(_place(visit))
    given = Given.sent(await _form(request))
    then = given.one("then")
    reading = read_answer(question, given, visit.known)
    answers = {**visit.answers, question.name: reading.answer}
    advice = advice_on(visit, answers) if question.kind is Kind.item else None
    if advice is not None:
        return await _stop(visit, question, answers, advice)
    if reading.errors and not (reading.may_leave and given.one("leave")):
        return _ask(visit, question, given, reading.errors, then=then, may_leave=reading.may_leave)
    changed = visit.answers.get(question.name) != reading.answer
    await keep_answer(
        visit.clinic.engine,
        visit.invitation.id,
        question.name,
        reading.answer,
        visit.now,
        asked_anew=_RESTS_ON.get(question.name, ()) if changed else (),
    )
    return _on(visit.home if then == _CHECK else _after(visit, question))


async def _stop(visit: Visit, question: Question, answers: dict[str, Any], advice: Advice) -> Response:
    """Staff are paged through the plan that opens now, unfinished as the form is (ALG-3, ALG-8)."""
    await keep_answer(
        visit.clinic.engine, visit.invitation.id, question.name, answers[question.name], visit.now
    )
    try:
        await open_plan(visit, answers, InvitationState.urgent, advice.message)
    except Problem as problem:  # the client must hear it all the same, and that nobody else has
        _log.error("urgent form not taken", invitation_id=visit.invitation.id, code=problem.code)
        return _advise(visit, advice.message, told=False)
    return _on(f"{visit.home}/end")


def _advise(visit: Visit, message: str, *, told: bool) -> Response:
    return _show(visit, "urgent.html", said=_said(visit, message), told=told)


def _said(visit: Visit, message: str) -> Any:
    return said(visit.clinic.pack, message, visit.site)


def _asked(visit: Visit, name: str) -> Question | None:
    """The question, unless the form has ended or an earlier one has no answer yet."""
    if visit.ended:
        return None
    for question in visit.questions:
        if question.name == name:
            return question
        if question.name not in visit.answers:
            return None
    return None


def _place(visit: Visit) -> str:
    """Where the client is in the form."""
    if visit.ended:
        return f"{visit.home}/end"
    return f"{visit.home}/{visit.waiting.name if visit.waiting else _CHECK}"


def _after(visit: Visit, question: Question) -> str:
    names = [one.name for one in visit.questions]
    following = names[names.index(question.name) + 1 :]
    return f"{visit.home}/{following[0] if following else _CHECK}"


def _ask(
    visit: Visit,
    question: Question,
    given: Given,
    errors: dict[str, str] | None = None,
    *,
    then: str = "",
    may_leave: bool = False,
) -> Response:
    screen = screen_of(visit, question, given, errors, may_leave=may_leave)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return _show(visit, "question.html", status, screen=screen, then=then if then == _CHECK else "")


def _show(visit: Visit, template: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:
    return page(template, around(visit.clinic.pack, visit.site) | {"visit": visit} | shown, status)


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=200)


def _on(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
