"""The two bases every contract rests on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict
from pydantic.fields import FieldInfo

A = TypeVar("A", bound=Hashable)


@lru_cache(maxsize=1024)
def _the_one(value: Hashable) -> Hashable:
    return value


Shared = Annotated[A, AfterValidator(_the_one)]
"""A value that many plans have alike, such as a site's hours: equal ones that were read are one object in memory."""

Instant = Annotated[
    AwareDatetime, "an aware instant; UTC inside, the site's zone only where a person reads it"
]

# The four slots of a pydantic model, set as itself sets them, without a look-up of each by its name.
_new = object.__new__
_set_values = BaseModel.__dict__["__dict__"].__set__
_set_fields_set = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


class Frozen(BaseModel):
    """An immutable value. Unknown keys are dropped, so an older reader survives a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def but(self, **changes: Any) -> Self:
        """The same value with some fields replaced.

        Not validated again: callers are typed, and a plan's state is copied many times a step. The same as
        pydantic's `model_copy(update=…)`, which copies each of the four slots twice over.
        """
        copied = _new(type(self))
        values = self.__dict__.copy()
        values.update(changes)
        _set_values(copied, values)
        known = self.__pydantic_fields_set__
        _set_fields_set(copied, known if known.issuperset(changes) else known.union(changes))
        _set_extra(copied, None)
        _set_private(copied, None)
        return copied


class Made(Frozen):
    """A frozen value that the engine makes of typed parts, thousands of times: its constructor validates nothing.

    Type checking holds for the parts; what comes from outside (JSON, Temporal, the database) is read with
    `model_validate` and validated as ever. A missing or unknown field is a TypeError.
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Give the class a constructor whose keywords are its fields, in their order and with their defaults."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.__init__ = _constructor(cls.model_fields)  # type: ignore[method-assign]


def _constructor(fields: dict[str, FieldInfo]) -> Callable[..., None]:
    """A constructor written out for these fields, as `dataclasses` writes them: it merges and compares nothing."""
    defaults = {name: field.get_default() for name, field in fields.items() if not field.is_required()}
    keywords = ", ".join(f"{name}=_defaults[{name!r}]" if name in defaults else name for name in fields)
    source = f"""
def __init__(self, /, *, {keywords}):
    _set_values(self, {{{", ".join(f"{name!r}: {name}" for name in fields)}}})
    _set_fields_set(self, _names)
    _set_extra(self, None)
    _set_private(self, None)
"""
    parts = {
        "_defaults": defaults,
        "_names": set(fields),
        "_set_values": _set_values,
        "_set_fields_set": _set_fields_set,
        "_set_extra": _set_extra,
        "_set_private": _set_private,
    }
    exec(source, parts)  # noqa: S102 - the names of a class's own fields
    written: Any = parts["__init__"]
    # Pydantic takes a class with a constructor of its own to need it for reading too; this one only skips work.
    written.__pydantic_base_init__ = True
    return written  # type: ignore[no-any-return]


class Strict(BaseModel):
    """A value that came from outside: unknown keys are refused, so a typo is never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")
