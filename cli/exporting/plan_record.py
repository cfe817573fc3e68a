"""One client's whole record as one document, all of it as of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.packs import PackShelf
from api.answers import told
from api.event_words import sentence
from api.screening_story import screening_story
from api.text_story import texts_both_ways
from cli.embedded.errors import StackError
from database.alerts import alerts_of_plan
from database.approvals import approvals_of_plan
from database.clients import client, plans_of_person
from database.events import ChainCheck, RecordedEvent, every_event, verify_chain
from database.forms import forms_of_plan
from database.notes import notes_of_plan
from database.plans import PlanView, plan
from database.sessions import sessions_of_plan
from database.sites import site
from database.staff import staff_names

FORMAT: Final = "limber plan record 1"
_TRIES: Final = 5
_LONGEST_ID: Final = 64


async def plan_record(engine: AsyncEngine, plan_id: str) -> dict[str, Any]:
    """The plan with everything that belongs to it, as plain JSON values; instants in its site's time.

    Its parts are read one after the other. Whatever happens to a plan is an event of it, so they are of one moment
    if its chain has not grown meanwhile; else they are read again. Raises NotFoundError; StackError if it goes on
    growing.
    """
    for _ in range(_TRIES):
        before = await verify_chain(engine, plan_id)
        record = await _read(engine, plan_id, before)
        if await verify_chain(engine, plan_id) == before:
            return record
    raise StackError(
        "export", f"plan {plan_id} changed while it was read, again and again", "try in a minute"
    )


async def _read(engine: AsyncEngine, plan_id: str, chain: ChainCheck) -> dict[str, Any]:
    view = await plan(engine, plan_id)
    zone = view.state.protocol.hours.zone
    parts = await _parts(engine, view)
    parts["events"] = [event_line(one, zone) async for one in every_event(engine, plan_id=plan_id)]
    parts["chain"] = {"length": chain.length, "whole": chain.whole, "broken_at": chain.broken_at}
    record: dict[str, Any] = told(parts, zone)
    record["people"] = await staff_names(engine, frozenset(_ids_in(record)))
    return {"format": FORMAT, **record}


async def _parts(engine: AsyncEngine, view: PlanView) -> dict[str, Any]:
    plan_id, state = view.summary.id, view.state
    place = await site(engine, view.summary.site_id)
    pack = await PackShelf(engine).get(state.protocol.pack_hash)
    own = await plans_of_person(engine, state.client_id)
    return {
        "plan": view.summary,
        "site": {"id": place.id, "clinic": place.clinic_name, "name": place.name, "phone": place.phone},
        "client": await client(engine, state.client_id),
        "other_plans_of_this_person": [one for one in own if one != plan_id],
        "forms": await forms_of_plan(engine, plan_id),
        "screening": screening_story(pack, state.screening.result, place),
        "protocol": state.protocol,
        "sessions": await sessions_of_plan(engine, plan_id),
        "approvals": await approvals_of_plan(engine, plan_id),
        "alerts": await alerts_of_plan(engine, plan_id),
        "notes": await notes_of_plan(engine, plan_id),
        "messages": await texts_both_ways(engine, plan_id),
        "state": {name: getattr(state, name) for name in state.names() if name != "protocol"},
    }


def event_line(recorded: RecordedEvent, zone: str) -> dict[str, Any]:
    """An event with its place in the chain and, for people, as a sentence."""
    return {"what": sentence(recorded.event, zone), **link_of(recorded)}


def link_of(recorded: RecordedEvent) -> dict[str, Any]:
    """An event with all that its hash covers, that hash and the one before it, in hexadecimal digits."""
    event = recorded.event
    return {
        "id": recorded.id,
        "plan_id": recorded.plan_id,
        "plan_seq": recorded.plan_seq,
        "position": recorded.position,
        "kind": event.kind,
        "at": event.at,
        "rule": event.rule,
        "actor": event.actor,
        "facts": event.facts,
        "previous_hash": recorded.previous_hash.hex(),
        "hash": recorded.hash.hex(),
        "recorded_at": recorded.recorded_at,
    }


def _ids_in(value: Any) -> Iterator[str]:
    """Every string of a document that may be an id: staff are named by theirs in many places."""
    if isinstance(value, str):
        if len(value) <= _LONGEST_ID and " " not in value:
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids_in(inner)
