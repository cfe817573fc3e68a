"""A clinic's folder belongs to one running clinic, keeps its secrets, and is found by other commands."""

import json
import os
import socket
import stat
from pathlib import Path

import pytest

from cli.embedded.credentials import kept_credentials
from cli.embedded.data_directory import DataDirectory
from cli.embedded.environment import texting, without_files
from cli.embedded.errors import StackError
from cli.embedded.ports import LOOPBACK, free_ports, preferred_or_free, require_free
from cli.embedded.running import join_running_stack, publish_environment
from schemas.settings import Settings


def test_a_second_clinic_in_the_same_folder_is_refused_and_told_who_is_there(clinic_folder: Path) -> None:
    first = DataDirectory(clinic_folder)
    first.lock()
    second = DataDirectory(clinic_folder)
    with pytest.raises(StackError, match=f"process {os.getpid()} already runs the clinic") as refusal:
        second.lock()
    assert "--data-dir" in refusal.value.way_out
    assert second.in_use()


def test_keys_and_numbers_are_invented_once_and_kept_private(clinic_folder: Path) -> None:
    directory = DataDirectory(clinic_folder)
    credentials = kept_credentials(directory)
    assert kept_credentials(directory) == credentials
    assert stat.S_IMODE((clinic_folder / "credentials.json").stat().st_mode) == 0o600
    assert Settings(encryption_key_list=credentials.encryption_keys).encryption_keys[0].key_id == "local1"
    assert credentials.gateway_from.startswith("+447700900")
    assert credentials.gateway_auth_token not in repr(credentials)


def test_damaged_keys_are_refused_rather_than_replaced(clinic_folder: Path) -> None:
    (clinic_folder / "credentials.json").write_text('{"encryption_keys": ')
    with pytest.raises(StackError, match=r"credentials\.json cannot be understood"):
        kept_credentials(DataDirectory(clinic_folder))


def test_another_command_joins_the_running_clinic(
    clinic_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMBER_DATA_DIR", str(clinic_folder))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "elsewhere:7233")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    directory = DataDirectory(clinic_folder)
    publish_environment(directory, {"DATABASE_URL": "postgresql://clinic", "TEMPORAL_ADDRESS": "here:7233"})
    join_running_stack()
    assert "DATABASE_URL" not in os.environ, "nothing runs there"
    directory.lock()
    monkeypatch.setenv("DATABASE_URL", "")  # so that monkeypatch restores what joining sets
    monkeypatch.delenv("DATABASE_URL")
    join_running_stack()
    assert os.environ["DATABASE_URL"] == "postgresql://clinic"
    assert os.environ["TEMPORAL_ADDRESS"] == "elsewhere:7233", "what a person set wins"


def test_files_for_programs_are_whole_and_private(clinic_folder: Path) -> None:
    directory = DataDirectory(clinic_folder)
    for api_token in ("old", "new"):
        written = directory.write_private("connection.json", json.dumps({"api_token": api_token}))
    assert json.loads(written.read_text()) == {"api_token": "new"}
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [entry.name for entry in clinic_folder.iterdir()] == ["connection.json"]


def test_a_taken_port_is_named_with_its_holder_and_the_option_to_change_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            StackError, match=rf"port {port} on .* is not free.*process {os.getpid()}"
        ) as refusal:
            require_free(port, "the API", "--port")
        assert f"--port {port + 1}" in refusal.value.way_out
        assert preferred_or_free(port) != port


def test_ports_chosen_together_differ() -> None:
    assert len(set(free_ports(20))) == 20


def test_texts_go_to_the_bundled_gateway_unless_an_account_is_set(clinic_folder: Path) -> None:
    credentials = kept_credentials(DataDirectory(clinic_folder))
    bundled = texting(Settings(), credentials, gateway_port=8090)
    assert bundled.variables()["LIMBER_TWILIO_API_URL"] == f"http://{LOOPBACK}:8090"
    account = Settings(twilio_account_sid="AC" + "0" * 32, twilio_auth_token="t", twilio_from="+15005550006")
    assert texting(account, credentials, gateway_port=8090).variables() == {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "t",
        "TWILIO_FROM": "+15005550006",
    }


def test_an_edge_without_an_account_is_refused_before_a_text_can_go_astray(clinic_folder: Path) -> None:
    credentials = kept_credentials(DataDirectory(clinic_folder))
    with pytest.raises(StackError, match="TWILIO_EDGE is set without TWILIO_ACCOUNT_SID"):
        texting(Settings(twilio_edge="dublin"), credentials, gateway_port=8090)


def test_a_secret_that_came_in_a_file_is_handed_on_once() -> None:
    given = {"TWILIO_AUTH_TOKEN_FILE": "/run/secrets/token", "PATH": "/bin"}
    assert without_files(given, {"TWILIO_AUTH_TOKEN": "t"}) == {"TWILIO_AUTH_TOKEN": "t", "PATH": "/bin"}
