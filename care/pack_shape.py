"""What does not fit the shape of a pack, said to whoever edits it: what stands there, and what may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SAID: Final[Mapping[str, str]] = {
    "extra_forbidden": "is not a key that the engine knows here; check the spelling",
    "missing": "is missing; give it, or take it over from the pack that ships",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a number that can be counted to",
    "int_from_float": "must be a whole number",
    "string_too_short": "is empty; write it out",
    "too_short": "is empty; list at least {min_length}",
}
"""By pydantic's name for what is wrong; the braces are its own terms."""

_WANTED: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text; put it in quotes",
    "time": "a time of day, like '20:00'",
    "tuple": "a list, like [one, two]",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "dataclass": "a mapping of keys to values",
}
"""By the first word of the name, where a thing of another kind stands."""


_OF_A_KEY: Final = "[key]"
"""How pydantic marks that a key, not its value, is wrong."""


def shape_reason(detail: Mapping[str, Any]) -> str:
    """One of pydantic's errors as `name: what is wrong and what to write`."""
    kind, given = detail["type"], detail.get("input")
    return f"{_name(detail['loc'], kind)}: {_reason(kind, given, detail)}"


def _reason(kind: str, given: object, detail: Mapping[str, Any]) -> str:
    told = f" (given: {str(given)[:60]!r})"
    if kind == "enum":
        return f"unknown value {str(given)[:60]!r}; it is one of {detail['ctx']['expected']}"
    if isinstance(given, bool) and "string" in kind:
        return "is a boolean; put 'yes', 'no', 'true' or 'false' in quotes where a word is meant"
    if kind in ("extra_forbidden", "missing"):
        return _SAID[kind]
    if kind in _SAID:
        return _SAID[kind].format_map(detail.get("ctx", {})) + told
    wanted = _WANTED.get(kind.partition("_")[0])
    if wanted and kind.endswith(("_type", "_parsing")):
        return f"must be {wanted}" + told
    return f"{detail['msg']}{told}"


def _name(path: tuple[str | int, ...], kind: str) -> str:
    """The last key; of what is missing also the one above, where the file may not have even that."""
    words = [part for part in path if isinstance(part, str) and part != _OF_A_KEY]
    return ".".join(words[-2:] if kind == "missing" else words[-1:]) or "the pack"
