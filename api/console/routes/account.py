"""One's own account: where one is signed in, the password, tokens for programs."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.account_terms import PasswordChange, TokenAsked
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.identity import LOG_INS, TokenScope
from api.log_in_limit import a_try, was_right
from api.log_ins import log_in
from api.passwords import hash_password, password_matches
from api.problems import FieldProblem, Problem, invalid
from database.accounts import password_hash_of, set_password
from database.staff_notices import notices_to
from database.tokens import OpenToken, end_all_tokens, end_token, issue_token, open_tokens
from schemas.names import new_id

NOTICES_SHOWN: Final = 8

router = APIRouter(prefix="/account", dependencies=[allowed(Act.keep_own_account)])


@router.get("")
async def show(at: TheDesk) -> Response:
    """Log-ins and tokens that count, each with a way to end it."""
    return await _page(at)


@router.post("/tokens/{token_id}/end")
async def end(token_id: str, form: TheForm) -> Response:
    """One log-in or token is worth nothing from now on; ending one's own log-in leads to the door."""
    at = form.at
    await end_token(at.clinic.engine, at.member.id, token_id, at.clinic.real_now())
    if token_id == at.who.token_id:
        return RedirectResponse(f"/login?said={Done.signed_out}", HTTPStatus.SEE_OTHER)
    return at.on("/account", Done.log_in_ended if form.word("log_in") else Done.token_ended)


@router.post("/end-others")
async def end_others(form: TheForm) -> Response:
    """Sign out everywhere but here."""
    at = form.at
    for scope in LOG_INS:
        await end_all_tokens(
            at.clinic.engine,
            at.member.id,
            at.clinic.real_now(),
            scope=scope,
            but=at.who.token_id,
            by=at.member.id,
        )
    return at.on("/account", Done.log_ins_ended)


@router.post("/tokens")
async def make_token(form: TheForm) -> Response:
    """A token for a program, shown this once; the same form again makes no second one."""
    at = form.at
    try:
        asked = checked(TokenAsked, form.filled("label", "scope", "days"))
    except Problem as no:
        return await _page(at, no, form)
    now = at.clinic.real_now()
    token = await issue_token(
        at.clinic.engine,
        at.member.id,
        (asked.scope,),
        now=now,
        expires_at=now + timedelta(days=asked.days),
        label=asked.label,
        token_id=form.key,
        made_by=at.member.id,
    )
    return await _page(at, made=token)


@router.get("/password")
async def password(at: TheDesk) -> Response:
    """Where one's password is changed."""
    return _password_page(at)


@router.post("/password")
async def change_password(request: Request, form: TheForm) -> Response:
    """A new password ends every other log-in. Wrong guesses at the old one are counted as at the door."""
    at = form.at
    try:
        changed = await _changed(request, form)
    except Problem as no:
        return _password_page(at, no)
    engine, now = at.clinic.engine, at.clinic.real_now()
    await set_password(
        engine, at.member.id, hash_password(changed.password), temporary=False, by=at.member.id
    )
    for scope in LOG_INS:
        await end_all_tokens(engine, at.member.id, now, scope=scope)
    response = at.on("/account", Done.password_changed)
    await log_in(at.clinic, at.member, request, response)
    return response


async def _changed(request: Request, form: Sent) -> PasswordChange:
    at = form.at
    names = ("current", "password", "again")
    changed = checked(PasswordChange, {name: str(form.form.get(name) or "") for name in names})
    noted = await a_try(at.clinic, request, at.member.email)
    if not await password_matches(changed.current, await password_hash_of(at.clinic.engine, at.member.id)):
        raise invalid([FieldProblem("current", "This is not your password so far.")])
    await was_right(at.clinic, noted, at.member.email)
    return changed


def _password_page(at: Desk, no: Problem | None = None) -> Response:
    status, refusal = refusal_shown(no, at.clock.at)
    forced = TokenScope.new_password in at.who.scopes
    return at.page("account", "password.html", status, refusal=refusal, forced=forced)


async def _page(
    at: Desk, no: Problem | None = None, form: Sent | None = None, made: str | None = None
) -> Response:
    status, refusal = refusal_shown(no, at.clock.at)
    found = await open_tokens(at.clinic.engine, at.member.id, at.clinic.real_now())
    shown: dict[str, Any] = {
        "log_ins": [one for one in found if _is_log_in(one)],
        "tokens": [one for one in found if not _is_log_in(one)],
        "here": at.who.token_id,
        "notices": await notices_to(at.clinic.engine, at.member.id, limit=NOTICES_SHOWN),
        "made": made,
        "typed": form.typed if form else nothing_typed(),
        "key": form.key if form else new_id(),
    }
    return at.page("account", "account.html", status, refusal=refusal, **shown)


def _is_log_in(one: OpenToken) -> bool:
    return not LOG_INS.isdisjoint(one.scopes)
