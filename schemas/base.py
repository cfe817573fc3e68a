"""The two bases every contract rests on."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

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
        known = self.__pydantic_fields_set__
        set_slot(copied, "__pydantic_fields_set__", known if changes.keys() <= known else known | changes.keys())
        set_slot(copied, "__pydantic_extra__", None)
        set_slot(copied, "__pydantic_private__", None)
        return copied


class Strict(BaseModel):
    """A value that came from outside: unknown keys are refused, so a typo is never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")
