"""What is true right now about a text's recipient, plan and session: the checks before the POST look at this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.leave import stand_ins
from database.person_texts import PersonTexts, person_texts
from schemas.messages import Audience, TextOrder
from schemas.plan import SessionStatus, Stage
from schemas.protocol import SiteHours
from schemas.rules_texting import Nation


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The session a text is about, as the calendar has it now."""

    status: SessionStatus
    revision: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class SiteText:
    """A site's own wording of a text: which version of it, and the words."""

    version: int
    body: str


@dataclass(frozen=True, slots=True)
class TextFacts:
    """Facts for the checks and for the words.

    `texts_allowed` is False once the recipient's number opted out by text; `consented` is False if texts were
    never agreed to. Staff are always both. `texts_agreed` is False for a client under 16 whose texts nobody has
    recorded as agreed (SCR-24). `hours` are the plan's own, as its protocol was approved: by them its
    texts were planned, the rule pack's quiet hours among them. `number` is E.164. `session` is None if the text
    names none or the calendar has none of that number. `therapist` is a full name. `language` is the recipient's,
    `site_text` the site's own words for this text, None if it uses the product's. `person` is what went to this
    person lately by all of their plans, of which `most_questions` in 7 days may be check-in questions; only
    a text by the calendar asks.
    """

    stage: Stage
    closed_at: datetime | None
    number: str | None
    texts_allowed: bool
    consented: bool
    texts_agreed: bool
    hours: SiteHours
    clinic_name: str
    phone: str
    nation: Nation
    therapist: str | None
    pack_hash: str
    session: SessionFacts | None
    language: str
    site_text: SiteText | None
    most_questions: int
    person: PersonTexts


_LANGUAGE = "CASE :audience WHEN 'staff' THEN 'en-GB' ELSE clients.language END"
_ASKED_FOR = {
    "stage": "plans.stage",
    "closed_at": "plans.closed_at",
    "pack_hash": "plans.pack_hash",
    "most_questions": "CAST(plans.state -> 'protocol' ->> 'max_routine_per_7_days' AS integer)",
    "hours": "plans.state -> 'protocol' -> 'hours'",
    "clinic_name": "sites.clinic_name",
    "phone": "sites.phone",
    "nation": "sites.nation",
    "therapist": "therapist.name",
    "language": _LANGUAGE,
    "own_version": "own.version",
    "own_body": "own.body",
    "number": "CASE :audience WHEN 'staff' THEN member.mobile ELSE clients.mobile END",
    "texts_allowed": ":audience = 'staff' OR clients.texts_allowed OR last_word.how IS DISTINCT FROM 'text'",
    "consented": ":audience = 'staff' OR clients.texts_allowed OR last_word.how IS NOT DISTINCT FROM 'text'",
    "texts_agreed": "coalesce(CAST(plans.state ->> 'texts_agreed' AS boolean), true)",
    "status": "sessions.status",
    "revision": "sessions.revision",
    "confirmed": "sessions.confirmed",
}
# With the answer's columns named, SQLAlchemy need not look through them again for every text.
_FACTS = text(
    f"""
    SELECT {", ".join(f"{sql} AS {name}" for name, sql in _ASKED_FOR.items())}
      FROM plans
      JOIN sites ON sites.id = plans.site_id
      JOIN clients ON clients.id = plans.client_id
      LEFT JOIN staff AS therapist ON therapist.id = coalesce(:therapist_id, plans.therapist_id)
      LEFT JOIN staff AS member ON member.id = :acting_id AND member.active
      LEFT JOIN sessions ON sessions.plan_id = plans.id AND sessions.no = :session_no
      LEFT JOIN LATERAL (
           SELECT how FROM consents
            WHERE consents.client_id = clients.id AND consents.kind = 'texts' ORDER BY at DESC LIMIT 1
           ) AS last_word ON true
      LEFT JOIN LATERAL (
           SELECT version, body FROM site_texts
            WHERE site_texts.site_id = plans.site_id AND site_texts.name = :template
              AND site_texts.language = {_LANGUAGE}
            ORDER BY version DESC LIMIT 1
           ) AS own ON true
     WHERE plans.id = :plan_id
    """  # noqa: S608 - only constants of this file
).columns(*map(column, _ASKED_FOR))


async def text_facts(engine: AsyncEngine, order: TextOrder, now: datetime) -> TextFacts:
    """The facts about a text at `now`, the plan's time; raises NotFoundError for an unknown plan."""
    parameters = {
        "plan_id": order.plan_id,
        "audience": Audience(order.audience).value,
        "acting_id": order.recipient_id,
        "therapist_id": order.therapist_id,
        "session_no": order.session_no,
        "template": order.template,
    }
    if order.audience is Audience.staff:  # on leave, the one who stands in is paged
        parameters["acting_id"] = (await stand_ins(engine, now)).acting(order.recipient_id)
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_FACTS, parameters)).one_or_none()
        if row is None:
            raise NotFoundError("plan", order.plan_id)
        person = await person_texts(connection, order, now) if order.by_the_calendar else PersonTexts()
    return TextFacts(
        stage=Stage(row.stage),
        closed_at=row.closed_at,
        number=row.number,
        texts_allowed=row.texts_allowed,
        consented=row.consented,
        texts_agreed=row.texts_agreed,
        hours=SiteHours.read(row.hours),
        clinic_name=row.clinic_name,
        phone=row.phone,
        nation=Nation(row.nation),
        therapist=row.therapist,
        pack_hash=row.pack_hash,
        session=SessionFacts(SessionStatus(row.status), row.revision, row.confirmed) if row.status else None,
        language=row.language,
        site_text=SiteText(row.own_version, row.own_body) if row.own_body is not None else None,
        most_questions=row.most_questions,
        person=person,
    )
