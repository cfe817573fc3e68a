"""Whose words a text goes in, and that a change of words loses no text."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from database import outbox
from database.demo_clinic import SITE_ID
from database.site_texts import add_wording
from tests.texts.conftest import NewClients
from tests.texts.post_office import NOW, WENT, PostOffice, a_notice, a_question

OWN = "{clinic}: We have your form, thank you. Ring {phone} if it is urgent."


async def test_f06_a_text_that_waits_survives_an_edit_of_its_words_and_goes_in_the_new_ones(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan("+447700900760"))
    await outbox.put(engine, order, NOW)
    await add_wording(engine, SITE_ID, "en-GB", order.template, OWN, "manager", NOW)
    assert (await post_office.send(order)).status in WENT
    [body] = await post_office.phone("+447700900760")
    assert body.startswith("Riverside Physio: We have your form, thank you.")
    wording = (await post_office.row(order)).wording or ""
    assert wording.startswith("en-GB intake_received site-1 ")


async def test_a_site_words_a_question_of_the_rule_pack_itself(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_question(await new_clients.plan("+447700900763"))
    asking = "{clinic}: Your pain of the last 24 hours, 0 to 10? 0 none, 10 worst. Emergency? 999"
    await add_wording(engine, SITE_ID, "en-GB", order.template, asking, "lead", NOW)
    assert (await post_office.send(order)).status in WENT
    assert await post_office.phone("+447700900763") == [asking.format(clinic="Riverside Physio")]
    assert ((await post_office.row(order)).wording or "").startswith("en-GB CHK-PAIN site-1 ")


async def test_a_site_that_took_its_words_back_texts_in_the_products(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan("+447700900761"))
    for words in (OWN, None):
        await add_wording(engine, SITE_ID, "en-GB", order.template, words, "manager", NOW)
    await post_office.send(order)
    assert ((await post_office.row(order)).wording or "").startswith("en-GB intake_received 1 ")


async def test_what_was_checked_before_the_post_is_kept_with_the_text(
    post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan("+447700900762"))
    await post_office.send(order)
    checks = {one.check: one.passed for one in (await post_office.row(order)).checks or ()}
    assert {"expired", "opted_out", "no_consent", "plan_closed", "quiet_hours", "no_number"} <= set(checks)
    assert all(checks.values())
