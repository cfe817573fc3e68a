"""PostgreSQL as our own child: a private cluster behind a unix socket, gone when we are gone."""

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import sql

from cli.embedded.account import Account, unprivileged_account
from cli.embedded.child import Child
from cli.embedded.embedded_server import EmbeddedServer
from cli.embedded.errors import StackError
from cli.embedded.postgres_binaries import find_postgres, reachable_by
from cli.embedded.postgres_cluster import SUPERUSER, lives_outside, open_cluster

DATABASE = "limber"

_LONGEST_SOCKET_PATH = 103
"""``sun_path`` is 104 bytes on BSD and macOS, 108 on Linux, with the closing zero."""

# A clinic's data fits in tens of megabytes: small buffers leave the memory to the rest of the stack.
_MODEST = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_destination": "stderr",
    "logging_collector": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """The embedded server over ``data_dir``.

    ``durable=False`` trades safety for speed and suits tests only: a crash of the *machine* may lose the
    cluster. ``port`` opens a loopback port beside the unix socket. Start it from a thread that lives as
    long as the stack (see ``Child``).
    """

    name = "PostgreSQL"

    def __init__(self, data_dir: Path, *, durable: bool = True, port: int | None = None) -> None:
        self._data_dir = Path(data_dir).absolute()
        self._durable = durable
        self._port = port
        self._url: str | None = None
        self._short_sockets: Path | None = None

    def start(self) -> str:
        """Start the server and return the SQLAlchemy URL of its ``limber`` database, created if missing.

        Raises ``StackError``: no server found, data of another major version, not ready in 60 seconds.
        """
        account = unprivileged_account(self._data_dir / "postgres")
        binaries = reachable_by(find_postgres(), account)
        cluster = open_cluster(self._data_dir, binaries, account, durable=self._durable)
        sockets = _socket_folder(cluster.folder, account)
        self._short_sockets = sockets if sockets != cluster.folder else None
        _clear_the_way(cluster.folder, sockets)
        settings = {
            **_MODEST,
            **({} if self._durable else _NOT_DURABLE),
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "listen_addresses": "127.0.0.1" if self._port else "",
            "port": str(self._port or 5432),
        }
        self._child = Child(
            name="PostgreSQL",
            argv=[binaries.folder / "postgres", "-D", cluster.folder, *_as_arguments(settings)],
            log=self._data_dir / "logs" / "postgres.log",
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            account=account,
            stop_signal=signal.SIGINT,  # fast shutdown: disconnect clients, checkpoint, leave
            death_signal=signal.SIGINT,
        )
        self._child.start()
        dsn = _Dsn(sockets, self._port or 5432, cluster.password)
        try:
            self._child.wait_until(
                dsn.answers, timeout=60, hint="see the log above, or choose another --data-dir"
            )
            dsn.ensure_database(DATABASE)
        except BaseException:
            self.stop()
            raise
        self._url = dsn.sqlalchemy_url(DATABASE)
        return self._url

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL; raises ``StackError`` if the server was not started."""
        if self._url is None:
            raise StackError("PostgreSQL", "it was not started", "call start() first")
        return self._url

    def stop(self) -> None:
        """Fast shutdown, 20 seconds of patience, then kill. Safe to call twice."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._short_sockets is not None:
            shutil.rmtree(self._short_sockets, ignore_errors=True)
        outside = lives_outside(self._data_dir)
        if outside is not None and not self._durable:  # scratch data leaves nothing behind
            shutil.rmtree(outside, ignore_errors=True)


class _Dsn:
    """How to reach the server, in the forms that psycopg and SQLAlchemy want."""

    def __init__(self, sockets: Path, port: int, password: str) -> None:
        self._sockets = sockets
        self._port = port
        self._password = password

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._sockets),
            port=self._port,
            user=SUPERUSER,
            password=self._password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str) -> None:
        with self._connect() as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def sqlalchemy_url(self, name: str) -> str:
        host = quote(str(self._sockets), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}:{self._password}@/{name}?host={host}&port={self._port}"


def _as_arguments(settings: Mapping[str, str]) -> list[str]:
    return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def _socket_folder(cluster: Path, account: Account | None) -> Path:
    """The cluster's own folder, which is already private; a short one when that path is too long."""
    if len(os.fsencode(cluster / ".s.PGSQL.65535.lock")) <= _LONGEST_SOCKET_PATH:
        return cluster
    root = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp") if account is None else "/tmp")  # noqa: S108
    short = root / f"limber-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    owner = os.geteuid() if account is None else account.uid
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid not in (owner, os.geteuid()):
        raise StackError(
            "PostgreSQL",
            f"{short}, the folder for its socket, belongs to somebody else",
            "remove that folder, or choose a --data-dir with a shorter path",
        )
    short.chmod(0o700)
    if account is not None:
        os.chown(short, account.uid, account.gid)
    return short


def _clear_the_way(cluster: Path, sockets: Path, patience: float = 15.0) -> None:
    """Let a server that an earlier, killed stack left behind finish, so that the cluster is free.

    A stale ``postmaster.pid`` whose number now belongs to another program is removed: PostgreSQL itself
    would refuse to start. A live server of this cluster is asked to stop; the caller owns the data directory.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if _serves(pid, cluster):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + patience
    while _serves(pid, cluster):
        if time.monotonic() > deadline:
            raise StackError(
                "PostgreSQL",
                f"process {pid} still serves {cluster} after {patience:.0f} s",
                f"end it with `kill -QUIT {pid}`, then start again",
            )
        time.sleep(0.05)
    for left in (pid_file, *sockets.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _serves(pid: int, cluster: Path) -> bool:
    """Whether process ``pid`` is a live postmaster of ``cluster``."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(cluster) in process.cmdline()
    except psutil.Error:
        return False
