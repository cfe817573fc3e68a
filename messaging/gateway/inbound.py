"""A client texts in: the text is kept, Twilio's keywords take effect, and the webhook is told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from messaging.gateway.creation import Creation, is_number, reply
from messaging.gateway.errand import Errand, ErrandKind
from messaging.gateway.errors import TwilioError
from messaging.gateway.keywords import act
from messaging.gateway.message import Direction, Message, Status, new_sid
from messaging.gateway.settings import GatewaySettings
from messaging.gateway.state import State
from messaging.segments import count


@dataclass(frozen=True, slots=True)
class Arrival:
    """An inbound text, the errand that tells the webhook, and Twilio's own answer if it gives one."""

    message: Message
    errand: Errand
    twilio_answers: Creation | None


def receive(
    phone: str,
    body: str,
    *,
    to: str | None,
    media: tuple[str, ...] = (),
    state: State,
    settings: GatewaySettings,
) -> Arrival:
    """What follows from `phone` texting `body`.

    `to` None means whoever texted this phone last, else the clinic's number. Opting out takes effect at
    once. Raises TwilioError for a `phone` that is no number.
    """
    if not is_number(phone):
        raise TwilioError(21212, phone)
    now = datetime.now(UTC)
    body = body.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # half an emoji
    last_out = next((one for one in reversed(state.conversation(phone)) if one.outbound), None)
    service = last_out.messaging_service_sid if last_out and to in (None, last_out.from_) else None
    clinic = to or (last_out.from_ if last_out else None) or settings.number
    message = Message(
        sid=new_sid(with_media=bool(media)),
        direction=Direction.INBOUND,
        from_=phone,
        to=clinic,
        body=body,
        status=Status.RECEIVED,
        segments=count(body).segments,
        created_at=now,
        updated_at=now,
        sent_at=now,
        media=media,
        messaging_service_sid=service,
    )
    acted = act(body, phone=phone, sender=message.sender, state=state, settings=settings, now=now)
    announced = acted.opt_out_type if acted and settings.advanced_opt_out else None
    errand = Errand(ErrandKind.INBOUND, message.sid, now, secrets.token_hex(8), opt_out_type=announced)
    answer = reply(phone, clinic, acted.answer, service) if acted and acted.answer else None
    return Arrival(message, errand, answer)
