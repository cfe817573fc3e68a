"""The base of what the engine makes: frozen dataclasses, quick to make and to read, validated when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, Literal, Self, TypeVar, dataclass_transform

from pydantic import ConfigDict

from schemas.base import adapter

M = TypeVar("M", bound="Made")

_UNGUARDED = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
"""What an open twin has in place of a frozen class's own."""


class _Maker:
    """What makes values of a class: to a type checker the class itself, and so until `made` has written it out."""

    def __get__(self, one: None, shape: type[M]) -> type[M]:
        return shape


class Made:
    """An immutable value that the engine makes of typed parts, thousands of times; its classes are `@made`.

    Making one validates nothing: type checking holds for the parts. What comes from outside (JSON, Temporal, the
    database) is read, and so validated. Unknown keys are dropped then, so that an older reader survives a newer
    writer; a class with `extra="forbid"` refuses them.
    """

    __slots__ = ()

    of = _Maker()
    """Makes a value of the same keywords as the class: what a step makes, at a fifth of what its class would cost.

    At a third where more than fifteen are said at once: Python packs so many into a dictionary after all.
    """

    def __init_subclass__(cls, *, extra: Literal["ignore", "forbid"] | None = None) -> None:
        """Say what reading does with unknown keys."""
        super().__init_subclass__()
        if extra is not None:
            cls.__pydantic_config__ = ConfigDict(extra=extra)  # type: ignore[attr-defined]

    def but(self, /, **changes: Any) -> Self:
        """The same value with some fields replaced. `made` writes out a quicker one for each class."""
        return replace(self, **changes)  # type: ignore[type-var]

    def with_these(self, changes: Mapping[str, Any], /) -> Self:
        """`but` of changes that are a mapping already."""
        return self.but(**changes)

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
    closed = dataclass(frozen=True, slots=True, kw_only=True)(shape)
    closed.of, closed.but, closed.with_these = _written(closed)  # type: ignore[method-assign, assignment]
    return closed


def _written(closed: type[M]) -> tuple[Callable[..., M], ...]:
    """`of`, `but` and `with_these` written out for a class's fields, as `dataclasses` writes a constructor.

    They fill an open twin and then close it: the frozen class's guard would be passed once for each field, and a
    class that is called packs its keywords into a dictionary first. A plan's state is copied many times a step.

    Type checkers hold `of` to the constructor's keywords. Here its parameters are plain ones, those that must be said
    first: what is left out of keyword-only ones is looked up name by name.
    """
    told = fields(closed)  # type: ignore[arg-type]
    said = [one.name for one in told if _needed(one)]
    left_out = [f"{one.name}=usual[{one.name!r}]" for one in told if not _needed(one)]
    parameters = ", ".join((*said, *left_out))
    filled = "; ".join(f"new.{one.name} = {one.name}" for one in told)
    copied = "; ".join(f"new.{one.name} = self.{one.name}" for one in told)
    changed = f"""
    new = open_twin(); {copied}
    for name, value in changes.items():
        setattr(new, name, value)
    new.__class__ = closed
    return new
"""
    source = f"""
def of({parameters}):
    new = open_twin(); {filled}; new.__class__ = closed
    return new

def but(self, /, **changes):{changed}
def with_these(self, changes, /):{changed}"""
    parts: dict[str, Any] = {
        "closed": closed,
        "open_twin": type(f"Open{closed.__name__}", (closed,), {"__slots__": (), **_UNGUARDED}),
        "usual": {one.name: _usual(one) for one in told},
    }
    exec(source, parts)  # noqa: S102 - the names of a class's own fields
    return parts["of"], parts["but"], parts["with_these"]


def _needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _usual(one: Field[Any]) -> Any:
    """What a field is where nothing is said; the same object each time, since nothing changes it."""
    return one.default if one.default_factory is MISSING else one.default_factory()
