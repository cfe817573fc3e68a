"""Intake forms to send: the examples that ship with the product, and small changes to them."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def example(name: str) -> dict[str, Any]:
    """An example by its file name."""
    form: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return form


def with_field(form: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The form with one field replaced; `path` like `client.mobile` or `goals.0.now`."""
    changed = deepcopy(form)
    *way, last = path.split(".")
    place: Any = changed
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[last] = value
    return changed
