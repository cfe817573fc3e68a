"""The two bases every contract rests on."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Annotated, Any, Self, TypeVar

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
        set_slot = object.__setattr__
        set_slot(copied, "__dict__", {**self.__dict__, **changes})
        set_slot(copied, "__pydantic_fields_set__", self.__pydantic_fields_set__ | changes.keys())
        set_slot(copied, "__pydantic_extra__", None)
        set_slot(copied, "__pydantic_private__", None)
        return copied


class Strict(BaseModel):
    """A value that came from outside: unknown keys are refused, so a typo is never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")
