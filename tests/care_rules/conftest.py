"""The built-in rule pack, its all-clear form, and a way to make a changed pack."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from care.pack import builtin, builtin_text, parse
from schemas.rules import RulePack
from schemas.screening import ScreeningResult

TODAY = date(2026, 1, 31)


@pytest.fixture(scope="session")
def pack() -> RulePack:
    """The pack that ships with the product."""
    return builtin()


@pytest.fixture
def all_clear(pack: RulePack) -> dict[str, Any]:
    """A form on which nothing is wrong; a fresh copy for each test."""
    return copy.deepcopy(pack.screening_test_vectors["all_clear"])


@pytest.fixture
def screened(pack: RulePack, all_clear: dict[str, Any]) -> Callable[..., ScreeningResult]:
    """Screen an all-clear form with some items answered differently."""
    from care.screening import screen

    def result(targets: tuple[str, ...] = (), **items: Any) -> ScreeningResult:
        changed = {name.replace("_", "-"): answer for name, answer in items.items()}
        return screen(pack, {**all_clear, **changed}, TODAY, targets)

    return result


@pytest.fixture
def changed_pack() -> Callable[..., RulePack]:
    """The built-in pack with pieces of its text replaced; every piece must occur."""

    def changed(*replacements: tuple[str, str]) -> RulePack:
        text = builtin_text()
        for old, new in replacements:
            assert old in text, f"the pack no longer says {old!r}"
            text = text.replace(old, new)
        return parse(text, "changed.yaml")

    return changed
