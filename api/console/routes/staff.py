"""Who works here: their roles, where they are signed in, and the end of an account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from api.account_terms import MemberAsked, temporary_password_of
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.console.routes.account import NOTICES_SHOWN
from api.console.staff_change_words import told_changes
from api.identity import credential_of
from api.passwords import hash_password, password_matches
from api.problems import FieldProblem, Problem, invalid
from database.accounts import (
    AddressTakenError,
    NewMember,
    add_member,
    close_account,
    password_hash_of,
    reopen_account,
    set_password,
    set_roles,
)
from database.errors import NotFoundError, RecordError
from database.leave import leave_ahead
from database.staff import all_staff, credentials, former_staff, member
from database.staff_notices import notices_to
from database.tokens import end_all_tokens, open_tokens
from messaging.numbers import NumberRefused, mobile
from schemas.commands import Role
from schemas.names import new_id

router = APIRouter(prefix="/staff", dependencies=[allowed(Act.manage_staff)])

_CHANGES_SHOWN: Final = 8

_log = structlog.stdlib.get_logger(__name__)


@router.get("")
async def show(at: TheDesk) -> Response:
    """Everybody who works here, and who did."""
    return await _list(at)


@router.post("")
async def add(form: TheForm) -> Response:
    """A new account with a password that is shown this once and changed at the first log-in.

    The same form again, after a double click, shows the same password for the same account.
    """
    at, chosen = form.at, _password_of(form)
    try:
        asked = checked(MemberAsked, _member_fields(form))
        new = NewMember(
            name=asked.name,
            initials=asked.initials.upper(),
            email=asked.email,
            mobile=_mobile(at, asked.mobile),
            hcpc_number=asked.hcpc_number,
            password_hash=hash_password(chosen),
        )
        staff_id = await add_member(at.clinic.engine, new, at.site.id, asked.roles, by=at.member.id)
    except AddressTakenError as no:
        again = await _opened_by(at, asked.email, chosen)
        return await (_one(at, again, made=chosen) if again else _list(at, no, form))
    except (Problem, RecordError) as no:
        return await _list(at, no, form)
    _log.info("account made", staff_id=staff_id)
    return await _one(at, staff_id, made=chosen)


@router.get("/{staff_id}")
async def one(staff_id: str, at: TheDesk) -> Response:
    """One person's account."""
    return await _one(at, staff_id)


@router.post("/{staff_id}/roles")
async def change_roles(staff_id: str, form: TheForm) -> Response:
    """What they are at this site, from their next page on."""
    at = form.at
    try:
        await set_roles(at.clinic.engine, staff_id, at.site.id, _roles(form), by=at.member.id)
    except NotFoundError:
        raise
    except (Problem, RecordError) as no:
        return await _one(at, staff_id, no)
    _log.info("roles changed", staff_id=staff_id)
    return at.on(f"/staff/{staff_id}", Done.roles_changed)


@router.post("/{staff_id}/password")
async def new_password(staff_id: str, form: TheForm) -> Response:
    """For somebody who cannot get in: a password shown this once; all their log-ins end."""
    at, chosen, engine = form.at, _password_of(form), form.at.clinic.engine
    if not await password_matches(chosen, await password_hash_of(engine, staff_id)):
        await set_password(engine, staff_id, hash_password(chosen), temporary=True, by=at.member.id)
        await end_all_tokens(engine, staff_id, at.clinic.real_now())
        _log.info("temporary password made", staff_id=staff_id)
    return await _one(at, staff_id, made=chosen)


@router.post("/{staff_id}/sign-out")
async def sign_out_everywhere(staff_id: str, form: TheForm) -> Response:
    """Every log-in and token of theirs ends."""
    at = form.at
    await member(at.clinic.engine, staff_id)
    await end_all_tokens(at.clinic.engine, staff_id, at.clinic.real_now(), by=at.member.id)
    _log.info("log-ins ended", staff_id=staff_id)
    return at.on(f"/staff/{staff_id}", Done.log_ins_ended)


@router.post("/{staff_id}/close")
async def close(staff_id: str, form: TheForm) -> Response:
    """They have left."""
    at = form.at
    if staff_id == at.member.id:
        own = Problem(
            HTTPStatus.CONFLICT, "own_account", "This is your own account. Ask somebody else to close it."
        )
        return await _one(at, staff_id, own)
    try:
        await close_account(at.clinic.engine, staff_id, at.clinic.real_now(), by=at.member.id)
    except NotFoundError:
        raise
    except RecordError as no:
        return await _one(at, staff_id, no)
    _log.info("account closed", staff_id=staff_id)
    return at.on(f"/staff/{staff_id}", Done.account_closed)


@router.post("/{staff_id}/reopen")
async def reopen(staff_id: str, form: TheForm) -> Response:
    """They are back."""
    await reopen_account(form.at.clinic.engine, staff_id, by=form.at.member.id)
    _log.info("account reopened", staff_id=staff_id)
    return form.at.on(f"/staff/{staff_id}", Done.account_reopened)


def _member_fields(form: Sent) -> dict[str, Any]:
    return {**form.filled("name", "initials", "email", "mobile", "hcpc_number"), "roles": _roles(form)}


def _password_of(form: Sent) -> str:
    return temporary_password_of(credential_of(form.at.request), form.key)


async def _opened_by(at: Desk, email: str, chosen: str) -> str | None:
    """Whose account this password opens: its form came before. None if the address is somebody else's."""
    kept = await credentials(at.clinic.engine, email)
    return kept.member.id if kept and await password_matches(chosen, kept.password_hash) else None


def _roles(form: Sent) -> tuple[Role, ...]:
    given = [str(value) for value in form.form.getlist("role")]
    if unknown := [one for one in given if one not in set(Role)]:
        raise invalid([FieldProblem("role", f"There is no role {unknown[0]}. Choose from the list.")])
    return tuple(Role(one) for one in given)


def _mobile(at: Desk, raw: str | None) -> str | None:
    try:
        return mobile(raw, allow_drama=at.clinic.fictional_numbers) if raw else None
    except NumberRefused as refused:
        raise invalid([FieldProblem("mobile", refused.sentence)]) from None


async def _list(at: Desk, no: No | None = None, form: Sent | None = None) -> Response:
    engine, now = at.clinic.engine, at.clinic.real_now()
    status, refusal = refusal_shown(no, at.clock.at)
    return at.page(
        "account",
        "staff.html",
        status,
        people=await all_staff(engine),
        former=await former_staff(engine),
        changes=await told_changes(engine, limit=_CHANGES_SHOWN, clock=at.clock),
        away={one.staff_id: one for one in await leave_ahead(engine, now) if one.begins_at <= now},
        every_role=list(Role),
        chosen=form.form.getlist("role") if form else [],
        typed=form.typed if form else nothing_typed(),
        key=new_id(),
        refusal=refusal,
    )


async def _one(at: Desk, staff_id: str, no: No | None = None, made: str | None = None) -> Response:
    engine, now = at.clinic.engine, at.clinic.real_now()
    status, refusal = refusal_shown(no, at.clock.at)
    return at.page(
        "account",
        "staff_member.html",
        status,
        person=await member(engine, staff_id),
        open_here=await open_tokens(engine, staff_id, now),
        leave=await leave_ahead(engine, now, staff_id),
        notices=await notices_to(engine, staff_id, limit=NOTICES_SHOWN),
        changes=await told_changes(engine, staff_id=staff_id, limit=_CHANGES_SHOWN, clock=at.clock),
        every_role=list(Role),
        made=made,
        key=new_id(),
        refusal=refusal,
    )
