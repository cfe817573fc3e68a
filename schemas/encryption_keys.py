"""The keys that close payloads, and how they are written in the environment."""

import base64
import binascii
import re
from dataclasses import dataclass, field

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_KEY_BYTES = 32


@dataclass(frozen=True)
class EncryptionKey:
    """An AES-256 key and the id that payloads carry to say which key closed them."""

    key_id: str
    key: bytes = field(repr=False)


def parse_encryption_keys(text: str) -> tuple[EncryptionKey, ...]:
    """Read ``keyid:base64,keyid2:base64``; raises ``ValueError`` naming the faulty key by its place only."""
    keys: list[EncryptionKey] = []
    for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        key_id, _, encoded = entry.partition(":")
        if not _KEY_ID.fullmatch(key_id):
            raise ValueError(
                f"key {number} has no usable id; write it as keyid:base64 with letters, digits, _ or -"
            )
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError(f"key {number} is not base64; make one with `openssl rand -base64 32`") from None
        if len(key) != _KEY_BYTES:
            raise ValueError(
                f"key {number} has {len(key)} bytes, not 32; make one with `openssl rand -base64 32`"
            )
        if key_id in {known.key_id for known in keys}:
            raise ValueError(f"key {number} repeats the id of an earlier one; give each key its own id")
        keys.append(EncryptionKey(key_id, key))
    return tuple(keys)
