"""A site words its own texts; none that breaks a rule is taken, and each shows what it costs."""

from __future__ import annotations

from typing import Any

from httpx2 import AsyncClient

from database.demo_clinic import LEAD, SITE_ID
from tests.api.conftest import SERVICE_TOKEN, Caller

TEXTS = f"/api/v1/sites/{SITE_ID}/texts"
BETTER = "{clinic}: Your visit has moved to {day} at {time}. Ring {phone} if that does not suit you."


async def _text(service: AsyncClient, name: str = "session_moved") -> dict[str, Any]:
    found: list[dict[str, Any]] = (await service.get(TEXTS)).json()["texts"]
    return next(one for one in found if one["in_use"]["name"] == name)


async def test_every_text_shows_its_segments_and_cost(service: AsyncClient) -> None:
    texts = (await service.get(TEXTS)).json()
    assert all(one["in_use"]["segments"] in (1, 2) for one in texts["texts"])
    moved = (await _text(service))["in_use"]
    assert (moved["cost"], moved["encoding"]) == (texts["price_of_a_segment"] * moved["segments"], "GSM-7")
    assert moved["findings"] == []


async def test_a_site_words_a_text_and_goes_back_and_both_versions_stay(service: AsyncClient) -> None:
    first = await service.put(f"{TEXTS}/session_moved", json={"text": BETTER})
    assert first.json()["wording"]["version"] == 1
    assert (await _text(service))["in_use"]["text"] == BETTER
    assert (await service.put(f"{TEXTS}/session_moved", json={"text": None})).status_code == 200
    now = await _text(service)
    assert now["in_use"]["text"] != BETTER
    assert [(one["version"], one["body"]) for one in now["own"]] == [(2, None), (1, BETTER)]


async def test_words_that_break_a_rule_are_refused_with_what_to_change(service: AsyncClient) -> None:
    bad = "{clinic}: Your knee visit moved. Reply CANCEL to cancel. 10% off next time!"
    refused = await service.put(f"{TEXTS}/session_moved", json={"text": bad})
    assert refused.status_code == 422
    reasons = " ".join(one["reason"] for one in refused.json()["errors"])
    assert "CANCEL" in reasons and "knee" in reasons and "promotion" in reasons
    assert (await _text(service))["own"] == []


async def test_words_are_tried_without_being_taken(service: AsyncClient) -> None:
    tried = (await service.post(f"{TEXTS}/session_moved/preview", json={"text": "Hi {clinic} “x”"})).json()
    assert {one["rule"] for one in tried["findings"]} == {"clinic-first", "alphabet"}
    assert (await _text(service))["own"] == []


async def test_a_therapist_reads_texts_and_does_not_word_them(therapist: AsyncClient) -> None:
    assert (await therapist.get(TEXTS)).status_code == 200
    refused = await therapist.put(f"{TEXTS}/session_moved", json={"text": BETTER})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")


async def test_what_does_not_exist_is_named(service: AsyncClient) -> None:
    assert (await service.get("/api/v1/sites/nowhere/texts")).status_code == 404
    assert (await service.put(f"{TEXTS}/nothing", json={"text": BETTER})).status_code == 404
    no_braces = await service.put(f"{TEXTS}/session_moved", json={"text": "{clinic}: {day"})
    assert no_braces.status_code == 422
    assert (await service.get(f"{TEXTS}?language=xx")).status_code == 422


ASKED = "{clinic}: Your pain of the last 24 hours, 0 to 10? 0 none, 10 worst. Emergency? 999"


async def test_the_rule_packs_questions_are_worded_by_the_lead_physiotherapist_alone(
    service: AsyncClient, caller: Caller
) -> None:
    path = f"{TEXTS}/CHK-PAIN"
    refused = await service.put(path, json={"text": ASKED})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    assert "lead physiotherapist" in refused.json()["detail"]
    lead = caller(Authorization=f"Bearer {SERVICE_TOKEN}", X_Limber_Staff=LEAD.email)
    assert (await lead.put(path, json={"text": ASKED})).status_code == 200
    shown = await _text(service, "CHK-PAIN")
    assert (shown["in_use"]["text"], shown["worded_by"]) == (ASKED, ["lead_physiotherapist"])
    assert (await _text(service, "MSG-999"))["in_use"]["findings"] == []


async def test_a_safety_text_keeps_its_emergency_number_and_a_question_its_scale(
    service: AsyncClient,
) -> None:
    for name, text in (
        ("MSG-999", "{clinic}: Please ring somebody."),
        ("CHK-PAIN", "{clinic}: Pain, 1 to 5?"),
    ):
        tried = (await service.post(f"{TEXTS}/{name}/preview", json={"text": text})).json()
        assert "number-lost" in {one["rule"] for one in tried["findings"]}
