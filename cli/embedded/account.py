"""The unprivileged account that runs PostgreSQL when we are root, and what that account can reach."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from cli.embedded.errors import StackError

_CANDIDATES = ("postgres", "nobody")


class PopenUser(TypedDict, total=False):
    """The arguments of ``subprocess.Popen`` that choose the user; empty to stay who we are."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of this machine to run a server as."""

    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> PopenUser:
        """Arguments for ``subprocess.Popen`` that drop to this account, supplementary groups included."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_traverse(self, folder: Path) -> bool:
        """Whether this account may pass through ``folder`` and all its parents."""
        resolved = folder.resolve()
        return all(self._may_enter(step) for step in (resolved, *resolved.parents) if step.exists())

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def unprivileged_account(cluster: Path) -> Account | None:
    """The account PostgreSQL must drop to: None unless we are root, which the server refuses.

    A ``cluster`` that an ordinary user made keeps its owner; otherwise one of the usual accounts is taken.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(f"user {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        "PostgreSQL",
        f"the server refuses to run as root, and there is no user {' or '.join(_CANDIDATES)} to drop to",
        "run as an ordinary user, or add one with `useradd --system postgres`",
    )
