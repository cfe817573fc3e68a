"""Looking names up while a pack is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from care.pack_text import Path

Found = Iterator[tuple[Path, str]]
"""Problems as (where, what is wrong)."""


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """What to say of a name that nothing in the pack carries."""
    listed = ", ".join(sorted(known)[:12]) + (" …" if len(known) > 12 else "")
    return f"unknown {kind} {name!r}; the pack has {listed or 'none'}"


def must(path: Path, kind: str, names: Collection[str], known: Collection[str]) -> Found:
    """Each of `names` that is not among `known`."""
    for name in names:
        if name not in known:
            yield path, unknown(kind, name, known)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every mapping of a pack's data with its path, outermost first."""
    if isinstance(value, dict):
        yield path, value
        for key, child in value.items():
            yield from walk(child, (*path, key))
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from walk(child, (*path, place))


def some(name: str | None) -> tuple[str, ...]:
    """The name, if there is one."""
    return () if name is None else (name,)
