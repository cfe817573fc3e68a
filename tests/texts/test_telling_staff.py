"""Staff are told by mail what waits for them: once, the right person, with the way there and without the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.telling_staff import StaffMail
from database.attention import AttentionKind, attention
from database.demo_clinic import DUTY, FRONT_DESK, LEAD, MANAGER, SITE_ID, STAFF, THERAPIST, Person
from database.leave import end_leave, set_leave
from database.staff_notices import notices_to
from messaging.channel import Accepted, Outcome, OutgoingText, Rejected, Retry, Unknown
from messaging.email_channel import EmailChannel, MailServer
from messaging.error_classes import ErrorClass
from messaging.gateway.testing import RunningGateway, running_gateway
from messaging.staff_words import staff_words
from schemas.messages import Audience, MessageStatus, TextPurpose
from tests.texts.conftest import NewClients
from tests.texts.post_office import WENT, PostOffice, a_notice

CONSOLE = "https://clinic.example"
TUESDAY = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
ADA = "+447700900701"


@dataclass
class Postbox:
    """A mail server as the channel sees it: what it took, and how it answers whom."""

    taken: list[OutgoingText] = field(default_factory=list)
    answers: dict[str, Outcome] = field(default_factory=dict)
    asked: int = 0

    def send(self, mail: OutgoingText) -> Outcome:
        self.asked += 1
        answer = self.answers.get(mail.to)
        if answer is None:
            self.taken.append(mail)
        return answer or Accepted(mail.intent_key, None)

    def to(self, person: Person) -> list[OutgoingText]:
        """The mails that this person got."""
        return [mail for mail in self.taken if mail.to == person.email]


@pytest.fixture
def postbox() -> Postbox:
    """Takes every mail until a test says otherwise."""
    return Postbox()


@pytest.fixture
def staff_mail(engine: AsyncEngine, clinic: ModuleType, postbox: Postbox) -> StaffMail:
    """What the worker's round does."""
    return StaffMail(engine, postbox, staff_words(), CONSOLE)


Waiting = Callable[..., Awaitable[str]]


@pytest.fixture
async def waiting(engine: AsyncEngine, new_clients: NewClients) -> Waiting:
    """Let something wait; returns its id. Tests of the plan show that real steps leave the same rows."""
    plan = await new_clients.plan(ADA)
    statements = {
        "approval": "INSERT INTO approvals (id, plan_id, kind, status, proposal, opened_at, due_at, owner_id,"
        " escalations) VALUES (:id, :plan, 'start', 'open', '{}', :at, :due, :owner, :escalations)",
        "alert": "INSERT INTO alerts (id, plan_id, urgency, reason, rule, opened_at, acknowledge_by, contact_by,"
        " owner_id, escalations)"
        " VALUES (:id, :plan, 'E1', 'safety_words', 'AL-01', :at, :due, :due, :owner, :escalations)",
    }

    async def open_one(kind: str = "approval", owner: Person = THERAPIST, name: str = "1") -> str:
        subject = f"{plan.plan_id}-{name}"
        async with engine.begin() as connection:
            await connection.execute(
                text(statements[kind]),
                {
                    "id": subject,
                    "plan": plan.plan_id,
                    "at": TUESDAY,
                    "due": TUESDAY + timedelta(hours=3),
                    "owner": owner.id,
                    "escalations": 0,
                },
            )
        return subject

    return open_one


async def _change(engine: AsyncEngine, statement: str, **values: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_a_new_decision_reaches_its_owner_with_the_way_there_and_names_no_client(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    subject = await waiting()
    await staff_mail.round(TUESDAY)
    [mail] = postbox.taken
    assert mail.to == THERAPIST.email
    assert mail.subject == "[Limber] Start of a plan: a decision waits, due Tue 24 Nov, 17:00"
    assert f"{CONSOLE}/approvals/{subject}" in mail.body
    assert "It is yours." in mail.body
    assert not any(name in mail.body + (mail.subject or "") for name in ("Ada", "Byron", ADA))


async def test_nobody_is_told_twice_however_many_rounds_and_workers(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    await waiting("alert", name="2")
    await asyncio.gather(*(staff_mail.round(TUESDAY) for _ in range(5)))
    await staff_mail.round(TUESDAY + timedelta(hours=1))
    assert len(postbox.taken) == len({mail.intent_key for mail in postbox.taken}) == 2


async def test_an_escalation_tells_the_next_person(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    subject = await waiting("alert")
    await staff_mail.round(TUESDAY)
    await _change(
        engine,
        "UPDATE alerts SET owner_id = :owner, escalations = 1 WHERE id = :id",
        owner=DUTY.id,
        id=subject,
    )
    await staff_mail.round(TUESDAY + timedelta(minutes=15))
    [first], [second] = postbox.to(THERAPIST), postbox.to(DUTY)
    assert "Alert E1, urgent: take it on by" in (first.subject or "")
    assert "Nobody acted in time, so it has passed to you." in second.body
    assert f"{CONSOLE}/alerts/{subject}" in second.body


async def test_what_is_settled_before_the_mail_goes_is_not_told(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    subject = await waiting()
    postbox.answers[THERAPIST.email] = Retry("no mail server")
    await staff_mail.round(TUESDAY)
    await _change(engine, "UPDATE approvals SET status = 'approve' WHERE id = :id", id=subject)
    postbox.answers.clear()
    await staff_mail.round(TUESDAY + timedelta(minutes=1))
    assert postbox.taken == []
    [notice] = await notices_to(engine, THERAPIST.id, limit=5)
    assert (notice.status, notice.reason) == (MessageStatus.suppressed, "nothing_waits")


async def test_a_mail_server_that_is_away_is_asked_again(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    postbox.answers[THERAPIST.email] = Retry("no mail server")
    await staff_mail.round(TUESDAY)
    postbox.answers.clear()
    await staff_mail.round(TUESDAY + timedelta(minutes=1))
    assert len(postbox.to(THERAPIST)) == 1


@pytest.mark.parametrize(
    "outcome", [Rejected(ErrorClass.BAD_ADDRESS, 550, "no such person"), Unknown("cut off")]
)
async def test_a_notice_that_may_not_have_arrived_goes_to_the_next_of_the_chain(
    outcome: Outcome, staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    postbox.answers[THERAPIST.email] = outcome
    for minute in range(3):
        await staff_mail.round(TUESDAY + timedelta(minutes=minute))
    [mail] = postbox.taken
    assert mail.to == DUTY.email
    assert "Priya Nair could not be told by mail, so you are." in mail.body


async def test_when_nobody_can_be_told_it_needs_attention(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    subject = await waiting()
    for person in STAFF:
        postbox.answers[person.email] = Rejected(ErrorClass.BAD_ADDRESS, 550, "no such person")
    for minute in range(8):
        await staff_mail.round(TUESDAY + timedelta(minutes=minute))
    assert postbox.asked == 4  # therapist, duty, lead, manager: each once
    untold = [one for one in await attention(engine, TUESDAY) if one.kind is AttentionKind.staff_untold]
    assert [one.subject for one in untold] == [subject]
    await _change(engine, "UPDATE approvals SET status = 'approve' WHERE id = :id", id=subject)
    assert not [one for one in await attention(engine, TUESDAY) if one.kind is AttentionKind.staff_untold]


async def test_a_worker_that_died_in_the_middle_costs_a_second_person_s_look_not_a_second_mail(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    await waiting()
    postbox.answers[THERAPIST.email] = Retry("about to be claimed")
    await staff_mail.round(TUESDAY)
    postbox.answers.clear()
    await _change(
        engine,
        "UPDATE staff_notices SET status = 'sending', claimed_at = clock_timestamp() - interval '6 minutes'"
        " WHERE staff_id = :id",
        id=THERAPIST.id,
    )
    await staff_mail.round(TUESDAY + timedelta(minutes=6))
    assert postbox.to(THERAPIST) == []
    assert len(postbox.to(DUTY)) == 1


async def test_on_leave_the_delegate_is_told_whose_it_is_and_the_owner_is_left_in_peace(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    await waiting()
    away = (TUESDAY - timedelta(hours=1), TUESDAY + timedelta(days=7))
    leave = await set_leave(engine, THERAPIST.id, LEAD.id, *away, reason="leave", set_by=THERAPIST.id)
    await staff_mail.round(TUESDAY)
    [mail] = postbox.taken
    assert mail.to == LEAD.email
    assert "You stand in for Priya Nair." in mail.body
    await end_leave(engine, leave, TUESDAY + timedelta(hours=2), by=THERAPIST.id)
    await staff_mail.round(TUESDAY + timedelta(hours=2))
    assert len(postbox.taken) == 1


async def test_leave_that_begins_hands_over_what_already_waits(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting, engine: AsyncEngine
) -> None:
    await waiting()
    await staff_mail.round(TUESDAY)
    begins = TUESDAY + timedelta(hours=1)
    await set_leave(
        engine, THERAPIST.id, LEAD.id, begins, begins + timedelta(days=1), reason="ill", set_by=LEAD.id
    )
    await staff_mail.round(begins)
    assert [len(postbox.to(one)) for one in (THERAPIST, LEAD)] == [1, 1]


async def test_an_urgent_page_is_texted_to_whoever_stands_in_with_the_way_there(
    post_office: PostOffice, new_clients: NewClients, engine: AsyncEngine
) -> None:
    plan = await new_clients.plan(ADA)
    page = a_notice(plan, f"{plan.plan_id}-1:page:E0:0").but(
        audience=Audience.staff, recipient_id=THERAPIST.id, purpose=TextPurpose.page, template="staff_page"
    )
    away = (page.ordered_at - timedelta(hours=1), page.ordered_at + timedelta(days=7))
    await set_leave(engine, THERAPIST.id, LEAD.id, *away, reason="leave", set_by=THERAPIST.id)
    assert (await post_office.send(page)).status in WENT
    row = await post_office.row(page)
    assert row.to_number == LEAD.mobile
    assert (row.body or "").endswith(f"/alerts/{plan.plan_id}-1")


# -- the morning digest ----------------------------------------------------------------------------------


def _local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)  # winter: London's time is UTC


MONDAY = date(2026, 11, 30)


async def test_the_morning_s_digest_comes_once_to_those_for_whom_something_waits(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    await waiting("alert", name="2")
    await staff_mail.round(_local(MONDAY, 5))
    postbox.taken.clear()
    await staff_mail.round(_local(MONDAY, 7, 29))
    assert postbox.taken == []
    for minute in (30, 31, 59):
        await staff_mail.round(_local(MONDAY, 7, minute))
    [mail] = postbox.taken
    assert mail.to == THERAPIST.email
    assert mail.subject == "[Limber] Riverside, Mon 30 Nov: 1 decision waits for you"
    assert "1 decision waits for you; 1 of them is late; 1 alert is open" in mail.body
    assert f"{CONSOLE}/attention?whose=mine" in mail.body


async def test_what_comes_later_in_the_morning_makes_no_second_digest(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await staff_mail.round(_local(MONDAY, 7, 30))
    assert postbox.taken == []
    await waiting()
    await staff_mail.round(_local(MONDAY, 9))
    [mail] = postbox.taken
    assert "a decision waits" in mail.body


@pytest.mark.parametrize(
    "at", [_local(date(2026, 11, 29), 8), _local(date(2026, 12, 25), 8), _local(MONDAY, 12)]
)
async def test_no_digest_comes_on_closed_days_or_after_noon(
    at: datetime, staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    await staff_mail.round(at)
    assert all("Good morning" not in mail.body for mail in postbox.taken)


async def test_a_digest_follows_the_site_s_clock_in_summer(
    staff_mail: StaffMail, postbox: Postbox, waiting: Waiting
) -> None:
    await waiting()
    summer = datetime(2026, 7, 6, 6, 31, tzinfo=UTC)  # 07:31 in London
    await staff_mail.round(summer)
    assert any("Good morning" in mail.body for mail in postbox.to(THERAPIST))


# -- the real mail server ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mail_gateway() -> Iterator[RunningGateway]:
    """A gateway that takes mail."""
    with running_gateway(mail_port=0) as gateway:
        yield gateway


async def test_a_notice_arrives_in_the_mail_page(
    engine: AsyncEngine, waiting: Waiting, mail_gateway: RunningGateway
) -> None:
    server = MailServer("127.0.0.1", mail_gateway.mail_port or 1, tls=False)
    subject = await waiting(owner=MANAGER)
    await StaffMail(engine, EmailChannel(server, "limber@clinic.example"), staff_words(), CONSOLE).round(
        TUESDAY
    )
    shown = await asyncio.to_thread(mail_gateway.ask, "GET", f"/gateway/mail?to={MANAGER.email}")
    [mail] = shown["mail"]
    assert f"{CONSOLE}/approvals/{subject}" in mail["body"]
    assert FRONT_DESK.email not in str(shown) and SITE_ID not in str(shown)
