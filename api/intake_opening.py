"""From an intake form to a plan: judge it, resolve its protocol, record everything at once, start it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import structlog

from api.clinic import Clinic
from api.first_plan import first_state
from api.first_visit import propose
from api.identity import Identity
from api.intake_checks import House
from api.intake_reading import read_intake
from api.problems import no_clinic
from care.protocol import session_minutes
from care.screening import screen
from database.intakes import CreatedPlan, NewClient, NewConsent, NewPlan, create_plan, intake_by_key
from database.plans import mark_started
from database.sites import all_sites
from database.staff import all_staff, escalation_chain
from schemas.commands import Role
from schemas.events import EventKind, PlanEvent
from schemas.intake import IntakeForm
from schemas.plan import PlanState
from schemas.refusals import PlanAskFailed

TEXTS: Final = "texts"
EMAIL: Final = "email"

_log = structlog.get_logger(__name__)


async def open_from_intake(clinic: Clinic, who: Identity, body: Any, key: str) -> CreatedPlan:
    """Open a plan, once for each idempotency key.

    Raises Problem 422 with every wrong field and KeyReusedError if the key came before with another body;
    nothing is stored then. If the engine is away the plan is stored and housekeeping starts it later.
    """
    body_hash = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    before = await intake_by_key(clinic.engine, key, body_hash)
    if before is not None:
        return before
    house = await house_of(clinic)
    form = read_intake(body, house)
    minutes = session_minutes(clinic.pack, form.profile, form.condition)
    visit = await propose(clinic.engine, house, form, minutes)
    result = screen(
        clinic.pack,
        form.screening,
        house.today,
        form.target_regions,
        profile=form.profile,
        condition=form.condition,
    )
    chain = await escalation_chain(clinic.engine, visit.site.id, visit.slot.therapist_id)
    state = first_state(clinic.pack, form, result, visit, chain=chain, now=house.now)
    created = await create_plan(
        clinic.engine,
        NewPlan(
            idempotency_key=key,
            body_hash=body_hash,
            form=form.model_dump(mode="json", by_alias=True),
            screening=result,
            state=state,
            received_at=house.now,
            client=_client(form),
            consents=_consents(form, who.actor.id),
            events=(_received(form, house.now, who.actor.id),),
        ),
    )
    if not created.repeated:
        clinic.metrics.intake(result.overall)
        await _start(clinic, state)
    return created


async def house_of(clinic: Clinic) -> House:
    """What a form is read against, as it stands now; Problem 503 while no site is set up."""
    sites = await all_sites(clinic.engine)
    if not sites:
        raise no_clinic()
    now = clinic.clock()
    return House(
        pack=clinic.pack,
        sites=sites,
        therapists=await all_staff(clinic.engine, role=Role.treating_physiotherapist),
        now=now,
        today=now.astimezone(ZoneInfo(sites[0].zone)).date(),
        fictional_numbers=clinic.fictional_numbers,
    )


def _client(form: IntakeForm) -> NewClient:
    client, gp, emergency = form.client, form.gp, form.emergency_contact
    return NewClient(
        given_name=client.given_name,
        family_name=client.family_name,
        date_of_birth=client.date_of_birth,
        mobile=client.mobile,
        email=client.email,
        texts_allowed=form.consent.texts,
        language=client.language,
        gp=gp.model_dump(mode="json") if gp else None,
        emergency_contact=emergency.model_dump(mode="json") if emergency else None,
    )


def _consents(form: IntakeForm, recorded_by: str) -> tuple[NewConsent, ...]:
    consent = form.consent
    asked = {TEXTS: consent.texts, EMAIL: consent.email}
    return tuple(
        NewConsent(kind, granted, consent.wording, consent.how or "", recorded_by)
        for kind, granted in asked.items()
        if kind == TEXTS or granted
    )


def _received(form: IntakeForm, now: datetime, actor: str) -> PlanEvent:
    return PlanEvent(
        kind=EventKind.intake_received,
        at=now,
        actor=actor,
        facts={
            "profile": form.profile,
            "condition": form.condition,
            "regions": form.target_regions,
            "goals": len(form.goals),
            "texts": form.consent.texts,
        },
    )


async def _start(clinic: Clinic, state: PlanState) -> None:
    """Start the plan's workflow now if the engine answers; housekeeping starts those that are left."""
    try:
        await clinic.plans.start(state)
    except PlanAskFailed as failed:
        _log.warning("plan waits for the engine", plan_id=state.plan_id, code=failed.code)
        return
    await mark_started(clinic.engine, state.plan_id, clinic.clock())
