"""The secrets that `deploy/make-secrets` makes are those that production starts with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from schemas.settings import Environment, load_settings


def _make(root: Path, folder: Path) -> str:
    script = root / "deploy" / "make-secrets"
    return subprocess.run([script, folder], capture_output=True, text=True, check=True).stdout


def test_production_starts_with_the_secrets_that_were_made(
    root: Path, services: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(root, tmp_path)
    (tmp_path / "twilio_auth_token").write_text("0" * 32)
    for variable, value in services["worker"]["environment"].items():
        monkeypatch.setenv(variable, value.replace("/run/secrets", str(tmp_path)))

    settings = load_settings()

    assert settings.environment is Environment.PRODUCTION
    assert settings.database_url is not None
    assert (tmp_path / "database_password").read_text() in settings.database_url
    assert len(settings.encryption_keys) == 1


def test_a_secret_that_is_there_is_never_replaced(root: Path, tmp_path: Path) -> None:
    _make(root, tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    told = _make(root, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert "made" not in told


def test_the_folder_is_closed_and_its_files_can_be_read_in_the_containers(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    told = _make(root, folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    secrets = filter(None, (path.read_text() for path in folder.iterdir()))
    assert not any(secret in told for secret in secrets)
    assert "twilio_auth_token" in told
