"""What every contract rests on: two bases that validate, and the words for instants and for what plans share."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

A = TypeVar("A", bound=Hashable)


@lru_cache(maxsize=1024)
def _the_one(value: Hashable) -> Hashable:
    return value


Shared = Annotated[A, AfterValidator(_the_one)]
"""A value that many plans have alike, such as a site's hours: equal ones that were read are one object in memory."""

LONGEST_DAYS: Final = 3660
"""Ten years: no rule waits longer, and beyond it dates stop making sense."""
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]

Instant = Annotated[
    AwareDatetime, "an aware instant; UTC inside, the site's zone only where a person reads it"
]

Measured = Annotated[float, Field(allow_inf_nan=False)]
"""A number that somebody took or set. JSON has no NaN and no infinity: a state with one could not be read again."""

_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def adapter(shape: Any) -> TypeAdapter[Any]:
    """How values of a shape (`PlanState`, `tuple[TextOrder, ...]`) are read from JSON and written as JSON."""
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]


class Frozen(BaseModel):
    """An immutable value, validated when it is made; unknown keys are dropped, as `Made` does."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def but(self, **changes: Any) -> Self:
        """The same value with some fields replaced. These are not validated again: callers are typed."""
        return self.model_copy(update=changes)


class Strict(BaseModel):
    """A value that came from outside: unknown keys are refused, so a typo is never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")
