"""The link to an intake form: an invitation's id and its last moment, signed; nothing in it says whose it is.

The key is made from the encryption keys by HMAC (as in HKDF, RFC 5869), so that no further secret must be kept.
Links signed with an older key are still good while that key is listed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from schemas.encryption_keys import EncryptionKey

FORM_PATH: Final = "/form"
_PURPOSE: Final = b"limber intake form link"
_ID_BYTES: Final = 16
_TIME_BYTES: Final = 5
_SIGNATURE_BYTES: Final = 18  # with id and time 39 bytes: 52 characters, and no padding
_LONGEST: Final = 64


class NoLinkKeyError(RuntimeError):
    """There is no key to sign links with."""

    def __init__(self) -> None:
        super().__init__(
            "LIMBER_ENCRYPTION_KEYS: not set, so links to the form cannot be signed; set it, "
            "or use `limber up`, which makes its own"
        )


@dataclass(frozen=True)
class FormLinks:
    """Signs and reads links. `keys` in the order of the settings: the first signs, all read."""

    keys: Sequence[EncryptionKey]

    def token(self, invitation_id: str, expires_at: datetime) -> str:
        """The signed part of a link. Raises NoLinkKeyError without a key."""
        if not self.keys:
            raise NoLinkKeyError
        body = UUID(invitation_id).bytes + int(expires_at.timestamp()).to_bytes(_TIME_BYTES, "big")
        return base64.urlsafe_b64encode(body + self._signed(self.keys[0], body)).decode().rstrip("=")

    def url(self, public_url: str, invitation_id: str, expires_at: datetime) -> str:
        """The whole link, as a text carries it."""
        return f"{public_url.rstrip('/')}{FORM_PATH}/{self.token(invitation_id, expires_at)}"

    def read(self, token: str, now: datetime) -> str | None:
        """The invitation's id; None for what was not signed here, or has run out. Which of the two stays unsaid."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        try:
            given = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            return None
        if len(given) != _ID_BYTES + _TIME_BYTES + _SIGNATURE_BYTES:
            return None
        body, signature = given[:-_SIGNATURE_BYTES], given[-_SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(self._signed(key, body), signature) for key in self.keys):
            return None
        last = datetime.fromtimestamp(int.from_bytes(body[_ID_BYTES:], "big"), UTC)
        return str(UUID(bytes=body[:_ID_BYTES])) if now < last else None

    def seal(self, what: str) -> str:
        """A mark that only this service can make, for a cookie that says who has shown who they are."""
        if not self.keys:
            raise NoLinkKeyError
        return self._signed(self.keys[0], b"seal " + what.encode()).hex()

    def is_seal(self, mark: str, what: str) -> bool:
        """Whether `mark` was made here for `what`."""
        expected = (self._signed(key, b"seal " + what.encode()).hex() for key in self.keys)
        return any(hmac.compare_digest(one.encode(), mark.encode()) for one in expected)

    @staticmethod
    def _signed(key: EncryptionKey, body: bytes) -> bytes:
        link_key = hmac.digest(key.key, _PURPOSE, "sha256")
        return hmac.digest(link_key, body, "sha256")[:_SIGNATURE_BYTES]
