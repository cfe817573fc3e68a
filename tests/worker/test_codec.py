"""Payloads leave closed, open with any current key, and say clearly when they cannot be opened."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from schemas.settings import EncryptionKey
from worker.codec import ENCODING, KEY_ID, EncryptingCodec, PayloadLocked
from worker.converter import data_converter

OLD = EncryptionKey("2025", bytes(range(32)))
NEW = EncryptionKey("2026", bytes(range(32, 64)))
SECRET = "Rosa cannot feel her left foot"


def _payload(data: bytes = SECRET.encode()) -> Payload:
    return Payload(metadata={"encoding": b"json/plain", "messageType": b"x"}, data=data)


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=4096), kind=st.binary(max_size=30))
async def test_what_goes_in_comes_out(data: bytes, kind: bytes) -> None:
    codec = EncryptingCodec([NEW])
    payload = Payload(metadata={"encoding": kind}, data=data)
    assert await codec.decode(await codec.encode([payload])) == [payload]


async def test_a_closed_payload_shows_nothing_but_the_key_id() -> None:
    [closed] = await EncryptingCodec([NEW]).encode([_payload()])
    raw = closed.SerializeToString()
    assert SECRET.encode() not in raw
    assert b"json/plain" not in raw and b"messageType" not in raw
    assert closed.metadata["encoding"] == ENCODING
    assert closed.metadata[KEY_ID] == b"2026"


async def test_the_same_words_never_look_the_same_twice() -> None:
    first, second = await EncryptingCodec([NEW]).encode([_payload(), _payload()])
    assert first.data != second.data


async def test_after_a_rotation_old_payloads_still_open_and_new_ones_take_the_new_key() -> None:
    before = await EncryptingCodec([OLD]).encode([_payload()])
    rotated = EncryptingCodec([NEW, OLD])
    assert await rotated.decode(before) == [_payload()]
    [after] = await rotated.encode([_payload()])
    assert after.metadata[KEY_ID] == b"2026"


async def test_a_key_that_was_dropped_too_early_is_named_with_the_way_out() -> None:
    before = await EncryptingCodec([OLD]).encode([_payload()])
    with pytest.raises(PayloadLocked, match=r"'2025'.*add that key to LIMBER_ENCRYPTION_KEYS"):
        await EncryptingCodec([NEW]).decode(before)


async def test_a_key_whose_value_changed_under_its_id_is_refused() -> None:
    before = await EncryptingCodec([OLD]).encode([_payload()])
    with pytest.raises(PayloadLocked, match="does not open with key '2025'"):
        await EncryptingCodec([EncryptionKey("2025", NEW.key)]).decode(before)


async def test_a_payload_that_was_tampered_with_is_refused() -> None:
    [closed] = await EncryptingCodec([NEW]).encode([_payload()])
    closed.data = closed.data[:-1] + bytes([closed.data[-1] ^ 1])
    with pytest.raises(PayloadLocked):
        await EncryptingCodec([NEW]).decode([closed])


async def test_a_payload_relabelled_with_another_key_is_refused() -> None:
    [closed] = await EncryptingCodec([NEW]).encode([_payload()])
    closed.metadata[KEY_ID] = b"2025"
    with pytest.raises(PayloadLocked):
        await EncryptingCodec([NEW, EncryptionKey("2025", NEW.key)]).decode([closed])


async def test_plans_from_before_encryption_stay_readable() -> None:
    assert await EncryptingCodec([NEW]).decode([_payload()]) == [_payload()]


def test_a_codec_without_keys_is_a_mistake_that_says_so() -> None:
    with pytest.raises(ValueError, match="LIMBER_ENCRYPTION_KEYS"):
        EncryptingCodec([])


async def test_a_failure_keeps_its_code_and_hides_its_words() -> None:
    converter = data_converter([NEW])
    failure = Failure()
    error = ApplicationError(SECRET, type="session_conflict")
    await converter.encode_failure(error, failure)
    raw = failure.SerializeToString()
    assert SECRET.encode() not in raw
    assert failure.application_failure_info.type == "session_conflict"
    back = await converter.decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert (back.message, back.type) == (SECRET, "session_conflict")


async def test_closing_and_opening_a_plan_sized_payload_costs_well_under_a_millisecond() -> None:
    codec = EncryptingCodec([NEW])
    payload = _payload(b"x" * 10_000)
    began = time.perf_counter()
    for _ in range(200):
        await codec.decode(await codec.encode([payload]))
    assert (time.perf_counter() - began) / 200 < 0.001
