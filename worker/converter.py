"""How values become payloads: Pydantic JSON, failures without readable messages, all closed by the codec."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from schemas.settings import EncryptionKey
from worker.codec import EncryptingCodec


def data_converter(keys: Sequence[EncryptionKey]) -> DataConverter:
    """The one data converter of clients, workers and replayers; without keys, payloads are readable.

    A failure's message and stack trace travel as a payload, so the codec closes them too; its type (a code
    of ours) stays readable for retry policies and for the Temporal UI.
    """
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=EncryptingCodec(keys) if keys else None,
    )
