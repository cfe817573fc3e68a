"""A small identity provider over real HTTP: discovery, keys, codes with PKCE, signed tokens; and its misdeeds."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.responses import JSONResponse, Response

CLIENT_ID = "limber-at-riverside"
CLIENT_SECRET = "known to two"


def another_key(kid: str | None = None) -> RSAKey:
    """A new key; with the id of another one, if given."""
    return RSAKey.generate_key(2048, parameters={"kid": kid} if kid else None, auto_kid=kid is None)


@dataclass
class Provider:
    """Vouches for one person at a time. `claims` replaces what a token would say; `key` is what it signs with."""

    clock: Callable[[], datetime]
    email: str
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    key: RSAKey = field(default_factory=another_key)
    claims: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey | None = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Its address, and its name."""
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def consent(self, address: str) -> str:
        """The person signs in at the address they were sent to; returns where they are sent back to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == self.issuer
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def app(self) -> FastAPI:
        """Its HTTP face."""
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self._discovery)
        app.get("/keys")(self._keys)
        app.post("/token")(self._token)
        return app

    def server(self) -> uvicorn.Server:
        """Serves it on its socket."""
        return uvicorn.Server(uvicorn.Config(self.app(), log_level="error", lifespan="off"))

    async def _discovery(self) -> dict[str, str]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    async def _keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if (
            asked is None
            or asked["code_challenge"] != proof
            or form["redirect_uri"] != asked["redirect_uri"]
            or request.headers.get("Authorization") != f"Basic {secret}"
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": True,
        } | self.claims
        key = self.signs_with or self.key
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        return JSONResponse({"id_token": token, "token_type": "Bearer", "access_token": "unused"})
