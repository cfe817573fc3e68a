"""A reply is read as an answer to whatever is open, and only what it says leaves the database."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.packs import PackShelf
from activities.reading import ReplyReading
from care.finding import finding
from care.pack import builtin, builtin_text, parse
from database import inbound
from database.errors import NotFoundError
from database.inbound import ArrivedText
from database.rule_packs import StoredPack, keep_pack
from schemas.screening import Urgency
from schemas.transition import ReplyFinding, ReplyQuestion

NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
PACK = builtin()


def _read(
    words: str, *questions: str, baseline: float | None = None, previous: int | None = None
) -> ReplyFinding:
    asked = ReplyQuestion(
        inbound_id="i",
        pack_hash=PACK.content_hash,
        questions=questions,
        baseline=baseline,
        previous={question: previous for question in questions if previous is not None},
    )
    return finding(PACK, words, asked)


def test_a_number_is_a_score_for_the_open_question() -> None:
    assert _read("6", "CHK-PAIN").reading.value == 6


def test_f31_a_number_answers_the_question_it_fits_even_if_another_was_asked_later() -> None:
    assert _read("9", "CHK-PAIN", "CHK-FLARE").reading.value == 9
    assert _read("9", "CHK-FLARE", "CHK-PAIN").reading.value == 9


def test_a_number_that_fits_no_question_is_no_score() -> None:
    assert _read("9", "CHK-FLARE").reading.value is None


def test_a_score_far_above_the_baseline_brings_its_alert_for_that_question_only() -> None:
    found = _read("9", "CHK-PAIN", "CHK-SORE", baseline=3, previous=9)
    assert found.alerts["CHK-PAIN"]
    assert {alert.rule for alert in found.alerts["CHK-PAIN"]} != {
        alert.rule for alert in found.alerts["CHK-SORE"]
    }


def test_safety_words_are_found_with_no_question_open() -> None:
    assert _read("STOP I want to die").reading.urgency is Urgency.E0


@pytest.fixture
async def words_on_record(engine: AsyncEngine, clinic: ModuleType) -> str:
    """A stored text that names a symptom."""
    arrived = ArrivedText("SM1", "+447700900021", "+447700900000", "10, and my foot is numb", 0, {}, NOW)
    return (await inbound.store(engine, arrived)).id


async def test_the_reading_is_kept_beside_the_words_and_the_words_stay(
    engine: AsyncEngine, words_on_record: str
) -> None:
    asked = ReplyQuestion(
        inbound_id=words_on_record, pack_hash=PACK.content_hash, questions=("CHK-PAIN",), baseline=5
    )
    found = await ReplyReading(engine, PackShelf(engine)).read_reply(asked)
    assert (await inbound.text_of(engine, words_on_record)).reading == found.reading
    assert "foot" not in found.as_json()


@pytest.mark.parametrize(("removed", "opted_out"), [(frozenset(), True), (frozenset({"cancel"}), False)])
async def test_a_bare_cancel_opts_out_too_unless_the_clinic_had_that_word_removed(
    engine: AsyncEngine, clinic: ModuleType, removed: frozenset[str], opted_out: bool
) -> None:
    reader = ReplyReading(engine, PackShelf(engine), removed)
    for number, words in enumerate(("Cancel", "STOP")):
        arrived = ArrivedText(f"SM{number}", "+447700900022", "+447700900000", words, 0, {}, NOW)
        stored = await inbound.store(engine, arrived)
        asked = ReplyQuestion(inbound_id=stored.id, pack_hash=PACK.content_hash, questions=())
        reading = (await reader.read_reply(asked)).reading
        expected = (opted_out, 3) if words == "Cancel" else (True, None)
        assert (reading.opt_out, reading.choice) == expected


async def test_a_plan_is_read_by_the_pack_it_is_pinned_to_even_if_the_product_ships_another(
    engine: AsyncEngine, words_on_record: str
) -> None:
    edited = builtin_text().replace("max_routine_per_7_days: 3", "max_routine_per_7_days: 2")
    pinned = parse(edited, "edited")
    stored = StoredPack(pinned.content_hash, pinned.version, pinned.meta.id, pinned.meta.status, edited)
    await keep_pack(engine, stored, NOW)
    pack = await PackShelf(engine).get(pinned.content_hash)
    assert pack.sms_checkins.max_routine_per_7_days == 2


async def test_a_pack_that_nobody_stored_is_said_to_be_missing(engine: AsyncEngine) -> None:
    with pytest.raises(NotFoundError, match="rule pack"):
        await PackShelf(engine).get("0" * 64)
