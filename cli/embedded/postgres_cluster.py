"""A PostgreSQL cluster on disk: made once, with its own password, never opened by the wrong version."""

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.account import Account, PopenUser
from cli.embedded.errors import StackError
from cli.embedded.postgres_binaries import PostgresBinaries

SUPERUSER = "limber"

_OUTSIDE = Path("/var/lib/limber")


@dataclass(frozen=True)
class Cluster:
    """A cluster folder (0700, owned by the account that runs the server) and the superuser's password."""

    folder: Path
    password: str


def open_cluster(
    data_dir: Path, binaries: PostgresBinaries, account: Account | None, *, durable: bool
) -> Cluster:
    """The cluster of ``data_dir``, made if there is none.

    Raises ``StackError`` when the cluster was made by another major version, or cannot be made.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    if account is not None:
        data_dir.chmod(0o711)  # the account passes through; the files inside are closed to it
    home = data_dir / "postgres"
    password_file = data_dir / "postgres-password"
    if (home / "PG_VERSION").exists():
        refuse_other_major(home, binaries)
        return Cluster(home.resolve(), _kept_password(password_file))
    folder = _place_for(home, account)
    password = secrets.token_urlsafe(24)
    _write_private(password_file, password)
    _initialise(folder, password, binaries, account, durable=durable)
    return Cluster(folder, password)


def lives_outside(data_dir: Path) -> Path | None:
    """Where the cluster really is, when the account could not reach ``data_dir``; else None."""
    home = data_dir / "postgres"
    return home.resolve() if home.is_symlink() else None


def _place_for(home: Path, account: Account | None) -> Path:
    """The folder to make the cluster in; a link from ``home`` when that lies behind a root-only folder."""
    if home.is_symlink():
        home.unlink()
    if account is None or account.can_traverse(home.parent):
        return home.resolve()
    _OUTSIDE.mkdir(parents=True, exist_ok=True)
    _OUTSIDE.chmod(0o755)
    outside = _OUTSIDE / f"cluster-{secrets.token_hex(4)}"
    home.symlink_to(outside)
    return outside


def _initialise(
    folder: Path, password: str, binaries: PostgresBinaries, account: Account | None, *, durable: bool
) -> None:
    # Made beside and renamed: an initdb cut short by a power failure is never taken for a cluster.
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    draft.mkdir(mode=0o700)
    user: PopenUser = {} if account is None else account.popen_arguments()
    descriptor, password_file = tempfile.mkstemp(prefix="limber-initdb-")
    try:
        os.write(descriptor, password.encode())
        if account is not None:
            os.chown(draft, account.uid, account.gid)
            os.fchown(descriptor, account.uid, account.gid)
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if binaries.major >= 17 else ["--locale=C"]
        answer = subprocess.run(
            [
                *(binaries.folder / "initdb", "--pgdata", draft, "--username", SUPERUSER),
                *("--encoding=UTF8", *locale, "--data-checksums", "--auth=scram-sha-256"),
                *("--pwfile", password_file, "--no-instructions"),
                *([] if durable else ["--no-sync"]),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            **user,
        )
    except OSError as error:
        raise StackError(
            "PostgreSQL",
            f"{binaries.folder / 'initdb'} could not be started"
            f"{f' as {account.name}' if account else ''}: {error.strerror}",
            "run as an ordinary user, or keep the virtual environment in a folder that everybody may enter",
        ) from error
    finally:
        os.close(descriptor)
        Path(password_file).unlink()
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise StackError(
            "PostgreSQL",
            f"initdb failed in {folder.parent}: {answer.stderr.strip()}",
            "check free space and the folder's owner, or choose another with --data-dir",
        )
    draft.rename(folder)


def refuse_other_major(home: Path, binaries: PostgresBinaries) -> None:
    """Raise ``StackError`` if the cluster in ``home`` was made by another major version."""
    version_file = home / "PG_VERSION"
    made_by = version_file.read_text().strip() if version_file.exists() else str(binaries.major)
    if made_by != str(binaries.major):
        raise StackError(
            "PostgreSQL",
            f"the data in {home} is of version {made_by} and the server here is version {binaries.major}",
            f"install a version {made_by} server and dump with pg_dump, then restore into a new --data-dir; "
            f"or, if the data may go, delete {home}",
        )


def _kept_password(password_file: Path) -> str:
    try:
        return password_file.read_text().strip()
    except OSError as error:
        raise StackError(
            "PostgreSQL",
            f"the password of the database is not readable in {password_file}: {error.strerror}",
            "restore that file from a backup of the data directory, or choose a new --data-dir",
        ) from error


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
