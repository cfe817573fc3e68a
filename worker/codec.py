"""Payloads leave this process closed: AES-256-GCM, the key's id in the metadata, keys that can be rotated.

Temporal and whoever operates it see that a plan does something, never what.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from schemas.settings import EncryptionKey

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
CIPHER: Final = "encryption-cipher"
_AES_GCM: Final = b"AES-256-GCM"
_NONCE_BYTES: Final = 12


class PayloadLocked(Exception):  # noqa: N818 - a state of the payload
    """A payload that none of the configured keys opens."""


class EncryptingCodec(PayloadCodec):
    """Encrypts with the first key and decrypts with any of them.

    Nonces are random: change the active key before 2^32 payloads (NIST SP 800-38D, 8.3). A payload that is
    not encrypted passes through, so that encryption can be turned on while plans are running.
    """

    def __init__(self, keys: Sequence[EncryptionKey]) -> None:
        if not keys:
            raise ValueError("no encryption key: set LIMBER_ENCRYPTION_KEYS, or use no codec")
        self._ciphers = {key.key_id.encode(): AESGCM(key.key) for key in keys}
        self._active = keys[0].key_id.encode()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Close each payload, metadata and all, with the active key."""
        return [self._closed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open each payload with the key it names; raises `PayloadLocked` if that key is missing or wrong."""
        return [
            self._opened(payload) if payload.metadata.get("encoding") == ENCODING else payload
            for payload in payloads
        ]

    def _closed(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._active].encrypt(nonce, payload.SerializeToString(), self._active)
        metadata = {"encoding": ENCODING, CIPHER: _AES_GCM, KEY_ID: self._active}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        key_id = payload.metadata.get(KEY_ID, b"")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise PayloadLocked(
                f"a payload is closed with key {key_id.decode(errors='replace')!r}, which this process does "
                "not have; add that key to LIMBER_ENCRYPTION_KEYS, behind the active one"
            )
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, key_id))
        except InvalidTag:
            raise PayloadLocked(
                f"a payload does not open with key {key_id.decode()!r}: the key has another value than the "
                "one that closed it, or the payload was changed; restore the key's value in "
                "LIMBER_ENCRYPTION_KEYS"
            ) from None
