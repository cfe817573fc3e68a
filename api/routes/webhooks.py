"""What the SMS provider calls: texts that came in, and how ours fared.

Only a call with Twilio's own signature has any effect. A text is stored, raw, before anything else; it is
given to its plan after the answer, and by a sweep if that fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import Response

from api.clinic import Clinic, TheClinic
from database import receipts
from database.inbound import ArrivedText, store
from database.receipts import Receipt
from database.storable import storable, storable_form
from messaging.signature import HEADER, public_url, verify

EMPTY_REPLY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
INTENT: Final = "intent"
"""The query parameter in which a receipt brings our own key back (`messaging.twilio_channel`)."""

_LONGEST_ID: Final = 100
"""Twilio's ids have 34 characters, its states and senders fewer; longer ones are not from there."""

_FORM: Final = "application/x-www-form-urlencoded"

_log = structlog.get_logger(__name__)

router = APIRouter(prefix="/webhooks/twilio", tags=["webhooks"])

Fields = Sequence[tuple[str, str]]


@router.post("/inbound", summary="A text from a client", response_class=Response)
async def inbound(request: Request, clinic: TheClinic) -> Response:
    """Store the text, answer, then route it. The same text again has no second effect (F29)."""
    fields = await _signed_fields(request, clinic)
    arrived = _arrived(fields, clinic) if fields is not None else None
    if arrived is None:
        return _turned_away(clinic, "inbound", fields)
    try:
        stored = await store(clinic.engine, arrived)
    except (OperationalError, PoolTimeout):
        return _again_later(clinic, "inbound")
    clinic.metrics.webhook("inbound", "repeat" if stored.repeated else "stored")
    if not stored.repeated:
        clinic.aftermath.begin(clinic.route_inbound(stored.id))
    return _reply()


@router.post("/status", summary="How a text of ours fared", response_class=Response)
async def status(request: Request, clinic: TheClinic) -> Response:
    """Store the receipt and apply it; a text that will not arrive is told to its plan."""
    fields = await _signed_fields(request, clinic)
    receipt = _receipt(fields, request, clinic) if fields is not None else None
    if receipt is None:
        return _turned_away(clinic, "status", fields)
    try:
        failure = await receipts.receive(clinic.engine, receipt)
    except (OperationalError, PoolTimeout):
        return _again_later(clinic, "status")
    clinic.metrics.webhook("status", "stored")
    if failure is not None:
        clinic.aftermath.begin(clinic.tell_failure(failure))
    return _reply()


async def _signed_fields(request: Request, clinic: Clinic) -> Fields | None:
    """The form's fields as sent, blank ones too; None unless the provider signed them."""
    token = clinic.settings.twilio_auth_token
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if token is None or content_type != _FORM:
        return None
    fields = _fields(await request.body())
    url = public_url(
        clinic.public_url, request.scope["path"], request.scope["query_string"].decode("latin-1")
    )
    return fields if verify(token.get_secret_value(), url, request.headers.get(HEADER), fields) else None


def _fields(body: bytes) -> Fields:
    """Names and values as the provider signed them; half an emoji, alone or as a pair, is kept until then."""
    form = body.decode("utf-8", "replace")
    try:
        return parse_qsl(form, keep_blank_values=True, errors="surrogatepass")
    except UnicodeDecodeError:  # bytes that are no text at all
        return parse_qsl(form, keep_blank_values=True, errors="replace")


def _arrived(fields: Fields, clinic: Clinic) -> ArrivedText | None:
    form = storable_form(fields)
    sid = form.get("MessageSid") or form.get("SmsSid")
    sender = form.get("From")
    if not sid or not sender or max(len(sid), len(sender)) > _LONGEST_ID:
        return None
    return ArrivedText(
        provider_sid=sid,
        from_number=sender,
        to_number=form.get("To", ""),
        body=form.get("Body", ""),
        num_media=_count(form.get("NumMedia", "")),
        raw=form,
        received_at=clinic.clock(),
    )


def _receipt(fields: Fields, request: Request, clinic: Clinic) -> Receipt | None:
    form = storable_form(fields)
    sid = form.get("MessageSid") or form.get("SmsSid")
    told = form.get("MessageStatus") or form.get("SmsStatus")
    if not sid or not told or max(len(sid), len(told)) > _LONGEST_ID:
        return None
    intent = request.query_params.get(INTENT)
    return Receipt(
        provider_sid=sid,
        status=told,
        error_code=form.get("ErrorCode") or None,
        message_key=storable(intent) if intent else None,
        raw=form,
        received_at=clinic.clock(),
    )


def _count(stated: str) -> int:
    """How many media came along; what is no small number counts as none."""
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 4 else 0


def _reply(status_code: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(EMPTY_REPLY, status_code=status_code, media_type="text/xml")


def _turned_away(clinic: Clinic, kind: str, fields: Fields | None) -> Response:
    clinic.metrics.webhook(kind, "refused")
    signed = fields is not None
    _log.warning("webhook refused", kind=kind, signed=signed)
    return _reply(HTTPStatus.BAD_REQUEST if signed else HTTPStatus.FORBIDDEN)


def _again_later(clinic: Clinic, kind: str) -> Response:
    """The provider calls again on a 5xx, if the webhook's address asks it to (`#rc=5&rp=all`)."""
    clinic.metrics.webhook(kind, "database_away")
    return _reply(HTTPStatus.SERVICE_UNAVAILABLE)
