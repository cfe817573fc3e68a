"""Twilio's webhook signature: base64 of HMAC-SHA1 over the URL and the sorted form fields.

Source: Twilio, "Security: validating requests". The URL is the one Twilio was given, so verification uses the
configured public URL and never what a proxy made of it; a fragment (`#rc=5`) is an instruction to Twilio and
is not part of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

HEADER: Final = "X-Twilio-Signature"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def public_url(base: str, path: str, query: str = "") -> str:
    """The URL Twilio called: the clinic's public `base` with the request's own path and raw query."""
    return f"{base.rstrip('/')}{path}{'?' if query else ''}{query}"


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """The signature Twilio sends with a request to `url`.

    `fields` are the form's name and value pairs as sent: repeated names stay repeated, blank values are
    kept, nothing is trimmed. A JSON request has no fields.
    """
    return _sign_exactly(auth_token, url.partition("#")[0], fields)


def verify(auth_token: str, url: str, signature: str | None, fields: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether a form request to `url` carries Twilio's signature.

    Twilio signs with or without the port, so both spellings are tried, in constant time each.
    """
    pairs = list(fields)
    given = (signature or "").encode()
    matches = [
        hmac.compare_digest(_sign_exactly(auth_token, spelling, pairs).encode(), given)
        for spelling in _port_spellings(url.partition("#")[0])
    ]
    return any(matches)


def _sign_exactly(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(auth_token.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def _port_spellings(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # not a port: no other spelling to try
        return (url,)
    if port is not None:
        return (url, url.replace(parts.netloc, parts.netloc.removesuffix(f":{port}"), 1))
    default = _DEFAULT_PORTS.get(parts.scheme)
    return (url, url.replace(parts.netloc, f"{parts.netloc}:{default}", 1)) if default else (url,)
