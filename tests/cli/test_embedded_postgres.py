"""The clinic's own database server: it keeps what was written, whatever happens to it or to us."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from cli.embedded import postgres_binaries
from cli.embedded.account import unprivileged_account
from cli.embedded.errors import StackError
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.postgres_binaries import PostgresBinaries, find_postgres
from cli.embedded.postgres_cluster import open_cluster

_PLAIN = "postgresql://"


def _connect(server: EmbeddedPostgres) -> psycopg.Connection:
    return psycopg.connect(server.database_url.replace("postgresql+psycopg://", _PLAIN), autocommit=True)


def test_what_was_committed_survives_a_killed_server(kept_folder: Path) -> None:
    with EmbeddedPostgres(kept_folder) as server:
        with _connect(server) as connection:
            connection.execute("create table if not exists texts (body text)")
            connection.execute("insert into texts values ('see you on Tuesday')")
        server.kill()
        server.start()
        with _connect(server) as connection:
            assert connection.execute("select body from texts").fetchone() == ("see you on Tuesday",)


def test_a_pid_file_left_by_a_crash_does_not_keep_the_clinic_closed(kept_folder: Path) -> None:
    (kept_folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{kept_folder}\n")
    with EmbeddedPostgres(kept_folder) as server:
        assert server.running()


def test_the_server_can_exclude_overlapping_bookings(kept_folder: Path) -> None:
    with EmbeddedPostgres(kept_folder) as server, _connect(server) as connection:
        connection.execute("create extension if not exists btree_gist")
        connection.execute(
            "create temp table b (who int, at tstzrange, exclude using gist (who with =, at with &&))"
        )
        connection.execute("insert into b values (1, '[2026-01-05 10:00Z, 2026-01-05 11:00Z)')")
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute("insert into b values (1, '[2026-01-05 10:30Z, 2026-01-05 11:30Z)')")


def test_damaged_pages_are_noticed_and_text_is_utf8(kept_folder: Path) -> None:
    with EmbeddedPostgres(kept_folder) as server, _connect(server) as connection:
        assert _setting(connection, "data_checksums") == "on"
        assert _setting(connection, "server_encoding") == "UTF8"
        assert _setting(connection, "fsync") == "on"


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("select current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_nobody_else_can_read_the_clinics_data_or_its_password(kept_folder: Path) -> None:
    assert stat.S_IMODE((kept_folder / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((kept_folder / "postgres-password").stat().st_mode) == 0o600


def test_nobody_enters_without_the_password(kept_folder: Path) -> None:
    with EmbeddedPostgres(kept_folder) as server:
        url = server.database_url.replace("postgresql+psycopg://", _PLAIN)
        password = (kept_folder / "postgres-password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(password, "guess"))


def test_data_of_another_major_version_is_refused_by_both_names(clinic_folder: Path) -> None:
    (clinic_folder / "postgres").mkdir()
    (clinic_folder / "postgres" / "PG_VERSION").write_text("14\n")
    here = find_postgres().major
    with pytest.raises(
        StackError, match=rf"is of version 14 and the server here is version {here}"
    ) as refusal:
        EmbeddedPostgres(clinic_folder).start()
    assert "pg_dump" in refusal.value.way_out


def test_a_lost_password_is_named_rather_than_replaced(clinic_folder: Path) -> None:
    (clinic_folder / "postgres").mkdir()
    (clinic_folder / "postgres" / "PG_VERSION").write_text(str(find_postgres().major))
    with pytest.raises(StackError, match="postgres-password"):
        EmbeddedPostgres(clinic_folder).start()


def test_a_cluster_cut_short_while_being_made_is_made_anew(clinic_folder: Path) -> None:
    half = clinic_folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(clinic_folder, durable=False) as server:
        assert server.running()


def test_a_very_long_folder_name_does_not_break_the_socket(clinic_folder: Path) -> None:
    deep = clinic_folder / ("x" * 120)
    with EmbeddedPostgres(deep, durable=False) as server, _connect(server) as connection:
        assert connection.info.host.startswith("/")
        assert len(connection.info.host) < 80


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")
def test_root_can_keep_the_clinic_in_a_folder_of_its_own() -> None:
    private = Path(tempfile.mkdtemp(prefix="limber-test-"))  # 0700 and root's
    try:
        with EmbeddedPostgres(private / "clinic", durable=False) as server:
            outside = (private / "clinic" / "postgres").resolve()
            assert not outside.is_relative_to(private)
            assert server.running()
        assert not outside.exists(), "scratch data leaves nothing behind"
    finally:
        shutil.rmtree(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")
def test_a_server_installed_where_the_account_cannot_go_is_copied_to_where_it_can(
    monkeypatch: pytest.MonkeyPatch, clinic_folder: Path
) -> None:
    real = find_postgres()
    private = Path(tempfile.mkdtemp(prefix="limber-test-"))
    try:
        package = real.folder.parent.parent
        (private / package.name).symlink_to(package)
        (private / f"{package.name}.libs").symlink_to(package.with_name(f"{package.name}.libs"))
        closed = postgres_binaries.PostgresBinaries(
            private / package.name / real.folder.parent.name / "bin", real.version, real.origin
        )
        monkeypatch.setattr(postgres_binaries, "_REACHABLE_ROOT", clinic_folder)
        account = unprivileged_account(clinic_folder)
        assert account is not None
        monkeypatch.setattr(
            type(account), "can_traverse", lambda self, folder: folder.is_relative_to(clinic_folder)
        )
        copied = postgres_binaries.reachable_by(closed, account)
        assert copied.folder.is_relative_to(clinic_folder)
        answer = subprocess.run(
            [copied.folder / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
            **account.popen_arguments(),
        )
        assert real.version in answer.stdout
    finally:
        shutil.rmtree(private)


@pytest.fixture
def linked(clinic_folder: Path) -> Iterator[PostgresBinaries]:
    """A server that lies where everybody may go, reached through a link in a folder that only root may enter."""
    real = find_postgres()
    private = Path(tempfile.mkdtemp(prefix="limber-test-"))
    (private / "venv").symlink_to(real.folder)
    yield replace(real, folder=private / "venv")
    shutil.rmtree(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")
def test_a_virtual_environment_linked_from_a_root_only_folder_serves(
    monkeypatch: pytest.MonkeyPatch, clinic_folder: Path, linked: PostgresBinaries
) -> None:
    monkeypatch.setattr("cli.embedded.postgres.find_postgres", lambda: linked)
    with EmbeddedPostgres(clinic_folder, durable=False) as server:
        assert server.running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")
def test_a_server_that_the_account_cannot_execute_is_named_with_a_way_out(
    clinic_folder: Path, linked: PostgresBinaries
) -> None:
    account = unprivileged_account(clinic_folder)
    with pytest.raises(StackError, match=r"initdb could not be started as .*: Permission denied") as refusal:
        open_cluster(clinic_folder, linked, account, durable=False)
    assert "everybody may enter" in refusal.value.way_out


def test_without_any_server_the_places_looked_at_and_the_way_out_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_binaries, "_WHEELS", {})
    monkeypatch.setattr(postgres_binaries, "_SYSTEM_FOLDERS", ("/nowhere",))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError, match="/nowhere") as refusal:
        find_postgres()
    assert "DATABASE_URL" in refusal.value.way_out


_STACK_THAT_IS_KILLED = """
import sys
from pathlib import Path
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
postgres = EmbeddedPostgres(Path(sys.argv[1]))
postgres.start()
temporal = EmbeddedTemporal(Path(sys.argv[1]))
temporal.start()
print(postgres.pid, temporal.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends children with their parent")
def test_no_server_outlives_a_killed_stack_and_the_next_one_starts(kept_folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STACK_THAT_IS_KILLED, str(kept_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as stack:
        assert stack.stdout is not None
        servers = [psutil.Process(int(pid)) for pid in stack.stdout.readline().split()]
        assert len(servers) == 2
        stack.send_signal(signal.SIGKILL)
    with EmbeddedPostgres(kept_folder) as next_server:
        assert next_server.running()
    _, alive = psutil.wait_procs(servers, timeout=15)
    assert alive == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the clinic of somebody else")
def test_root_starts_an_ordinary_users_clinic_as_that_user(clinic_folder: Path) -> None:
    with EmbeddedPostgres(clinic_folder, durable=False):
        pass
    for path in (clinic_folder / "postgres", *(clinic_folder / "postgres").rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    with EmbeddedPostgres(clinic_folder, durable=False) as server:
        assert psutil.Process(server.pid).uids().effective == 12345
