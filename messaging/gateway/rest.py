"""Twilio's REST API for messages: create, list, fetch, update, delete."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from messaging.gateway.connection import DroppedConnection
from messaging.gateway.creation import Form, create
from messaging.gateway.errors import TwilioError
from messaging.gateway.faults import Fault, FaultKind
from messaging.gateway.listing import list_messages
from messaging.gateway.message import API_VERSION, FINAL, Message, Status
from messaging.gateway.parts import Parts, parts_of

_ACCOUNT: Final = f"/{API_VERSION}/Accounts/{{account_sid}}"
_REFUSING: Final = {
    FaultKind.UNAUTHORIZED: 20003,
    FaultKind.THROTTLED: 20429,
    FaultKind.ERROR_BEFORE: 20500,
}


async def messages(request: Request) -> Response:
    """`POST` creates, `GET` lists."""
    parts = authenticate(request)
    if request.method == "POST":
        return await _create(parts, await read_form(request))
    return JSONResponse(list_messages(request.query_params, parts.state, parts.account_sid))


async def message(request: Request) -> Response:
    """`GET` fetches, `POST` redacts or cancels, `DELETE` deletes."""
    parts = authenticate(request)
    kept = parts.state.get(request.path_params["sid"])
    if kept is None:
        raise TwilioError(20404, request.url.path)
    if request.method == "DELETE":
        if kept.status not in FINAL:
            raise TwilioError(20009, kept.sid)
        parts.state.delete(kept.sid)
        return Response(status_code=204)
    if request.method == "POST":
        kept = _update(parts, kept, await read_form(request))
    return JSONResponse(kept.resource(parts.account_sid))


async def account(request: Request) -> Response:
    """The account itself, which is how clients check their credentials."""
    parts = authenticate(request)
    uri = f"/{API_VERSION}/Accounts/{parts.account_sid}"
    return JSONResponse(
        {
            "sid": parts.account_sid,
            "owner_account_sid": parts.account_sid,
            "friendly_name": "Limber gateway",
            "status": "active",
            "type": "Full",
            "uri": f"{uri}.json",
            "subresource_uris": {"messages": f"{uri}/Messages.json"},
        }
    )


ROUTES: Final = [
    Route(f"{_ACCOUNT}.json", account, methods=["GET"]),
    Route(f"{_ACCOUNT}/Messages.json", messages, methods=["GET", "POST"]),
    Route(f"{_ACCOUNT}/Messages/{{sid}}.json", message, methods=["GET", "POST", "DELETE"]),
]


def authenticate(request: Request) -> Parts:
    """The gateway's parts, for a caller with its credentials. Raises TwilioError 20003 or 20404."""
    parts = parts_of(request)
    known = parts.settings.credentials
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    right_user = hmac.compare_digest(user.encode(), known.account_sid.encode())
    right_password = hmac.compare_digest(password.encode(), known.auth_token.encode())
    if scheme.lower() != "basic" or not (right_user and right_password):
        raise TwilioError(20003)
    if request.path_params.get("account_sid", known.account_sid) != known.account_sid:
        raise TwilioError(20404, request.url.path)
    return parts


async def read_form(request: Request) -> Form:
    """A form body as pairs, blanks kept; bytes that are no UTF-8 are replaced, never refused."""
    body = await request.body()
    text = body.decode("utf-8", "replace")
    return Form(parse_qsl(text, keep_blank_values=True, errors="replace"))


async def _create(parts: Parts, form: Form) -> Response:
    to = form.number("To") or ""
    for kind, code in _REFUSING.items():
        if fault := parts.faults.strike(kind, to):
            raise TwilioError(code, retry_after=fault.seconds if kind is FaultKind.THROTTLED else None)
    if parts.faults.strike(FaultKind.DROP_BEFORE, to):
        return DroppedConnection()
    if refused := parts.faults.strike(FaultKind.REFUSED, to):
        raise TwilioError(refused.code or 21614, to)
    creation = create(form, parts.state, parts.faults, default_callback=parts.settings.status_callback)
    parts.courier.accept(creation)
    if parts.faults.strike(FaultKind.ERROR_AFTER, to):
        raise TwilioError(20500)
    if parts.faults.strike(FaultKind.DROP_AFTER, to):
        return DroppedConnection()
    if slow := parts.faults.strike(FaultKind.SLOW, to):
        await _dawdle(slow)
    return JSONResponse(creation.message.resource(parts.account_sid), status_code=201)


async def _dawdle(fault: Fault) -> None:
    await asyncio.sleep(fault.seconds)


def _update(parts: Parts, kept: Message, form: Form) -> Message:
    now = datetime.now(UTC)
    body, status = form.get("Body"), form.get("Status")
    if status is not None:
        if status != Status.CANCELED:
            raise TwilioError(20001, "Status")
        if kept.status is not Status.SCHEDULED:
            raise TwilioError(30409, kept.sid)
        kept = replace(kept, status=Status.CANCELED, path=(), updated_at=now)
    if body is not None:
        if body:
            raise TwilioError(20001, "Body")
        if kept.status not in FINAL:
            raise TwilioError(20009, kept.sid)
        kept = replace(kept, body="", updated_at=now)
    parts.state.update(kept)
    return kept


def error_response(error: TwilioError) -> JSONResponse:
    """Twilio's error body with its status and headers."""
    headers: dict[str, Any] = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return JSONResponse(error.body(), status_code=error.status, headers=headers)
