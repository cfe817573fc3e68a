"""What must not reach a log line, as data: keys that hold personal data, and patterns that look like it."""

from __future__ import annotations

import re
from typing import Any, Final

from structlog.typing import EventDict, WrappedLogger

REDACTED: Final = "[redacted]"

_WORDS: Final = ("body", "text", "words", "form", "name", "given_name", "family_name", "date_of_birth", "gp")
_CONTACTS: Final = ("to", "to_number", "from", "from_", "from_number", "phone", "mobile", "number", "email")
_SECRETS: Final = ("password", "token", "auth_token", "api_token", "authorization", "cookie", "database_url")
_KEYS: Final = frozenset((*_WORDS, *_CONTACTS, *_SECRETS, "emergency_contact", "address"))
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"(?:\+|%2B)\d[\d ().-]{5,17}\d", REDACTED),  # an E.164 number, also inside a URL
        (r"(?<![\w-])0\d{4}[ ]?\d{5,6}(?![\w-])", REDACTED),  # a UK number as people write it
        (r"[\w.+-]+@[\w-]+\.[\w.]+", REDACTED),
        (r"\[parameters: .*?\](?=\n|$)", f"[parameters: {REDACTED}]"),  # SQLAlchemy's errors
        (r"DETAIL: [^\n]*", f"DETAIL: {REDACTED}"),  # PostgreSQL's failing row
        (r"input_value=.*?, input_type=", f"input_value={REDACTED}, input_type="),  # Pydantic's errors
        (r"(?<=://)[^\s/@:]+:[^\s/@]+@", f"{REDACTED}@"),  # a password in a URL
    )
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: the last before a line is rendered, ours or anybody else's."""
    return {key: _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: Any) -> Any:
    if key in _KEYS and value is not None:
        return REDACTED
    if isinstance(value, str):
        return _without_patterns(value)
    if isinstance(value, dict):
        return {inner: _clean(str(inner), what) for inner, what in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", what) for what in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _without_patterns(str(value))


def _without_patterns(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
