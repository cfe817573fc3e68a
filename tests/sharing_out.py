"""Who runs what: two processes share the tests out by file, the long ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_TOGETHER: Final = {
    "tests/browser/": "one lively clinic",
    "tests/cli/test_limber_up.py": "clinics at the usual ports",
    "tests/docs/test_readme_tour.py": "clinics at the usual ports",
}
"""What shares something that takes long to open, or would be in each other's way at the same time."""

_SERVERS: Final = frozenset({"temporal", "engine"})


def group_of(nodeid: str) -> str:
    """The name of the tests that stay in one process with this one: its file's, as a rule."""
    file = nodeid.partition("::")[0]
    return next((group for start, group in _TOGETHER.items() if file.startswith(start)), file)


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests group by group: what drives the whole stack, what needs a server, then what only thinks."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)
    in_order: list[list[pytest.Item]] = sorted(groups.values(), key=_place)
    return [item for group in in_order for item in group]


def _place(group: Sequence[pytest.Item]) -> int:
    if any(item.get_closest_marker("slow") for item in group):
        return 0
    return 1 if any(_SERVERS.intersection(getattr(item, "fixturenames", ())) for item in group) else 2


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a process one group after the other, in the order in which they stand.

    pytest-xdist has `--dist loadgroup` for this, but no longer sees its own marks under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
