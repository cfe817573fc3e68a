"""Plans as staff read them. Everything comes from the record: reads work while the engine is away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api import cursors
from api.answers import answer, told
from api.clinic import TheClinic
from api.event_words import sentence
from api.identity import Who, find_member
from api.plan_at_hand import PlanAtHand, ThePlan
from api.screening_story import screening_story
from api.text_story import texts_both_ways
from care.agenda import agenda
from care.preview import preview
from database.alerts import alerts_of_plan
from database.approvals import approvals_of_plan
from database.clients import client
from database.events import RecordedEvent, events_of_plan, verify_chain
from database.notes import notes_of_plan
from database.plan_zones import zones_of_plans
from database.plans import PlanFilter, list_plans
from database.sites import site
from schemas.base import Strict
from schemas.plan import Stage

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

_STORY = 500


class PlansAsked(Strict):
    """Which plans to list."""

    stage: list[Stage] = Field([], description="Any of these stages.")
    open: bool = Field(False, description="Leave ended plans out.")
    therapist: str | None = Field(None, description="Id or e-mail.")
    site: str | None = Field(None, description="Id of a site.")
    q: str | None = Field(None, max_length=100, description="Part of a client's name.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before.")


@router.get("", summary="Plans, the last opened first")
async def get_plans(clinic: TheClinic, who: Who, asked: Annotated[PlansAsked, Query()]) -> Response:
    """A page, of the sites where the asker works; a process sees all. `next` is null on the last one."""
    wanted = PlanFilter(
        stages=frozenset(asked.stage),
        open_only=asked.open,
        therapist_id=await _member_id(clinic, asked.therapist),
        site_id=asked.site,
        client=asked.q,
        sites=who.sites,
    )
    after = cursors.read(asked.cursor) if asked.cursor else None
    page = await list_plans(clinic.engine, wanted, after=after, limit=asked.limit)
    zones = await zones_of_plans(clinic.engine, (one.id for one in page.plans))
    return answer(
        {
            "plans": [told(one, zones[one.id]) for one in page.plans],
            "next": cursors.written(page.next) if page.next else None,
        }
    )


async def _member_id(clinic: TheClinic, who: str | None) -> str | None:
    """The id of a person; one whom nobody knows has no plans, which is not an error."""
    if who is None:
        return None
    found = await find_member(clinic, who)
    return found.id if found else who


@router.get("/{plan_id}", summary="One plan")
async def get_plan(clinic: TheClinic, _who: Who, plan: ThePlan) -> Response:
    """Its state, what is ahead (agenda), what happened (timeline), who waits for whom."""
    pack = await clinic.pack_by_hash(plan.state.protocol.pack_hash)
    place = await site(clinic.engine, plan.view.summary.site_id)
    events = await events_of_plan(clinic.engine, plan.id, limit=_STORY)
    return answer(
        {
            "plan": plan.view.summary,
            "client": await client(clinic.engine, plan.state.client_id),
            "screening": screening_story(pack, plan.state.screening.result, place),
            "state": plan.state,
            "agenda": agenda(plan.state),
            "timeline": [_line(one, plan.zone) for one in reversed(events)],
            "approvals": await approvals_of_plan(clinic.engine, plan.id),
            "alerts": await alerts_of_plan(clinic.engine, plan.id),
            "notes": await notes_of_plan(clinic.engine, plan.id),
        },
        plan.zone,
    )


def _line(recorded: RecordedEvent, zone: str) -> dict[str, Any]:
    event = recorded.event
    return {
        "at": event.at,
        "what": sentence(event, zone),
        "kind": event.kind,
        "rule": event.rule,
        "actor": event.actor,
        "facts": event.facts,
    }


@router.get("/{plan_id}/preview", summary="What lies ahead if all goes as planned")
async def get_preview(
    clinic: TheClinic, _who: Who, plan: ThePlan, weeks: Annotated[int, Query(ge=1, le=104)] = 26
) -> Response:
    """Every text, session, review and step, by the same agenda that runs the plan."""
    now = max(clinic.clock(), plan.view.summary.updated_at)
    return answer({"weeks": weeks, "planned": preview(plan.state, now, weeks)}, plan.zone)


@router.get("/{plan_id}/messages", summary="Texts both ways, each with why")
async def get_messages(clinic: TheClinic, _who: Who, plan: ThePlan) -> Response:
    """The newest first: what was sent or not and why, and what the client wrote."""
    return answer({"messages": await texts_both_ways(clinic.engine, plan.id)}, plan.zone)


@router.get("/{plan_id}/events", summary="The audit: every event, hash-chained")
async def get_events(
    clinic: TheClinic,
    _who: Who,
    plan: ThePlan,
    before: Annotated[int | None, Query(ge=1, description="Events before this position.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The newest first. `chain` says whether every event is as it was written and none is missing."""
    found = await events_of_plan(clinic.engine, plan.id, before_position=before, limit=limit)
    chain = await verify_chain(clinic.engine, plan.id)
    return answer(
        {
            "events": [_audited(one, plan) for one in found],
            "next_before": found[-1].position if found and found[-1].position > 1 else None,
            "chain": {"length": chain.length, "whole": chain.whole, "broken_at": chain.broken_at},
        },
        plan.zone,
    )


def _audited(recorded: RecordedEvent, plan: PlanAtHand) -> dict[str, Any]:
    return {
        **_line(recorded, plan.zone),
        "position": recorded.position,
        "plan_seq": recorded.plan_seq,
        "hash": recorded.hash.hex(),
        "recorded_at": recorded.recorded_at,
    }
