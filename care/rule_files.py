"""The data files that ship in `care/rules/`: the only input that care reads, and part of the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def rules_file(name: str) -> str:
    """The text of a data file. FileNotFoundError if the package has none of that name."""
    return files("care.rules").joinpath(name).read_text(encoding="utf-8")
