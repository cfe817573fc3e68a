"""The two bases every contract rests on."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

A = TypeVar("A", bound=Hashable)


@lru_cache(maxsize=1024)
def _the_one(value: Hashable) -> Hashable:
    return value


Shared = Annotated[A, AfterValidator(_the_one)]
"""A value that many plans have alike, such as a site's hours: equal ones that were read are one object in memory."""

Instant = Annotated[
    AwareDatetime, "an aware instant; UTC inside, the site's zone only where a person reads it"
]

_set_slot = object.__setattr__


class Frozen(BaseModel):
    """An immutable value. Unknown keys are dropped, so an older reader survives a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def but(self, **changes: Any) -> Self:
        """The same value with some fields replaced.

        Not validated again: callers are typed, and a plan's state is copied many times a step. The same as
        pydantic's `model_copy(update=…)`, which copies each of the four slots twice over.
        """
        cls = type(self)
        copied = cls.__new__(cls)
        _set_slot(copied, "__dict__", {**self.__dict__, **changes})
        known = self.__pydantic_fields_set__
        _set_slot(
            copied, "__pydantic_fields_set__", known if changes.keys() <= known else known | changes.keys()
        )
        _set_slot(copied, "__pydantic_extra__", None)
        _set_slot(copied, "__pydantic_private__", None)
        return copied


class Made(Frozen):
    """A frozen value that the engine makes of typed parts, thousands of times: its constructor validates nothing.

    Type checking holds for the parts; what comes from outside (JSON, Temporal, the database) is read with
    `model_validate` and validated as ever. A missing or unknown field is a TypeError.
    """

    _blank: ClassVar[dict[str, Any]] = {}
    _required: ClassVar[frozenset[str]] = frozenset()
    _names: ClassVar[set[str]] = set()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Lay the fields out once, in their order and with their defaults."""
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields
        cls._blank = {name: field.get_default() for name, field in fields.items()}
        cls._required = frozenset(name for name, field in fields.items() if field.is_required())
        cls._names = set(fields)

    if not TYPE_CHECKING:

        def __init__(self, /, **fields: Any) -> None:
            cls = type(self)
            values = {**cls._blank, **fields}
            if len(values) != len(cls._blank) or not cls._required <= fields.keys():
                wrong = sorted((cls._required - fields.keys()) | (fields.keys() - cls._names))
                raise TypeError(f"{cls.__name__}: missing or unknown: {', '.join(wrong)}")
            _set_slot(self, "__dict__", values)
            _set_slot(self, "__pydantic_fields_set__", cls._names)
            _set_slot(self, "__pydantic_extra__", None)
            _set_slot(self, "__pydantic_private__", None)

        # Pydantic takes a class with a constructor of its own to need it for reading too; this one only skips work.
        __init__.__pydantic_base_init__ = True


class Strict(BaseModel):
    """A value that came from outside: unknown keys are refused, so a typo is never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")
