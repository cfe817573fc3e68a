"""A clinic in the middle of an ordinary Tuesday: clients in every stage, served to a browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.clinic import Clinic
from api.passwords import hash_password
from care.day_questions import note_not_asked
from care.draft import Draft
from care.pack import builtin
from database import demo_clinic
from database.demo_clinic import STAFF, THERAPIST
from database.engine import create_engine
from database.migrate import upgrade
from database.outages import note_awake
from database.receipts import FinalFailure
from database.tables import inbound_messages
from database.tables.texts import InboundStatus
from schemas.alerts import AlertReason
from schemas.names import new_id
from schemas.plan import SessionStatus
from schemas.protocol import ApprovalKind
from schemas.rules import RulePack
from schemas.settings import Settings
from tests.browser.client_form import OpenForm, open_form
from tests.browser.second_door import SecondDoor, second_door
from tests.browser.served import free_socket, served
from tests.console.staged_clinic import CALM, StagedPlan, StagedPlans

NOW: Final = datetime(2026, 11, 24, 10, 12, tzinfo=UTC)
"""A Tuesday morning, for good: a page looks the same whenever it is opened."""

PASSWORD: Final = "correct horse battery staple"
_TOKEN: Final = "a-service-token-for-tests"
_THIS_MORNING: Final = timedelta(hours=2)
_JUST_NOW: Final = timedelta(minutes=4)
_EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
_DATABASE: Final = "lively_clinic"


@dataclass(frozen=True)
class Life:
    """A client: the example form that their own differs from, how long ago it came, what happened last."""

    given_name: str
    family_name: str
    form: str = "anna-back-pain"
    since: timedelta = timedelta(0)
    weekday: str = "tuesday"
    time: str = "10:00"
    then: Callable[[StagedPlan], None] | None = None
    undecided: timedelta = timedelta(0)
    """For how long nobody has decided anything about this plan; about one of this week nobody has at all."""
    own_form: bool = False


def _texts(words: str) -> Callable[[StagedPlan], None]:
    """The client texts, a few minutes ago."""

    def act(plan: StagedPlan) -> None:
        plan.text(words)

    return act


def _was_not_asked(plan: StagedPlan) -> None:
    """At the latest visit nobody asked some of the day's questions."""
    draft = Draft(plan.state, plan.now, "test:day")
    visits = [one.no for one in plan.state.sessions if one.status is SessionStatus.attended]
    note_not_asked(draft, max(visits), ("DAY-01", "DAY-03", "DAY-04", "DAY-05"))
    plan.commit(draft)


def _weeks(number: float) -> timedelta:
    return timedelta(weeks=number)


LIVES: Final = (
    Life("Anna", "Kowalska", since=_weeks(7), own_form=True),
    Life(
        "Daniel",
        "Osei",
        since=_weeks(4),
        time="11:00",
        then=_texts("Since this morning my bum has gone numb and I cant feel when I wipe"),
    ),
    Life("Ravi", "Menon", since=_weeks(10), time="14:00", undecided=_weeks(1)),
    Life(
        "Beatrice", "Lamb", since=_weeks(3), weekday="wednesday", time="09:00", then=_texts("Worse today, 8")
    ),
    Life("Tomasz", "Zielinski", since=_weeks(5), time="15:00", undecided=_weeks(1)),
    Life("ياسمين", "الحداد", since=_weeks(2), weekday="thursday", time="12:00"),
    Life("Frances", "Delaney", "frances-no-texts", since=_weeks(6), then=_was_not_asked, own_form=True),
    Life(
        "Dorothy",
        "Whitcombe",
        "dorothy-osteoporosis",
        since=timedelta(hours=30),
        undecided=timedelta(hours=30),
        own_form=True,
    ),
    Life(
        "Caitlin",
        "Morgan",
        "caitlin-athlete",
        since=timedelta(days=1),
        undecided=timedelta(days=1),
        own_form=True,
    ),
    Life("Nora", "Byrne", since=timedelta(hours=3)),
    Life("Lewis", "Grant", since=timedelta(hours=2)),
    Life(
        "George",
        "Achebe",
        "george-recent-surgery",
        since=timedelta(days=2),
        undecided=timedelta(days=2),
        own_form=True,
    ),
    Life(
        "Maya",
        "Lindqvist",
        "maya-saddle-numbness",
        since=timedelta(minutes=8),
        undecided=timedelta(minutes=8),
        own_form=True,
    ),
    Life(
        "Omar",
        "Haddad",
        "omar-unfinished-form",
        since=timedelta(hours=20),
        undecided=timedelta(hours=20),
        own_form=True,
    ),
)


MORE_LIVES: Final = tuple(
    Life(given, family, since=_weeks(weeks), time=time, undecided=_weeks(3))
    for given, family, weeks, time in (
        ("Mei", "Tan", 8, "16:00"),
        ("Joel", "Adler", 3, "09:45"),
        ("Ines", "Castro", 7, "09:00"),
        ("Kirsten", "Holm", 6, "12:00"),
        ("Luca", "Moretti", 7, "13:15"),
        ("Nils", "Berg", 6, "11:45"),
        ("Olga", "Petrova", 7, "10:45"),
    )
)
"""Clients who come until somebody has earned a step of the ladder and somebody's visit waits for its outcome."""


@dataclass
class StoppedClock:
    """It stays where it was put."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now


@dataclass
class LivelyClinic:
    """What a test or a picture needs to find its way: the address, the plans by client, the moment it is."""

    url: str
    engine: AsyncEngine
    plans: StagedPlans
    clock: StoppedClock
    form: OpenForm
    second: SecondDoor
    plan_of: dict[str, str] = field(default_factory=dict)
    outage_id: str = ""

    def open_approval(self, client: str) -> str:
        """The id of the decision that waits for this client."""
        return self.plans.states[self.plan_of[client]].approvals[0].id

    def open_taper(self) -> str | None:
        """The id of a step of the ladder that waits for a decision; weeks of good visits bring one about."""
        waiting = (one for state in self.plans.states.values() for one in state.approvals)
        return next((one.id for one in waiting if one.kind is ApprovalKind.taper), None)

    def open_alert(self, client: str) -> str:
        """The id of the alert that is open for this client."""
        return self.plans.states[self.plan_of[client]].alerts[0].id

    def alert_about(self, client: str, reason: AlertReason) -> str:
        """The id of this client's open alert for a reason."""
        alerts = self.plans.states[self.plan_of[client]].alerts
        return next(one.id for one in alerts if one.reason is reason)

    def begun_session(self) -> tuple[str, int] | None:
        """The plan and number of a session that waits for its outcome."""
        return next(
            (
                (state.plan_id, one.no)
                for state in self.plans.states.values()
                for one in state.sessions
                if one.status is SessionStatus.booked and one.starts_at <= self.clock.now
            ),
            None,
        )


@asynccontextmanager
async def lively_clinic(database_url: str) -> AsyncIterator[LivelyClinic]:
    """The clinic, served on a free port of this machine until the block ends.

    It has a database of its own beside `database_url`, which tests empty now and then.
    """
    engine = await _fresh_database(database_url)
    clock = StoppedClock()
    plans = StagedPlans(engine, clock)
    hashed = hash_password(PASSWORD)
    async with engine.begin() as connection:
        await demo_clinic.insert_clinic(connection, {person.id: hashed for person in STAFF}, NOW)
    listening, url = free_socket()
    clinic = _clinic(engine, plans, url)
    app = create_app(clinic)
    try:
        async with second_door(clinic) as second, served(app, listening):
            shown = LivelyClinic(url, engine, plans, clock, await open_form(clinic), second)
            await _live(shown, app)
            await shown.form.end_the_others(engine, NOW, shown.plan_of["Omar"])
            yield shown
    finally:
        await engine.dispose()


async def _fresh_database(beside: str) -> AsyncEngine:
    outside = create_engine(beside)
    async with outside.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)"))
        await alone.execute(text(f"CREATE DATABASE {_DATABASE}"))
    await outside.dispose()
    engine = create_engine(make_url(beside).set(database=_DATABASE), application_name="limber lively clinic")
    await upgrade(engine)
    return engine


def _clinic(engine: AsyncEngine, plans: StagedPlans, url: str) -> Clinic:
    async def route(_inbound_id: str) -> None:
        """Nobody routes texts here."""

    async def told(_failure: FinalFailure) -> None:
        """Nobody is told of failures here."""

    async def pack_by_hash(_hash: str) -> RulePack:
        return builtin()

    return Clinic(
        settings=Settings(
            public_url=url,
            api_token=SecretStr(_TOKEN),
            encryption_key_list=SecretStr("one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
            twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token=SecretStr("0" * 32),
            twilio_from="+447700900999",
            twilio_api_url="http://127.0.0.1:8090",
        ),
        engine=engine,
        plans=plans,
        pack=builtin(),
        pack_by_hash=pack_by_hash,
        route_inbound=route,
        tell_failure=told,
        clock=plans.clock,
    )


async def _live(shown: LivelyClinic, app: FastAPI) -> None:
    """Everybody's form comes in, and their weeks pass."""
    as_priya = {"Authorization": f"Bearer {_TOKEN}", "X-Limber-Staff": THERAPIST.email}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=shown.url, headers=as_priya
    ) as desk:
        for number, life in enumerate((*LIVES, *MORE_LIVES)):
            if number >= len(LIVES) and shown.open_taper() and shown.begun_session():
                break
            shown.clock.now = NOW - life.since
            answered = await desk.post("/api/v1/intakes", json=_form(life, number))
            assert answered.status_code == 201, answered.text
            plan_id = str(answered.json()["plan_id"])
            shown.plan_of[life.given_name] = plan_id
            await _time_passes(shown.plans, plan_id, life)
            shown.clock.now = NOW
    await note_awake(shown.engine, NOW - timedelta(days=3, hours=2), timedelta(minutes=5))
    outage = await note_awake(shown.engine, NOW - timedelta(days=3), timedelta(minutes=5))
    shown.outage_id = outage.id if outage else ""
    await note_awake(shown.engine, NOW - timedelta(seconds=20), timedelta(days=9))
    await _somebody_unknown_texts(shown.engine)


async def _time_passes(plans: StagedPlans, plan_id: str, life: Life) -> None:
    """Until five minutes ago; what is not decided by then stays open, and today's visits have no outcome yet."""
    undecided = life.undecided or (life.since if life.since < _weeks(1) else _THIS_MORNING)
    decided_until = NOW - undecided
    staged = await plans.live(plan_id, decided_until, replace(CALM, staff_acts=1))
    staged.decides = False
    await plans.live(plan_id, NOW - _THIS_MORNING, replace(CALM, staff_acts=1))
    await plans.live(plan_id, NOW - _JUST_NOW, replace(CALM, staff_acts=0), life.then)


def _form(life: Life, number: int) -> dict[str, Any]:
    form: dict[str, Any] = json.loads((_EXAMPLES / f"{life.form}.json").read_text())
    if number % 3 == 2:
        form.pop("therapist", None)
    if not life.own_form:
        form["client"] |= {
            "given_name": life.given_name,
            "family_name": life.family_name,
            "mobile": f"+4477009004{number:02}",
            "email": f"client-{number}@mail.example",
        }
        form["preferred"] = {"weekday": life.weekday, "time": life.time}
    return form


async def _somebody_unknown_texts(engine: AsyncEngine) -> None:
    row = {
        "id": new_id(),
        "provider_sid": "SM-unknown",
        "from_number": "+447700900777",
        "to_number": "+447700900999",
        "body": "Hi, is this the number for bookings?",
        "num_media": 0,
        "raw": {},
        "received_at": NOW - timedelta(minutes=40),
        "minute_key": "unknown",
        "status": InboundStatus.unmatched,
    }
    async with engine.begin() as connection:
        await connection.execute(insert(inbound_messages), row)
