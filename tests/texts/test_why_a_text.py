"""Every text answers, over the API, why it was sent or not: rule, item, checks, times, and the provider's words."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from database.inbound import allow_number
from messaging.gateway.testing import RunningGateway
from schemas.messages import TextOrder
from schemas.plan import PlanState, Stage
from tests.texts.conftest import NewClients, Office
from tests.texts.post_office import NOW, PostOffice, a_notice, a_question

ADA, BELA = "+447700900770", "+447700900771"


class Why:
    """Asks the API about a plan's texts, as the console does."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, order: TextOrder, settled_as: str, receipts: int = 0) -> dict[str, Any]:
        """What the API says of this text, once its receipts, at least so many, have made it `settled_as`."""
        headers = {"Authorization": f"Bearer {self._office.token}"}
        async with httpx2.AsyncClient(base_url=self._office.url, headers=headers, trust_env=False) as http:
            for _ in range(200):
                answered = await http.get(f"/api/v1/plans/{order.plan_id}/messages")
                assert answered.status_code == 200, answered.text
                [text] = [one for one in answered.json()["messages"] if one.get("key") == order.key]
                if text["status"] == settled_as and len(text["provider"]["states"]) >= receipts:
                    break
                await asyncio.sleep(0.02)
        found: dict[str, Any] = text
        assert found["status"] == settled_as
        return found


@pytest.fixture
def why(office: Office) -> Why:
    """The API's story of a text."""
    return Why(office)


def _checks(text: dict[str, Any]) -> dict[str, bool]:
    return {one["check"]: one["passed"] for one in text["checks"]}


async def test_a_question_that_arrived_says_by_which_rule_and_what_was_asked_before(
    why: Why, post_office: PostOffice, new_clients: NewClients, gateway: RunningGateway
) -> None:
    plan = await new_clients.plan(ADA)
    order = a_question(plan, due_at=NOW - timedelta(minutes=2))
    await post_office.send(order)
    text = await why(order, "delivered", receipts=2)
    assert (text["rule"], text["agenda_key"], text["purpose"]) == ("SCH-3", "q:CHK-PAIN:1", "question")
    assert text["why"] == "A check-in question: pain in the last 24 hours, by rule SCH-3. Delivered."
    assert (text["channel"], text["audience"], text["attempts"], text["reason"]) == ("sms", "client", 1, None)
    [on_phone] = gateway.texts(ADA)
    assert (text["body"], text["segments"]) == (on_phone["body"], on_phone["segments"])
    assert text["wording"].startswith("en-GB CHK-PAIN ")
    checks = _checks(text)
    assert {
        "expired",
        "opted_out",
        "no_consent",
        "plan_closed",
        "no_number",
        "merged",
        "contact_budget",
    } <= set(checks)
    assert all(checks.values())
    assert all(one["asked"] != one["check"] for one in text["checks"])  # each in words
    assert text["provider"]["sid"] == on_phone["sid"]
    states = text["provider"]["states"]
    assert {state["status"] for state in states} == {
        "sent",
        "delivered",
    }  # in whichever order they came (F28)
    told = [*(text[name] for name in ("due_at", "ordered_at", "sending_at", "sent_at", "expires_at"))]
    assert [datetime.fromisoformat(at) for at in told] == sorted(datetime.fromisoformat(at) for at in told)
    assert all(datetime.fromisoformat(state["at"]).tzinfo for state in states)


async def _opted_out(post_office: PostOffice, plan: PlanState) -> None:
    await allow_number(post_office.engine, BELA, allowed=False, now=NOW)


async def _on_hold(post_office: PostOffice, plan: PlanState) -> None:
    await post_office.sql(
        "UPDATE plans SET stage = :stage WHERE id = :plan", stage=Stage.suspended, plan=plan.plan_id
    )


async def _not_agreed(post_office: PostOffice, plan: PlanState) -> None:
    await post_office.sql(
        "UPDATE plans SET state = jsonb_set(state, '{texts_agreed}', 'false') WHERE id = :plan",
        plan=plan.plan_id,
    )


async def _no_number(post_office: PostOffice, plan: PlanState) -> None:
    await post_office.sql("UPDATE clients SET mobile = NULL WHERE id = :client", client=plan.client_id)


KEPT_BACK = [
    (_opted_out, "opted_out", "The client opted out of texts."),
    (
        _not_agreed,
        "texts_not_agreed",
        "The client is under 16, and no consent record says that texts are as agreed (SCR-24).",
    ),
    (_on_hold, "plan_suspended", "The plan was on hold."),
    (_no_number, "no_number", "There is no mobile number."),
]


@pytest.mark.parametrize("kept_back", KEPT_BACK, ids=[check for _, check, _ in KEPT_BACK])
async def test_a_question_that_was_kept_back_says_which_check_failed(
    why: Why, post_office: PostOffice, new_clients: NewClients, kept_back: Any
) -> None:
    happens, check, words = kept_back
    plan = await new_clients.plan(BELA)
    await happens(post_office, plan)
    order = a_question(plan)
    await post_office.send(order)
    text = await why(order, "suppressed")
    assert (text["reason"], text["body"], text["attempts"]) == (check, None, 0)
    assert text["why"] == (
        f"A check-in question: pain in the last 24 hours, by rule SCH-3. Kept back on purpose. {words}"
    )
    assert [name for name, passed in _checks(text).items() if not passed] == [check]
    assert text["provider"] == {"sid": None, "states": []}
    assert text["sent_at"] is None and text["settled_at"] is not None


async def test_a_notice_that_came_too_late_says_so(
    why: Why, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan("+447700900772"), expires_at=NOW - timedelta(hours=1))
    await post_office.send(order)
    text = await why(order, "expired")
    assert text["why"].endswith("Not sent: it was no longer of use. Its time of use had passed.")
    assert _checks(text)["expired"] is False


async def test_a_notice_that_the_network_lost_says_what_the_provider_said_and_what_to_do(
    why: Why, post_office: PostOffice, new_clients: NewClients, gateway: RunningGateway
) -> None:
    gateway.fault("unreachable", to="+447700900773", code=30005)
    order = a_notice(await new_clients.plan("+447700900773"))
    await post_office.send(order)
    text = await why(order, "undelivered")
    assert text["error_code"] == "30005"
    assert [(one["status"], one["error_code"]) for one in text["provider"]["states"]] == [
        ("sent", None),
        ("undelivered", "30005"),
    ]
    assert "The network could not deliver it. " in text["why"] and "mobile number" in text["why"]
