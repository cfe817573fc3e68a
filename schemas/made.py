"""The base of what the engine makes: frozen dataclasses, quick to make and to read, validated when they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, Literal, Self, TypeVar, dataclass_transform

from pydantic import ConfigDict

from schemas.base import adapter

M = TypeVar("M", bound="Made")


class Made:
    """An immutable value that the engine makes of typed parts, thousands of times; its classes are `@made`.

    Its constructor validates nothing: type checking holds for the parts. What comes from outside (JSON, Temporal, the
    database) is read, and so validated. Unknown keys are dropped then, so that an older reader survives a newer
    writer; a class with `extra="forbid"` refuses them.
    """

    __slots__ = ()

    def __init_subclass__(cls, *, extra: Literal["ignore", "forbid"] | None = None) -> None:
        """Say what reading does with unknown keys."""
        super().__init_subclass__()
        if extra is not None:
            cls.__pydantic_config__ = ConfigDict(extra=extra)  # type: ignore[attr-defined]

    def but(self, **changes: Any) -> Self:
        """The same value with some fields replaced. `made` writes out a quicker one for the fields of each class."""
        return replace(self, **changes)  # type: ignore[type-var]

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return tuple(one.name for one in fields(cls))  # type: ignore[arg-type]

    @classmethod
    def read(cls, told: Any) -> Self:
        """The value that plain values tell. Raises Pydantic's ValidationError (a ValueError)."""
        value: Self = adapter(cls).validate_python(told)
        return value

    @classmethod
    def read_json(cls, text: str | bytes) -> Self:
        """The value that JSON tells. Raises Pydantic's ValidationError (a ValueError)."""
        value: Self = adapter(cls).validate_json(text)
        return value

    def plain(self) -> dict[str, Any]:
        """The value in JSON's own types."""
        values: dict[str, Any] = adapter(type(self)).dump_python(self, mode="json")
        return values

    def as_json(self) -> str:
        """The value as JSON."""
        return adapter(type(self)).dump_json(self).decode()


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def made(shape: type[M]) -> type[M]:
    """A frozen dataclass with slots, whose constructor takes keywords only."""
    closed = dataclass(init=False, frozen=True, slots=True, kw_only=True)(shape)
    closed.__init__, closed.but = _written(closed)  # type: ignore[method-assign]
    return closed


def _written(closed: type[Made]) -> tuple[Callable[..., None], Callable[..., Any]]:
    """A constructor and a `but` written out for a class's fields, as `dataclasses` writes its own.

    They fill an open twin of the same layout and then close it: passing the frozen class's guard once for each field
    would take twice as long, and a plan's state is copied many times a step.
    """
    told = fields(closed)  # type: ignore[arg-type]
    keywords = ", ".join(one.name if _needed(one) else f"{one.name}=usual[{one.name!r}]" for one in told)
    filled = "; ".join(f"self.{one.name} = {one.name}" for one in told)
    copied = "; ".join(f"copied.{one.name} = self.{one.name}" for one in told)
    source = f"""
def __init__(self, /, *, {keywords}):
    become(self, open_twin); {filled}; self.__class__ = closed

def but(self, /, **changes):
    copied = new(open_twin); {copied}
    for name, value in changes.items():
        put(copied, name, value)
    copied.__class__ = closed
    return copied
"""
    parts: dict[str, Any] = {
        "closed": closed,
        "open_twin": type(f"Open{closed.__name__}", closed.__bases__, {"__slots__": closed.names()}),
        "usual": {one.name: _usual(one) for one in told},
        "new": object.__new__,
        "put": object.__setattr__,
        "become": object.__dict__["__class__"].__set__,
    }
    exec(source, parts)  # noqa: S102 - the names of a class's own fields
    return parts["__init__"], parts["but"]


def _needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _usual(one: Field[Any]) -> Any:
    """What a field is where nothing is said; the same object each time, since nothing changes it."""
    return one.default if one.default_factory is MISSING else one.default_factory()
