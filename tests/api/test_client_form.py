"""A client fills in their form on a telephone, without JavaScript, by a link that opens nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import structlog
from httpx2 import AsyncClient
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database import invitations
from database.demo_clinic import SITE_ID, THERAPIST
from database.tables import alerts, consents, intakes, plans
from database.tables.invitations import invitations as invitation_rows
from messaging.form_link import FormLinks
from schemas.invitations import InvitationState, InvitationWay, InvitedClient
from schemas.settings import Settings
from tests.api.conftest import NOW, PUBLIC_URL, Caller, Clock
from tests.api.form_walk import ANSWERS, BORN, Walk, place, words
from tests.api.recorded_plans import RecordedPlans

KEYS = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ANNA = InvitedClient(
    given_name="Anna",
    family_name="Kowalska",
    date_of_birth=date(1988, 4, 17),
    mobile="+447700900321",
    site_id=SITE_ID,
    therapist_id=THERAPIST.id,
    profile="general_wellbeing",
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A clinic that can sign links."""
    return settings.model_copy(update={"encryption_key_list": SecretStr(KEYS)})


@pytest.fixture
def links(settings: Settings) -> FormLinks:
    """What the clinic signs with."""
    return FormLinks(settings.encryption_keys)


async def _invited(
    engine: AsyncEngine, links: FormLinks, client: InvitedClient = ANNA, life: timedelta = timedelta(days=7)
) -> tuple[str, str]:
    """The id of an invitation and its link's path."""
    made = await invitations.invite(
        engine, client, InvitationWay.text, by=THERAPIST.id, now=NOW, expires_at=NOW + life
    )
    return made, links.url(PUBLIC_URL, made, NOW + life).removeprefix(PUBLIC_URL)


@pytest.fixture
async def invited(plans: RecordedPlans, app: Any, links: FormLinks) -> tuple[str, str]:
    """Anna's invitation and the path of her link."""
    return await _invited(plans.engine, links)


@pytest.fixture
def walk(stranger: AsyncClient, invited: tuple[str, str]) -> Walk:
    """Anna's telephone."""
    return Walk(stranger, invited[1])


async def _rows(engine: AsyncEngine, query: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(query)).all())


async def test_a_client_whom_nothing_ails_walks_through_and_one_plan_waits_for_approval(
    walk: Walk, plans_of: Any, invited: tuple[str, str], engine: AsyncEngine
) -> None:
    page = await walk.to("check", await walk.enter())
    assert walk.seen[:2] == ["INT-10", "REACH"]
    assert len(walk.seen) == len(set(walk.seen)) == 35
    assert "Lift my daughter" in page.text
    assert "Nothing has been sent yet" in page.text
    assert "SCR-24" not in walk.seen  # the date of birth has answered it
    thanks = await walk.send()
    assert place(thanks) == "end"
    assert "Thank you, we have your form" in thanks.text
    (plan,) = await plans_of()
    assert (plan.stage, plan.therapist_id) == ("awaiting_approval", THERAPIST.id)
    (form,) = await _rows(engine, select(intakes.c.form))
    assert form[0]["medicines"] == ["ibuprofen now and then", "vitamin D"]
    assert form[0]["client"]["mobile"] == "+447700900321"
    (consent,) = await _rows(engine, select(consents))
    assert (consent.granted, consent.how, consent.recorded_by) == (True, "online", "client")


@pytest.fixture
def plans_of(engine: AsyncEngine) -> Any:
    """Every plan there is."""

    async def all_plans() -> list[Any]:
        return await _rows(engine, select(plans))

    return all_plans


async def test_nothing_personal_is_left_of_a_form_that_was_sent(
    walk: Walk, engine: AsyncEngine, invited: tuple[str, str]
) -> None:
    await walk.to("check", await walk.enter())
    await walk.send()
    (row,) = await _rows(engine, select(invitation_rows))
    assert (row.state, row.client, row.answers) == (InvitationState.completed, None, None)
    assert row.plan_id


async def test_sending_twice_opens_one_plan_and_the_used_link_opens_nothing_elsewhere(
    walk: Walk, plans_of: Any, caller: Caller
) -> None:
    await walk.to("check", await walk.enter())
    await walk.send()
    assert "Thank you" in (await walk.send()).text
    assert len(await plans_of()) == 1
    assert "Thank you" in (await walk.get(walk.link)).text
    elsewhere = await caller().get(walk.link)
    assert elsewhere.status_code == 404
    assert "Anna" not in elsewhere.text


@pytest.mark.parametrize(
    ("question", "answer", "advice", "number"),
    [
        ("SCR-01", {"value": "now"}, "Do not drive yourself", "tel:999"),
        ("SCR-02", {"value": "new_or_worse"}, "Go to A&E", "tel:999"),
        ("SCR-03", {"value": "yes", "risk": "none", "breathless": "no"}, "could be a blood clot", "tel:111"),
        ("SCR-03", {"value": "unsure", "breathless": "yes"}, "Do not drive yourself", "tel:999"),
        ("SCR-07", {"value": "yes", "severe": "heard_pop_or_tear"}, "medical advice today", "tel:111"),
    ],
)
async def test_an_urgent_answer_says_what_to_do_and_pages_staff_at_once(  # noqa: PLR0917
    walk: Walk,
    plans_of: Any,
    engine: AsyncEngine,
    question: str,
    answer: dict[str, Any],
    advice: str,
    number: str,
) -> None:
    await walk.to(question, await walk.enter())
    page = await walk.post(f"{walk.link}/{question}", answer)
    assert place(page) == "end"
    assert advice in words(page)
    assert number in page.text
    assert "We have told the clinic" in page.text
    (plan,) = await plans_of()
    assert plan.stage == "deferred"
    (alert,) = await _rows(engine, select(alerts))
    assert alert.urgency in ("E0", "E1")
    assert alert.owner_id
    assert advice in words(await walk.get(f"{walk.link}/INT-01"))
    assert len(await plans_of()) == 1


async def test_an_urgent_answer_while_the_engine_is_away_still_opens_the_plan(
    walk: Walk, plans: RecordedPlans, plans_of: Any
) -> None:
    await walk.to("SCR-01", await walk.enter())
    plans.away = True
    page = await walk.post(f"{walk.link}/SCR-01", {"value": "now"})
    assert "We have told the clinic" in page.text
    assert len(await plans_of()) == 1


async def test_where_no_plan_can_be_opened_the_client_hears_both_the_advice_and_that(
    stranger: AsyncClient, plans: RecordedPlans, app: Any, links: FormLinks, plans_of: Any
) -> None:
    nobody = ANNA.but(therapist_id="nobody-who-works-here")
    walk = Walk(stranger, (await _invited(plans.engine, links, nobody))[1])
    await walk.to("SCR-01", await walk.enter())
    page = await walk.post(f"{walk.link}/SCR-01", {"value": "now"})
    assert "Do not drive yourself" in page.text
    assert "We could not reach the clinic" in page.text
    assert await plans_of() == []


async def test_a_closed_page_goes_on_at_the_same_question_by_the_same_link(
    walk: Walk, caller: Caller
) -> None:
    page = await walk.to("SCR-05", await walk.enter())
    assert place(page) == "SCR-05"
    other = Walk(caller(), walk.link)
    page = await other.enter()
    assert place(page) == "SCR-05"
    assert "Lift my daughter" in (await other.get(f"{walk.link}/INT-01")).text
    # A page further on than the client is cannot be opened ahead.
    assert place(await other.get(f"{walk.link}/INT-05")) == "SCR-05"
    assert place(await other.get(f"{walk.link}/check")) == "SCR-05"


async def test_nothing_is_shown_before_the_date_of_birth_and_guessing_it_closes_the_link(
    walk: Walk, plans_of: Any, engine: AsyncEngine
) -> None:
    page = await walk.get(f"{walk.link}/INT-10")
    assert page.url.path == walk.link
    assert "Anna" not in page.text
    assert "900321" not in page.text
    for tries in range(1, 7):
        wrong = await walk.post(walk.link, {**BORN, "born-year": str(1900 + tries)})
        assert wrong.status_code == (422 if tries < 6 else 404)
    assert (await walk.post(walk.link, BORN)).status_code == 404
    (row,) = await _rows(engine, select(invitation_rows))
    assert (row.state, row.client) == (InvitationState.revoked, None)


async def test_expired_revoked_forged_and_unknown_links_read_the_same(
    walk: Walk, caller: Caller, clock: Clock, links: FormLinks, engine: AsyncEngine
) -> None:
    body = walk.link.rpartition("/")[2]
    forged = "/form/" + ("A" if body[0] != "A" else "B") + body[1:]
    unknown = links.url("", "00000000-0000-7000-8000-000000000000", NOW + timedelta(days=1))
    taken_back, revoked = await _invited(engine, links)
    await invitations.end(engine, taken_back, InvitationState.revoked, NOW)
    clock.pass_by(timedelta(days=7, seconds=1))
    stranger = caller()
    pages = [
        await stranger.get(path)
        for path in (walk.link, forged, unknown, revoked, "/form/x", "/form/%E2%98%83")
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({words(page) for page in pages}) == 1
    assert "Ring us" in words(pages[0])
    assert "020 7946 0018" in words(pages[0])


async def test_many_tries_at_links_have_to_wait(caller: Caller, app: Any) -> None:
    stranger = caller()
    statuses = [(await stranger.get(f"/form/{number}")).status_code for number in range(25)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


async def test_expired_answers_are_forgotten(walk: Walk, engine: AsyncEngine) -> None:
    await walk.to("SCR-05", await walk.enter())
    assert await invitations.forget_expired(engine, NOW + timedelta(days=6)) == 0
    assert await invitations.forget_expired(engine, NOW + timedelta(days=8)) == 1
    (row,) = await _rows(engine, select(invitation_rows))
    assert (row.state, row.client, row.answers) == (InvitationState.expired, None, None)


async def test_an_answer_left_out_is_asked_for_in_words_tied_to_its_field(walk: Walk) -> None:
    await walk.to("SCR-01", await walk.enter())
    page = await walk.post(f"{walk.link}/SCR-01", {})
    assert page.status_code == 422
    assert 'href="#value"' in page.text
    assert 'id="value-error"' in page.text
    assert page.text.count("Choose an answer. If you are not sure, say so.") == 2


async def test_a_sub_question_may_be_left_to_a_person_and_the_plan_then_waits_for_one(
    walk: Walk, engine: AsyncEngine
) -> None:
    await walk.to("SCR-08", await walk.enter())
    told = {"value": "healed_and_discharged", "region": "hip"}
    page = await walk.post(f"{walk.link}/SCR-08", told)
    assert page.status_code == 422
    assert "Go on without this" in page.text
    page = await walk.post(f"{walk.link}/SCR-08", {**told, "leave": "yes"})
    assert place(page) == "SCR-09"
    check = await walk.to("check", page)
    assert "a physio will ask you" in check.text
    await walk.send()
    (row,) = await _rows(engine, select(intakes.c.screening))
    assert "SCR-08.date" in row[0].incomplete


async def test_a_year_where_years_are_asked_is_asked_for_again_in_words(walk: Walk) -> None:
    await walk.to("SCR-19", await walk.enter())
    told = {"value": "past", "bone_spread": "no", "side_effects": ["none"], "region": "hip"}
    page = await walk.post(f"{walk.link}/SCR-19", {**told, "years_since_treatment": "2024"})
    assert page.status_code == 422
    assert "Write a whole number from 0 to 100." in page.text


async def test_answers_that_contradict_each_other_are_kept_for_a_person(
    walk: Walk, engine: AsyncEngine
) -> None:
    page = await walk.to("check", await walk.enter(), **{"SCR-12": {"value": ["told_osteoporosis", "none"]}})
    assert "do not go together" in page.text
    await walk.send()
    (row,) = await _rows(engine, select(intakes.c.screening))
    assert "SCR-12" in row[0].incomplete


async def test_changing_an_answer_comes_back_to_the_summary_and_asks_anew_what_hung_on_it(walk: Walk) -> None:
    await walk.to("check", await walk.enter())
    assert place(await walk.get(f"{walk.link}/INT-04?then=check")) == "INT-04"
    page = await walk.post(f"{walk.link}/INT-04", {"value": "under_2_weeks", "then": "check"})
    assert place(page) == "check"
    assert "Less than 2 weeks" in page.text
    page = await walk.post(f"{walk.link}/INT-01", {"lines-0": "Run for the bus", "then": "check"})
    assert place(page) == "INT-02"
    assert "Run for the bus" in page.text


async def test_long_right_to_left_and_pictured_words_are_kept_whole(walk: Walk, engine: AsyncEngine) -> None:
    long = "א" * 9_990 + " 🌻🧎‍♀️"
    page = await walk.to(
        "check",
        await walk.enter(),
        **{"INT-05": {"text": long}, "INT-09": {"name": "مريم 🌻", "telephone": "07700 900322"}},
    )
    assert "مريم 🌻" in page.text
    await walk.send()
    (form,) = await _rows(engine, select(intakes.c.form))
    assert form[0]["normal_day"] == long
    assert form[0]["emergency_contact"]["name"] == "مريم 🌻"


async def test_too_long_an_answer_is_refused_kindly_and_kept_in_its_field(walk: Walk) -> None:
    await walk.to("INT-05", await walk.enter())
    page = await walk.post(f"{walk.link}/INT-05", {"text": "x" * 10_001})
    assert page.status_code == 422
    assert "x" * 10_001 in page.text
    page = await walk.post(f"{walk.link}/INT-05", {"text": "x" * 300_000})
    assert page.status_code == 413
    assert "/attention" not in page.text


async def test_somebody_under_16_is_asked_who_agrees_and_told_that_texts_wait_for_it(
    stranger: AsyncClient, plans: RecordedPlans, app: Any, links: FormLinks, engine: AsyncEngine
) -> None:
    young = ANNA.but(date_of_birth=date(2011, 4, 17))
    walk = Walk(stranger, (await _invited(plans.engine, links, young))[1])
    await walk.get(walk.link)
    page = await walk.post(walk.link, {**BORN, "born-year": "2011"})
    page = await walk.to("REACH", page)
    assert "we text only once that is agreed" in page.text
    page = await walk.to("SCR-24", page)
    assert "does a parent or guardian agree?" in page.text
    page = await walk.to("check", page, **{"SCR-24": {"parental": "yes"}})
    assert "What is your date of birth?" not in page.text
    await walk.send()
    (row,) = await _rows(engine, select(intakes.c.screening))
    assert "SCR-24-a" in {finding.rule for finding in row[0].findings}


async def test_no_mobile_means_no_texts_and_the_form_says_why(walk: Walk) -> None:
    await walk.enter()
    page = await walk.post(f"{walk.link}/INT-10", {})
    assert place(page) == "REACH"
    page = await walk.post(f"{walk.link}/REACH", ANSWERS["REACH"])
    assert page.status_code == 422
    assert "we need your mobile number" in page.text


async def test_the_form_tells_no_other_place_where_it_came_from_and_is_in_no_index(walk: Walk) -> None:
    page = await walk.enter()
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert " style=" not in page.text
    for path in ("/attention", "/plans", "/login"):
        assert path not in page.text


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The lines that are logged from here on."""
    usual, lines = structlog.get_config(), StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))
    yield lines
    structlog.configure(**usual)


async def test_the_link_is_in_no_log(walk: Walk, log: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    await walk.to("SCR-01", await walk.enter())
    await walk.post(f"{walk.link}/SCR-01", {"value": "now"})
    token = walk.link.rpartition("/")[2]
    said = "".join((log.getvalue(), *capsys.readouterr()))
    assert "/form/{token}" in said
    assert token not in said
    assert "Lift my daughter" not in said
