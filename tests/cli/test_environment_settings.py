"""What the environment may say; what would be unsafe is refused at the door, by name and without its value."""

import base64
import os
from pathlib import Path

import pytest

from schemas.settings import Environment, Settings, SettingsError, load_settings, settings_table

_KEY = base64.b64encode(b"k" * 32).decode()
_OTHER_KEY = base64.b64encode(b"o" * 32).decode()
_ACCOUNT = "AC" + "0" * 32
_PRODUCTION = {
    "LIMBER_ENV": "production",
    "DATABASE_URL": "postgresql://db/limber",
    "TEMPORAL_ADDRESS": "temporal:7233",
    "LIMBER_ENCRYPTION_KEYS": f"a:{_KEY}",
    "LIMBER_PUBLIC_URL": "https://clinic.example",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("LIMBER_", "TWILIO_", "TEMPORAL_", "DATABASE_")):
            monkeypatch.delenv(name)


def _read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_on_a_persons_own_machine_nothing_need_be_set() -> None:
    settings = load_settings()
    assert settings.environment is Environment.LOCAL
    assert settings.encryption_keys == ()


@pytest.mark.parametrize("name", [name for name in _PRODUCTION if name != "LIMBER_ENV"])
def test_production_does_not_start_without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: needed when LIMBER_ENV=production"):
        _read(monkeypatch, **{key: value for key, value in _PRODUCTION.items() if key != name})


def test_production_starts_when_all_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(monkeypatch, **_PRODUCTION).public_url == "https://clinic.example"


@pytest.mark.parametrize("name", ["TWILIO_EDGE", "TWILIO_REGION"])
def test_a_local_gateway_is_refused_where_the_sdk_would_send_to_twilio(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(SettingsError, match=f"unset {name}|unset TWILIO_EDGE and {name}"):
        _read(monkeypatch, LIMBER_TWILIO_API_URL="http://127.0.0.1:8090", **{name: "ie1"})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TWILIO_ACCOUNT_SID": _ACCOUNT}, "one is set without the other"),
        ({"TWILIO_AUTH_TOKEN": "t"}, "one is set without the other"),
        ({"TWILIO_ACCOUNT_SID": _ACCOUNT, "TWILIO_AUTH_TOKEN": "t"}, "no sender"),
        ({"TWILIO_ACCOUNT_SID": "SK1"}, "TWILIO_ACCOUNT_SID: it must be AC"),
        ({"DATABASE_URL": "mysql://db/limber"}, "`mysql` is no PostgreSQL URL"),
        ({"LIMBER_API_PORT": "0"}, "LIMBER_API_PORT: "),
        ({"LIMBER_ENCRYPTION_KEYS": f"no/id:{_KEY}"}, "key 1 has no usable id"),
        ({"LIMBER_ENCRYPTION_KEYS": f"a:{_KEY},b:c2hvcnQ="}, "key 2 has 5 bytes, not 32"),
        ({"LIMBER_ENCRYPTION_KEYS": "a:%%%"}, "key 1 is not base64"),
        ({"LIMBER_ENCRYPTION_KEYS": f"a:{_KEY},a:{_OTHER_KEY}"}, "key 2 repeats the id"),
    ],
)
def test_a_fault_is_named(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        _read(monkeypatch, **given)


def test_a_refusal_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refusal:
        _read(monkeypatch, LIMBER_ENCRYPTION_KEYS="a:dG9wc2VjcmV0", TWILIO_AUTH_TOKEN="topsecret")
    assert "dG9wc2VjcmV0" not in str(refusal.value)
    assert "topsecret" not in str(refusal.value)


def test_settings_can_be_shown_without_showing_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch, **_PRODUCTION | {"DATABASE_URL": "postgresql://u:pass@db/limber"})
    assert _KEY not in repr(settings)
    assert "pass@" not in repr(settings)
    assert _KEY not in repr(settings.encryption_keys)


def test_the_first_key_encrypts_and_the_others_still_decrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch, LIMBER_ENCRYPTION_KEYS=f"2026:{_OTHER_KEY}, 2025:{_KEY}")
    assert [key.key_id for key in settings.encryption_keys] == ["2026", "2025"]
    assert settings.encryption_keys[1].key == b"k" * 32


def test_a_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"a:{_KEY}\n")
    settings = _read(monkeypatch, LIMBER_ENCRYPTION_KEYS_FILE=str(tmp_path / "keys"))
    assert settings.encryption_keys[0].key_id == "a"


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN_FILE: /nowhere/token cannot be read"):
        _read(monkeypatch, TWILIO_AUTH_TOKEN_FILE="/nowhere/token")


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN and TWILIO_AUTH_TOKEN_FILE are both set"):
        _read(monkeypatch, TWILIO_AUTH_TOKEN="t", TWILIO_AUTH_TOKEN_FILE=str(tmp_path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_a_postgresql_address_works(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    assert (
        _read(monkeypatch, DATABASE_URL=f"{scheme}://db/limber").database_url
        == "postgresql+psycopg://db/limber"
    )


def test_every_variable_is_documented() -> None:
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    assert all(row.count("|") == 4 and not row.endswith("| None |") for row in rows)
