"""The demo's clients come and live through weeks of care, so that a visitor finds a clinic at work.

Everything goes the way it goes for people: forms through the API, answers from the phones, decisions by staff, in
virtual time. If somebody else begins to use the clinic meanwhile, time stops for them, at a time of day.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from care.local_time import is_quiet
from cli.playing.cast import CAST, CastMember, Event, Happens
from cli.playing.people import Phone, RequestRefused
from cli.playing.script import Script
from cli.playing.together import MovedClinic, Together
from cli.playing.visitor_time import VISITOR_DECIDES
from database.demo_clinic import HOURS, ZONE
from database.demo_plans import open_plans, plan_count

_FORM: Final = Path(__file__).parents[2] / "docs" / "examples" / "anna-back-pain.json"
_BEFORE_THE_FIRST: Final = timedelta(days=1)
_MIDWEEK: Final = 2
_PRESENT: Final = time(10, 45)
_MOST_TEXTS_LOST: Final = 2

Say = Callable[[str], None]
_Deed = tuple[datetime, CastMember, Event | None]


class Arrivals:
    """Brings the cast into an empty clinic."""

    def __init__(self, clinic: MovedClinic, say: Say) -> None:
        self._clinic = clinic
        self._say = say
        self._plans: dict[str, CastMember] = {}
        self._together = Together(clinic, self._script_of)

    async def run(self) -> None:
        """Play the month; what goes wrong for one client is said and leaves the others."""
        if await plan_count(self._clinic.engine):
            self._say("there are plans already, so the demo's clients stay away")
            return
        with self._clinic.clock.held() as ours:
            if not ours:
                self._say("somebody else moves time just now; try again when it rests")
                return
            try:
                await self._play(present_after(self._clinic.clock.now()))
            finally:
                await self._together.close()
        for fault in (*self._together.stuck, *self._together.refusals):
            self._say(f"not as it should be: {fault}")

    async def _play(self, present: datetime) -> None:
        deeds = sorted(_deeds(present), key=lambda deed: deed[0])
        for at, member, event in deeds:
            if not await self._together.pass_to(at, enough=self._visited):
                self._say("somebody uses the clinic: its time goes on as the world's from here")
                return
            if event is None:
                await self._arrive(member)
            else:
                await self._happen(member, event, present)
        await self._together.pass_to(present, enough=self._visited)
        self._say(
            f"{len(self._plans)} clients live their plans; in the clinic it is {_told(self._clinic.clock.now())}"
        )

    async def _arrive(self, member: CastMember) -> None:
        try:
            opened = await self._clinic.staff.take_intake(_form_of(member), f"demo client {member.line}")
        except RequestRefused as refused:
            self._say(f"{member.given_name} {member.family_name} could not come: {refused}")
            return
        self._plans[str(opened["plan_id"])] = member
        now = _told(self._clinic.clock.now())
        self._say(f"{len(self._plans)} of {len(CAST)} have come; in the clinic it is {now}")

    async def _happen(self, member: CastMember, event: Event, present: datetime) -> None:
        plan_id = next((plan for plan, one in self._plans.items() if one is member), None)
        if plan_id is None:
            return
        if event.what is Happens.phone_off:
            phone = Phone(self._clinic.gateway_url, member.mobile)
            await phone.cannot_be_reached(_MOST_TEXTS_LOST)
            await phone.close()
            return
        body: dict[str, Any] = {"reason": event.reason}
        if event.until is not None:
            body["until"] = (present + event.until).isoformat()
        try:
            await self._clinic.staff.steer(str(member.form["therapist"]), plan_id, event.what, body)
        except RequestRefused as refused:
            self._say(f"{member.given_name} {member.family_name}: {event.what} was refused: {refused}")

    def _script_of(self, plan_id: str) -> Script:
        member = self._plans.get(plan_id)
        return member.script if member else VISITOR_DECIDES

    async def _visited(self, now: datetime) -> bool:
        """Whether somebody else has opened a plan, asked by day only: at night no text would reach them."""
        if is_quiet(HOURS, now):
            return False
        found = await open_plans(self._clinic.engine, limit=len(CAST) + 1)
        return any(plan.id not in self._plans for plan in found)


def present_after(begin: datetime) -> datetime:
    """The demo's present for a clinic that begins then: mid-week, mid-morning, after the longest plan's life."""
    day = (
        (begin + timedelta(days=max(one.came for one in CAST)) + _BEFORE_THE_FIRST)
        .astimezone(ZoneInfo(ZONE))
        .date()
    )
    while day.weekday() != _MIDWEEK or day in HOURS.closed_on:
        day += timedelta(days=1)
    return datetime.combine(day, _PRESENT, tzinfo=ZoneInfo(ZONE))


def _deeds(present: datetime) -> list[_Deed]:
    arrivals: list[_Deed] = []
    for member in CAST:
        day = present.date() - timedelta(days=member.came)
        arrivals.append((datetime.combine(day, member.hour, tzinfo=present.tzinfo), member, None))
        arrivals += [(present - event.before, member, event) for event in member.events]
    return arrivals


def _form_of(member: CastMember) -> dict[str, Any]:
    form: dict[str, Any] = json.loads(_FORM.read_text(encoding="utf-8"))
    address = f"{member.given_name}.{member.family_name}@mail.example".lower()
    form |= {name: value for name, value in member.form.items() if value is not None}
    for name in [name for name, value in member.form.items() if value is None]:
        form.pop(name, None)
    form["client"] = {
        "given_name": member.given_name,
        "family_name": member.family_name,
        "date_of_birth": member.born,
        "mobile": member.mobile,
        "email": address,
    }
    form["screening"] |= {"SCR-21": {"value": "no"}, **member.screening}
    return form


def _told(moment: datetime) -> str:
    there = moment.astimezone(ZoneInfo(ZONE))
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M}"
