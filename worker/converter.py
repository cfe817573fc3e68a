"""How values become payloads: Pydantic JSON, failures without readable messages, all closed by the codec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
)

from schemas.settings import EncryptionKey
from worker.codec import EncryptingCodec

_PARTS: Final = tuple(PydanticPayloadConverter().converters.values())


class PayloadConverter(CompositePayloadConverter):
    """Pydantic JSON. The SDK makes a converter for every step of a workflow; they share what they learn of types."""

    def __init__(self) -> None:
        super().__init__(*_PARTS)


def data_converter(keys: Sequence[EncryptionKey]) -> DataConverter:
    """The one data converter of clients, workers and replayers; without keys, payloads are readable.

    A failure's message and stack trace travel as a payload, so the codec closes them too; its type (a code
    of ours) stays readable for retry policies and for the Temporal UI.
    """
    return DataConverter(
        payload_converter_class=PayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=EncryptingCodec(keys) if keys else None,
    )
