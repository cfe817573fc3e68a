"""Everything a plan's page shows, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.clinic import Clinic
from api.console import words
from api.console.life import TELLING, Life, life
from api.console.line_of_care import LineOfCare, line_of_care
from api.console.moments import SiteClock
from api.console.planned_words import Ahead, planned_words
from api.event_words import sentence
from api.plan_at_hand import PlanAtHand
from api.screening_story import Found, found, limits, screening_story
from api.text_story import text_story
from care.agenda import next_item
from care.held_regions import kept_out
from care.preview import preview
from database.alerts import AlertView, alerts_of_plan
from database.approvals import ApprovalView, approvals_of_plan
from database.events import events_of_kinds, events_of_plan
from database.inbound import texts_from_plan
from database.notes import Note, notes_of_plan
from database.outbox import texts_of_plan
from database.sites import Site
from schemas.events import PlanEvent
from schemas.plan import AHEAD, TEXT_KINDS, AgendaItem, PlanState, Session
from schemas.rules import RulePack
from schemas.screening import Restriction

_WEEKS_AHEAD: Final = 6
_AUDIT_SHOWN: Final = 60


@dataclass(frozen=True)
class AuditLine:
    """One event as a sentence."""

    at: datetime
    what: str
    rule: str | None
    actor: str


@dataclass(frozen=True)
class PlanStory:
    """A plan as its page tells it."""

    plan: PlanAtHand
    clock: SiteClock
    site: Site
    pack: RulePack
    next_sentence: str
    life: Life
    line: LineOfCare
    ahead: tuple[Ahead, ...]
    thread: tuple[dict[str, Any], ...]
    screening: dict[str, Any]
    found: tuple[Found, ...]
    limits: tuple[dict[str, Any], ...]
    left_out: tuple[Restriction, ...]
    approvals: tuple[ApprovalView, ...]
    alerts: tuple[AlertView, ...]
    notes: tuple[Note, ...]
    audit: tuple[AuditLine, ...]
    coming: tuple[Session, ...]


async def plan_story(clinic: Clinic, plan: PlanAtHand, place: Site) -> PlanStory:
    """Read a plan of this site whole."""
    engine, state, summary = clinic.engine, plan.state, plan.view.summary
    clock = plan.present(clinic)
    pack = await clinic.pack_by_hash(state.protocol.pack_hash)
    recent = await events_of_plan(engine, plan.id, limit=_AUDIT_SHOWN)
    approvals, alerts = await approvals_of_plan(engine, plan.id), await alerts_of_plan(engine, plan.id)
    thread = await _thread(clinic, plan.id)
    told = await planned_words(engine, pack, place, state.protocol, summary.therapist)
    planned = tuple(told.ahead(line) for line in preview(state, clock.now, _WEEKS_AHEAD))
    lived = life(await events_of_kinds(engine, plan.id, TELLING), state.protocol.start_step)
    return PlanStory(
        plan=plan,
        clock=clock,
        site=place,
        pack=pack,
        next_sentence=next_sentence(state, clock, summary.therapist),
        life=lived,
        line=line_of_care(
            state, lived, clock, approvals=approvals, alerts=alerts, texts=thread, planned=planned
        ),
        ahead=planned,
        thread=thread,
        screening=screening_story(pack, state.screening.result, place),
        found=await found(engine, plan.id, pack, state.screening.result),
        limits=limits(pack, state.protocol),
        left_out=kept_out(pack, state.protocol),
        approvals=approvals,
        alerts=alerts,
        notes=await notes_of_plan(engine, plan.id),
        audit=tuple(_audit(one.event, plan.zone) for one in recent),
        coming=tuple(sorted((s for s in state.sessions if s.status in AHEAD), key=lambda s: s.starts_at)),
    )


async def _thread(clinic: Clinic, plan_id: str) -> tuple[dict[str, Any], ...]:
    """Texts both ways, the newest first, each under a name that the page can point to.

    What the provider said of each on its way is not asked for: the page tells how it ended.
    """
    ours = [text_story(one, ()) for one in await texts_of_plan(clinic.engine, plan_id)]
    theirs = [
        {"direction": "in", "at": one.received_at, "body": one.body, "status": one.status, "key": one.id}
        for one in await texts_from_plan(clinic.engine, plan_id)
    ]
    newest_first = sorted([*ours, *theirs], key=lambda one: one["at"], reverse=True)
    return tuple({**one, "anchor": f"text-{number}"} for number, one in enumerate(newest_first))


def _audit(event: PlanEvent, zone: str) -> AuditLine:
    return AuditLine(event.at, sentence(event, zone), event.rule, event.actor)


def next_sentence(state: PlanState, clock: SiteClock, therapist: str) -> str:
    """What happens next, and the session after it where that is something else."""
    item = next_item(state)
    if item is None:
        return "Nothing more happens by itself."
    said = f"Next: {next_words(item)}, {clock.at(item.due)}"
    session = _next_session(state, clock.now)
    if session is None or item.kind not in TEXT_KINDS:
        return f"{said}."
    return f"{said}, then session {session.no}, {clock.at(session.starts_at)} with {therapist.partition(' ')[0]}."


def next_words(item: AgendaItem) -> str:
    """An agenda item as part of a sentence."""
    return words.NEXT[item.kind].format(session=item.session_no or "–")


def _next_session(state: PlanState, now: datetime) -> Session | None:
    coming = [s for s in state.sessions if s.status in AHEAD and s.starts_at > now]
    return min(coming, key=lambda s: s.starts_at, default=None)
