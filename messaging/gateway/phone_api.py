"""The gateway's own JSON API: the clients' phones, the fault switches, health."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from messaging.gateway.errors import DELIVERY_ERRORS, TwilioError
from messaging.gateway.faults import Fault, FaultError
from messaging.gateway.inbound import receive
from messaging.gateway.message import Message
from messaging.gateway.parts import Parts, parts_of
from messaging.gateway.rest import authenticate
from messaging.gateway.webhook import Delivered
from messaging.segments import count

_LONGEST_INBOUND: Final = 20_000


async def phones(request: Request) -> Response:
    """Every client's number with its last text, most recent first."""
    state, shown_at = parts_of(request).state, parts_of(request).settings.shown_at
    return JSONResponse(
        {
            "phones": [
                {
                    "number": number,
                    "texts": texts,
                    "last": text_json(last, shown_at),
                    "opted_out_of": state.opt_outs(number),
                }
                for number, texts, last in state.phones()
            ]
        }
    )


async def phone(request: Request) -> Response:
    """One conversation, newest last. A number nobody texted has an empty one."""
    parts, number = parts_of(request), request.path_params["number"]
    return JSONResponse(
        {
            "number": number,
            "opted_out_of": parts.state.opt_outs(number),
            "texts": [
                text_json(message, parts.settings.shown_at) for message in parts.state.conversation(number)
            ],
        }
    )


async def mail(request: Request) -> Response:
    """Every mail that was taken, newest last; `?to=` one address."""
    parts, wanted = parts_of(request), request.query_params.get("to")
    state, shown_at = parts.state, parts.settings.shown_at
    addresses = [wanted] if wanted else [address for address, _ in state.mailboxes()]
    mails = sorted((one for address in addresses for one in state.mail_of(address)), key=lambda one: one.at)
    return JSONResponse({"mail": [{**asdict(one), "at": shown_at(one.at).isoformat()} for one in mails]})


async def text_in(request: Request) -> Response:
    """The client sends `{body, to?, media?}`; the answer says how the webhook took it."""
    given = await _json_object(request)
    body, to, media = given.get("body", ""), given.get("to"), given.get("media", [])
    if not isinstance(body, str) or not isinstance(to, str | None) or not isinstance(media, list):
        raise HTTPException(422, "body and to are strings, media is a list of URLs.")
    message, taken = await send_in(
        parts_of(request),
        request.path_params["number"],
        body,
        to=to,
        media=tuple(str(url) for url in media),
    )
    webhook = {"url": parts_of(request).settings.webhook, "status": taken.status, "failure": taken.failure}
    return JSONResponse(
        {**text_json(message, parts_of(request).settings.shown_at), "webhook": webhook}, status_code=201
    )


async def send_in(
    parts: Parts, number: str, body: str, *, to: str | None = None, media: tuple[str, ...] = ()
) -> tuple[Message, Delivered]:
    """A client's text, kept and forwarded. Raises HTTPException 422 with the reason."""
    if not body and not media:
        raise HTTPException(422, "A text needs a body or media. Write something.")
    if len(body) > _LONGEST_INBOUND:
        raise HTTPException(422, f"A text holds at most {_LONGEST_INBOUND} characters. Shorten it.")
    try:
        arrival = receive(number, body, to=to, media=media, state=parts.state, settings=parts.settings)
    except TwilioError:
        raise HTTPException(422, f"{number} is not a number in E.164 form, like +447700900123.") from None
    taken = await parts.courier.forward(arrival)
    if arrival.twilio_answers is not None:
        parts.courier.accept(arrival.twilio_answers)
    return arrival.message, taken


async def faults(request: Request) -> Response:
    """`GET` lists the active faults, `POST` switches one on, `DELETE` lifts all."""
    switches = parts_of(request).faults
    if request.method == "DELETE":
        return JSONResponse({"lifted": switches.lift()})
    if request.method == "POST":
        try:
            fault = Fault.parse(await _json_object(request))
        except FaultError as error:
            raise HTTPException(422, str(error)) from error
        switches.set(fault)
        return JSONResponse(fault.public(), status_code=201)
    return JSONResponse({"faults": [fault.public() for fault in switches.all()]})


async def fault(request: Request) -> Response:
    """`DELETE` lifts one fault."""
    if not parts_of(request).faults.lift(request.path_params["id"]):
        raise HTTPException(404, "There is no such fault now. See GET /gateway/faults.")
    return Response(status_code=204)


async def wipe(request: Request) -> Response:
    """`DELETE` forgets all texts and opt-outs. For tests; needs the account's credentials."""
    return JSONResponse({"deleted": authenticate(request).state.wipe()})


async def healthz(request: Request) -> Response:
    """Up, and able to read its memory."""
    next(parts_of(request).state.errands(), None)
    return JSONResponse({"status": "ok"})


ROUTES: Final = [
    Route("/gateway/phones", phones, methods=["GET"]),
    Route("/gateway/phones/{number}", phone, methods=["GET"]),
    Route("/gateway/phones/{number}/texts", text_in, methods=["POST"]),
    Route("/gateway/mail", mail, methods=["GET"]),
    Route("/gateway/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/gateway/faults/{id}", fault, methods=["DELETE"]),
    Route("/gateway/messages", wipe, methods=["DELETE"]),
    Route("/healthz", healthz, methods=["GET"]),
]


def text_json(message: Message, shown_at: Callable[[datetime], datetime]) -> dict[str, Any]:
    """A text as the phone shows it, at the time by the phone's own clock."""
    return {
        "sid": message.sid,
        "direction": message.direction.value,
        "from": message.from_,
        "to": message.to,
        "body": message.body,
        "media": list(message.media),
        "status": message.status.value,
        "error_code": message.error_code,
        "error_message": DELIVERY_ERRORS.get(message.error_code) if message.error_code else None,
        "segments": message.segments,
        "encoding": count(message.body).encoding.value,
        "at": shown_at(message.created_at).isoformat(),
    }


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise HTTPException(422, "Send a JSON object.")
    return given
