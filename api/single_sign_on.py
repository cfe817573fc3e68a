"""Signing in through the clinic's own identity provider: OpenID Connect, authorization code with PKCE (RFC 7636).

The provider says who somebody is; who works here and what they may do stays in Limber's own record, found by the
verified e-mail address.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.settings import Settings, SettingsError

BACK: Final = "/login/oidc/back"
"""Where the provider sends people back to, under the public URL: the redirect URI to register there."""

_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a public key only: what a secret shared with the provider signs is not accepted."""
_PATIENCE: Final = timedelta(seconds=10)
_SLACK: Final = timedelta(minutes=1)
_KEPT_FOR: Final = timedelta(hours=1)


class NotVouchedFor(Exception):  # noqa: N818 - an answer, not a fault
    """The provider did not say who this is, or not so that it can be believed; the message says what to do."""


class _KeyUnknown(Exception):  # noqa: N818 - a state of affairs
    """The token is signed with a key that the provider had not published when we asked."""


class _Metadata(BaseModel):
    """What the provider's discovery document says (OpenID Connect Discovery 1.0, 3)."""

    model_config = ConfigDict(extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True)
class Errand:
    """One way to the provider and back.

    `state` ties it to the browser, `nonce` to the provider's answer, `verifier` to the code.
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Errand:
        """With fresh secrets."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class SingleSignOn:
    """The provider as this process knows it; what it publishes is asked for once an hour."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, public_url: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = public_url.rstrip("/") + BACK
        self._known: tuple[datetime, _Metadata, dict[str, Any]] | None = None

    async def address(self, errand: Errand, now: datetime) -> str:
        """Where to send the browser. Raises NotVouchedFor if the provider cannot be reached."""
        metadata, _ = await self._provider(now)
        query = {
            "response_type": "code",
            "scope": "openid email",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(query)}"

    async def email(self, errand: Errand, code: str, now: datetime) -> str:
        """The verified e-mail address of whoever came back with this code. Raises NotVouchedFor."""
        metadata, keys = await self._provider(now)
        token = await self._redeem(metadata, errand, code)
        try:
            claims = self._verified(token, metadata, keys, errand, now)
        except _KeyUnknown:  # the provider may have changed its keys since we asked
            self._known = None
            metadata, keys = await self._provider(now)
            try:
                claims = self._verified(token, metadata, keys, errand, now)
            except _KeyUnknown:
                raise _unbelievable() from None
        address = claims.get("email")
        if not isinstance(address, str) or claims.get("email_verified") is not True:
            raise NotVouchedFor(
                "The identity provider gives no verified e-mail address for you. Ask whoever runs it."
            )
        return address

    async def _redeem(self, metadata: _Metadata, errand: Errand, code: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": errand.verifier,
            "client_id": self._client_id,
        }
        auth = (self._client_id, self._client_secret) if self._client_secret else None
        answer = await _asked("POST", metadata.token_endpoint, data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotVouchedFor("The identity provider did not say who you are. Sign in again.")
        return token

    def _verified(
        self, token: str, metadata: _Metadata, keys: Any, errand: Errand, now: datetime
    ) -> dict[str, Any]:
        """The claims of an id_token (OpenID Connect Core 1.0, 3.1.3.7)."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet

        try:
            told = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(_ALGORITHMS))
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=int(_SLACK.total_seconds()),
                iss={"essential": True, "value": metadata.issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": errand.nonce},
            ).validate(told.claims)
        except InvalidKeyIdError as error:
            raise _KeyUnknown from error
        except (JoseError, ValueError) as error:
            raise _unbelievable() from error
        claims: dict[str, Any] = told.claims
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise _unbelievable()
        return claims

    async def _provider(self, now: datetime) -> tuple[_Metadata, dict[str, Any]]:
        if self._known is not None and now - self._known[0] < _KEPT_FOR:
            return self._known[1], self._known[2]
        try:
            found = await _asked("GET", f"{self._issuer}/.well-known/openid-configuration")
            metadata = _Metadata.model_validate(found)
        except ValidationError:
            raise NotVouchedFor("The identity provider's own description is not usable.") from None
        if metadata.issuer.rstrip("/") != self._issuer:
            raise NotVouchedFor("The identity provider calls itself by another name than LIMBER_OIDC_ISSUER.")
        keys = await _asked("GET", metadata.jwks_uri)
        self._known = (now, metadata, keys)
        return metadata, keys


def single_sign_on(settings: Settings) -> SingleSignOn | None:
    """The way in through an identity provider; None where none is set. Raises SettingsError."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    if find_spec("joserfc") is None:
        raise SettingsError(
            "LIMBER_OIDC_ISSUER: set, and the package that checks its signatures is not installed; "
            "install limber[oidc], or unset it"
        )
    secret = settings.oidc_client_secret
    return SingleSignOn(
        settings.oidc_issuer,
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        settings.public_url or f"http://127.0.0.1:{settings.api_port}",
    )


async def _asked(method: str, url: str, **terms: Any) -> dict[str, Any]:
    """What the provider answers, as JSON. Its redirects are not followed: it is asked where it said."""
    try:
        async with httpx2.AsyncClient(timeout=_PATIENCE.total_seconds()) as client:
            answer = await client.request(method, url, headers={"Accept": "application/json"}, **terms)
            answer.raise_for_status()
            found = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise NotVouchedFor(
            "The identity provider did not answer as it should. Try again, or sign in with a password."
        ) from error
    if not isinstance(found, dict):
        raise NotVouchedFor("The identity provider answered something else than it should.")
    return found


def _unbelievable() -> NotVouchedFor:
    return NotVouchedFor("What the identity provider said of you could not be verified. Sign in again.")
