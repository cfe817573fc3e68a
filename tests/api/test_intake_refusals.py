"""A form that cannot be right is refused with every wrong field named, and nothing is half done."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.forms import with_field

WRONG = {
    "a phone number with too few digits": ("client.mobile", "0791112"),
    "a landline": ("client.mobile", "020 7946 0018"),
    "a personal 070 number": ("client.mobile", "07010 123456"),
    "words where the mobile should be": ("client.mobile", "ask my wife"),
    "a date of birth in the future": ("client.date_of_birth", "2031-01-01"),
    "a date of birth two centuries ago": ("client.date_of_birth", "1826-01-01"),
    "a date that does not exist": ("client.date_of_birth", "1988-02-30"),
    "an empty name": ("client.given_name", "  "),
    "an address without an at": ("client.email", "anna.example"),
    "a therapist nobody knows": ("therapist", "nobody@riverside.example"),
    "a front desk as therapist": ("therapist", "sam.whitfield@riverside.example"),
    "a site that does not exist": ("site", "elsewhere"),
    "a profile that does not exist": ("profile", "robot"),
    "a condition that does not exist": ("condition", "sore_elbow"),
    "a region that does not exist": ("target_regions", ["lumbar", "tail"]),
    "a duration that does not exist": ("duration", "ages"),
    "pain beyond the scale": ("pain", 11),
    "pain as a word": ("pain", "a lot"),
    "four goals": ("goals", [{"activity": "run", "now": 1}] * 4),
    "no goal": ("goals", []),
    "goals already met": ("goals", [{"activity": "run", "now": 9}]),
    "a preferred day that has passed": ("preferred.from", "2026-10-01"),
    "a weekday that does not exist": ("preferred.weekday", "someday"),
    "consent without its wording": ("consent", {"texts": True}),
    "consent given tomorrow": ("consent.given_at", "2026-11-03T09:00:00Z"),
    "an option that the question does not have": ("screening.SCR-02.value", "maybe"),
    "a boolean for a word": ("screening.SCR-02.value", False),
    "a question that does not exist": ("screening.SCR-99", {"value": "no"}),
    "a sub-question that does not exist": ("screening.SCR-02.colour", "blue"),
    "a pain answer beyond the scale": ("screening.SCR-16.value", 12),
    "an age that is not the date of birth's": ("screening.SCR-24.value", "1990-01-01"),
    "a spelling mistake in a field": ("clinet", {}),
}


def fields_of(answered: Response) -> set[str]:
    assert answered.headers["content-type"] == "application/problem+json"
    return {error["field"] for error in answered.json()["errors"]}


async def rows(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        counted = await connection.execute(
            text("SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM plans)")
        )
        return int(counted.scalar_one())


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    wrong: str, service: AsyncClient, anna: dict[str, Any], engine: AsyncEngine
) -> None:
    path, value = WRONG[wrong]
    answered = await service.post("/api/v1/intakes", json=with_field(anna, path, value))
    assert answered.status_code == 422, answered.text
    named = fields_of(answered)
    assert any(field == path or field.startswith(f"{path}.") for field in named), named
    assert len(named) == 1, named
    assert await rows(engine) == 0


async def test_every_wrong_field_is_named_at_once(service: AsyncClient, anna: dict[str, Any]) -> None:
    form = with_field(anna, "client.mobile", "020 7946 0018")
    form = with_field(form, "client.date_of_birth", "2031-01-01")
    form = with_field(form, "therapist", "nobody@riverside.example")
    form = with_field(form, "screening.SCR-02.value", "maybe")
    del form["pain"]
    answered = await service.post("/api/v1/intakes", json=form)
    assert fields_of(answered) == {
        "client.mobile",
        "client.date_of_birth",
        "therapist",
        "screening.SCR-02.value",
        "pain",
    }


async def test_texts_need_a_mobile(service: AsyncClient, anna: dict[str, Any]) -> None:
    answered = await service.post("/api/v1/intakes", json=with_field(anna, "client.mobile", None))
    assert fields_of(answered) == {"client.mobile"}


async def test_the_reason_does_not_repeat_a_number(service: AsyncClient, anna: dict[str, Any]) -> None:
    answered = await service.post("/api/v1/intakes", json=with_field(anna, "client.mobile", "020 7946 0018"))
    assert "7946" not in answered.text


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"form"', b"null"])
async def test_what_is_no_form_is_refused(body: bytes, service: AsyncClient) -> None:
    answered = await service.post(
        "/api/v1/intakes", content=body, headers={"Content-Type": "application/json"}
    )
    assert answered.status_code == 422
    assert fields_of(answered)


async def test_a_real_number_is_needed_where_real_phones_ring(
    service: AsyncClient, anna: dict[str, Any], app: Any
) -> None:
    clinic = app.state.clinic
    real = clinic.settings.model_copy(update={"twilio_api_url": None})
    app.state.clinic = type(clinic)(**{**vars(clinic), "settings": real})
    answered = await service.post("/api/v1/intakes", json=anna)
    assert fields_of(answered) == {"client.mobile"}
