"""Only Twilio's own requests change the record: every edge of the signature, checked against the SDK."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from messaging.signature import public_url, sign, verify

TOKEN = "12345"
# The worked example of Twilio's security page.
EXAMPLE_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
EXAMPLE_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
EXAMPLE_SIGNATURE = "GvWf1cFY/Q7PnoempGyD5oXAezc="

FIELDS = st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=6)


def test_twilios_own_example_verifies() -> None:
    assert sign(TOKEN, EXAMPLE_URL, EXAMPLE_FORM) == EXAMPLE_SIGNATURE
    assert verify(TOKEN, EXAMPLE_URL, EXAMPLE_SIGNATURE, EXAMPLE_FORM)


@given(FIELDS)
def test_we_sign_as_the_sdk_verifies_and_verify_as_the_sdk_signs(fields: list[tuple[str, str]]) -> None:
    sdk = RequestValidator(TOKEN)
    signature = sign(TOKEN, EXAMPLE_URL, fields)
    assert sdk.validate(EXAMPLE_URL, ImmutableMultiDict(fields), signature)
    assert verify(TOKEN, EXAMPLE_URL, sdk.compute_signature(EXAMPLE_URL, ImmutableMultiDict(fields)), fields)


@given(FIELDS, st.integers(0, 5))
def test_a_changed_field_never_verifies(fields: list[tuple[str, str]], at: int) -> None:
    signature = sign(TOKEN, EXAMPLE_URL, fields)
    changed = [*fields]
    changed.insert(at, ("Body", "changed on the way"))
    assert not verify(TOKEN, EXAMPLE_URL, signature, changed)


def test_repeated_names_and_blank_values_and_outer_spaces_count() -> None:
    sent = [("Body", " spaced "), ("MediaUrl0", ""), ("Tag", "a"), ("Tag", "b")]
    signature = sign(TOKEN, EXAMPLE_URL, sent)
    assert verify(TOKEN, EXAMPLE_URL, signature, sent)
    assert not verify(TOKEN, EXAMPLE_URL, signature, [("Body", "spaced"), *sent[1:]])
    assert not verify(TOKEN, EXAMPLE_URL, signature, [pair for pair in sent if pair[1]])
    assert not verify(TOKEN, EXAMPLE_URL, signature, sent[:-1])


def test_the_fragment_is_not_signed() -> None:
    assert sign(TOKEN, EXAMPLE_URL + "#rc=5&rp=all", EXAMPLE_FORM) == EXAMPLE_SIGNATURE
    assert verify(TOKEN, EXAMPLE_URL + "#rc=5", EXAMPLE_SIGNATURE, EXAMPLE_FORM)


@pytest.mark.parametrize(
    ("signed_for", "configured"),
    [
        ("https://clinic.example:443/in", "https://clinic.example/in"),
        ("https://clinic.example/in", "https://clinic.example:443/in"),
        ("http://clinic.example:80/in", "http://clinic.example/in"),
        ("http://[::1]/in", "http://[::1]:8000/in"),
        ("https://user:pw@clinic.example/in", "https://user:pw@clinic.example:8443/in"),
    ],
)
def test_twilio_may_sign_with_or_without_the_port(signed_for: str, configured: str) -> None:
    assert verify(TOKEN, configured, sign(TOKEN, signed_for, EXAMPLE_FORM), EXAMPLE_FORM)


def test_the_url_behind_the_proxy_does_not_verify_but_the_public_one_does() -> None:
    called = public_url("https://limber.example/", "/webhooks/twilio/status", "intent=abc%2Fd&x=")
    assert called == "https://limber.example/webhooks/twilio/status?intent=abc%2Fd&x="
    signature = sign(TOKEN, called, EXAMPLE_FORM)
    assert verify(TOKEN, called, signature, EXAMPLE_FORM)
    internal = "http://10.0.0.7:8000/webhooks/twilio/status?intent=abc%2Fd&x="
    assert not verify(TOKEN, internal, signature, EXAMPLE_FORM)


@pytest.mark.parametrize("signature", [None, "", "ünïcode", "not base64", EXAMPLE_SIGNATURE + "="])
def test_a_missing_or_garbled_signature_is_refused_and_not_a_crash(signature: str | None) -> None:
    assert not verify(TOKEN, EXAMPLE_URL, signature, EXAMPLE_FORM)


def test_a_url_with_a_broken_port_is_refused_and_not_a_crash() -> None:
    assert not verify(TOKEN, "http://clinic.example:port/in", EXAMPLE_SIGNATURE, EXAMPLE_FORM)
