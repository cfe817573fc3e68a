"""The permission table at the door of a route: who may not do what it does is turned away before it looks."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Depends

from api.console.permissions import IN_WORDS, Act, may
from api.identity import Who
from api.problems import Problem


@dataclass(frozen=True)
class Permitted:
    """The dependency of a route that only some roles may use; Problem 403 for the others.

    The service account has no person's roles: what it may not do, the plan itself refuses (P1).
    """

    act: Act

    def __call__(self, who: Who) -> None:
        """Turn away a person whose roles do not let them."""
        if who.member is not None and not may(who.actor.roles, self.act):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "not_your_role",
                f"Your roles do not let you {IN_WORDS[self.act]}. Ask somebody who may, or the clinic manager.",
            )


def allowed(act: Act) -> Any:
    """The dependency that keeps a route to those who may do this."""
    return Depends(Permitted(act))
