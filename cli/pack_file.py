"""The rule pack that a command is given: the one in a file, or the one built in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from care.pack import builtin, parse
from care.pack_text import PackError
from schemas.rules import RulePack

PackOption = Annotated[
    Path | None, typer.Option("--pack", help="A rule pack (YAML). Without it: the one built in.")
]


class FileError(Exception):
    """A file that cannot be used, with the reason for the person who named it."""


def text_in(path: Path) -> str:
    """The text of a file. FileError says why it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"cannot read {path}: it is not UTF-8 text") from error


def pack_in(path: Path | None) -> RulePack:
    """The pack in a file, the built-in one for None. FileError has every problem with its line and way out."""
    if path is None:
        return builtin()
    try:
        return parse(text_in(path), path.name)
    except PackError as error:
        raise FileError(f"{path} is refused; nothing was done.\n{error}") from error


def draft_words(pack: RulePack) -> str:
    """What is said beside the version of a pack that nobody has signed; nothing beside one that is signed."""
    return "draft, not for clinical use before sign-off" if "draft" in pack.meta.status else ""
