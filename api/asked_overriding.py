"""The bodies of overrides: what is set aside, and the written reason (ALG-10).

How long the reason must be stands in the plan's rule pack: it is checked where the pack is at hand.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Strict
from schemas.screening import Restriction

WeightyWords = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class OverrideAsked(Strict):
    """A hold by its key, or a restriction as it stands in the plan; one of the two."""

    hold: str | None = None
    restriction: Restriction | None = None
    reason: WeightyWords

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.hold is None) is (self.restriction is None):
            raise PydanticCustomError(
                "field", "Name one thing to override: a hold or a restriction.", {"field": "hold"}
            )
        return self
