"""The clinic's own Temporal server: it keeps its database and its address over a restart."""

import importlib.metadata
import socket
import subprocess
from pathlib import Path

import pytest

from cli.embedded.errors import StackError
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.temporal import EmbeddedTemporal, find_temporal


def _operator(address: str, *arguments: str) -> str:
    command = [str(find_temporal()), "operator", *arguments, "--address", address]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def test_what_temporal_knew_it_knows_after_a_kill_at_the_same_address(clinic_folder: Path) -> None:
    with EmbeddedTemporal(clinic_folder) as server:
        first = server.address
        _operator(first, "namespace", "create", "--namespace", "clinic")
        server.kill()
        assert server.start() == first
        assert "clinic" in _operator(first, "namespace", "describe", "--namespace", "clinic")


def test_temporal_keeps_its_files_to_itself(clinic_folder: Path) -> None:
    with EmbeddedTemporal(clinic_folder, time_skipping=True, suggest_continue_as_new=50):
        assert (clinic_folder / "temporal.db").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_named_before_anything_starts() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=f"port {port} on {LOOPBACK} is not free"):
            EmbeddedTemporal(port=port).start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(clinic_folder: Path) -> None:
    (clinic_folder / "temporal.db").write_text("this is no database, only a text that stands in its place")
    with pytest.raises(StackError, match=r"temporal\.log ends with\n.+file is not a database"):
        EmbeddedTemporal(clinic_folder).start()


def test_without_the_binary_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "files", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError) as refusal:
        find_temporal()
    assert "TEMPORAL_ADDRESS" in refusal.value.way_out


def test_a_port_lost_at_the_last_moment_is_replaced(
    monkeypatch: pytest.MonkeyPatch, clinic_folder: Path
) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        lost = other.getsockname()[1]
        chosen = iter([[lost, *free_ports(3)], free_ports(4)])
        monkeypatch.setattr("cli.embedded.temporal.free_ports", lambda _: next(chosen))
        with EmbeddedTemporal(clinic_folder) as server:
            assert server.address != f"{LOOPBACK}:{lost}"
