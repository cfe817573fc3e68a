"""The demo clinic on paper: its site, hours and staff without a database, to preview a plan against."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.first_plan import first_state
from api.first_visit import FirstVisit
from api.intake_checks import House
from api.intake_reading import read_intake
from care.protocol import session_minutes
from care.screening import screen
from database import demo_clinic as demo
from database.calendar import FreeSlot
from database.staff import StaffMember
from schemas.commands import Role
from schemas.intake import IntakeForm
from schemas.plan import PlanState
from schemas.protocol import ChainLink
from schemas.rules import RulePack

_USUAL_TIME = time(10)


def paper_house(pack: RulePack, now: datetime) -> House:
    """What an intake form is read against."""
    return House(
        pack=pack,
        sites=(demo.SITE,),
        therapists=tuple(_member(p) for p in demo.STAFF if Role.treating_physiotherapist in p.roles),
        now=now,
        today=now.astimezone(ZoneInfo(demo.ZONE)).date(),
        fictional_numbers=True,
    )


def _member(person: demo.Person) -> StaffMember:
    return StaffMember(
        id=person.id,
        name=person.name,
        initials=person.initials,
        email=person.email,
        mobile=person.mobile,
        hcpc_number=person.hcpc_number,
        hcpc_checked_on=None,
        active=True,
        roles={demo.SITE_ID: person.roles},
    )


def paper_plan(body: object, pack: RulePack, now: datetime) -> PlanState:
    """The plan that a form would open. Raises api.problems.Problem that names every wrong field."""
    house = paper_house(pack, now)
    form = read_intake(body, house)
    result = screen(
        pack,
        form.screening,
        house.today,
        form.target_regions,
        profile=form.profile,
        condition=form.condition,
    )
    person = next((p for p in demo.STAFF if p.id == form.therapist), demo.THERAPIST)
    chain = (person, demo.DUTY, demo.LEAD, demo.MANAGER)
    links = tuple(
        ChainLink(role=role, staff_id=one.id)
        for role, one in zip(pack.enums.escalation_chain, chain, strict=False)
    )
    return first_state(pack, form, result, _visit(pack, form, person, now), chain=links, now=now)


def _visit(pack: RulePack, form: IntakeForm, person: demo.Person, now: datetime) -> FirstVisit:
    starts = _first_visit(form, now)
    minutes = timedelta(minutes=session_minutes(pack, form.profile, form.condition))
    room = demo.ROOM_IDS[(person.room or 1) - 1]
    return FirstVisit(demo.SITE, FreeSlot(starts, starts + minutes, person.id, room))


def _first_visit(form: IntakeForm, now: datetime) -> datetime:
    """The client's preferred weekday and time, at least two days ahead, on a day the clinic is open."""
    zone = ZoneInfo(demo.ZONE)
    day = now.astimezone(zone).date() + timedelta(days=2)
    if form.preferred.from_date is not None:
        day = max(day, form.preferred.from_date)
    wanted = form.preferred.weekday
    days = {span.weekday for span in demo.HOURS.spans} if wanted is None else {wanted.number}
    while day.weekday() not in days or day in demo.HOURS.closed_on:
        day += timedelta(days=1)
    return datetime.combine(day, form.preferred.time or _USUAL_TIME, tzinfo=zone).astimezone(UTC)
