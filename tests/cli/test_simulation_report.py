"""What `limber simulate` tells: what matters first, and a broken promise is never quiet."""

import json
from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli.main import run
from cli.simulation_report import percent, report


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    said = StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", said)
        assert run(["simulate", "--plans", "3", "--weeks", "4", "--json"]) == 0
    return dict(json.loads(said.getvalue()))


def _read(figures: dict[str, Any]) -> str:
    page = Console(file=StringIO(), width=80, highlight=False)
    page.print(report(figures))
    assert isinstance(page.file, StringIO)
    return page.file.getvalue()


def test_a_report_says_whether_promises_held_before_any_figure(figures: dict[str, Any]) -> None:
    kept, broken = figures, deepcopy(figures) | {"broken_promises": {"nobody has the next step": 2}}
    assert "✓ Every promise was kept" in _read(kept)
    page = _read(broken)
    assert "✓" not in page
    assert page.index("✗ Broken: nobody has the next step, 2 times") < page.index("texts in a week")


def test_a_report_fits_a_terminal_of_eighty_columns_and_keeps_its_figures_in_line(
    figures: dict[str, Any],
) -> None:
    lines = _read(figures).splitlines()
    rates = [line for line in lines if line.startswith(("E0", "E1", "E2", "E3", "together", "question"))]
    assert len({len(line.rstrip()) for line in rates}) == 1


def test_only_a_draft_is_called_one(figures: dict[str, Any]) -> None:
    signed = deepcopy(figures)
    signed["pack"]["status"] = "released"
    assert "not for clinical use" in _read(figures)
    assert "not for clinical use" not in _read(signed)


@pytest.mark.parametrize(("share", "words"), [(0, "0%"), (0.004, "under 1%"), (0.4, "40%")])
def test_what_happened_at_all_is_never_shown_as_nothing(share: float, words: str) -> None:
    assert percent(share) == words
