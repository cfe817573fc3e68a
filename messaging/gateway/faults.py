"""How the gateway can be told to misbehave.

A fault holds until it is lifted or has struck `times` times, for all numbers or for one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from messaging.gateway.errors import DELIVERY_ERRORS, REFUSALS


class FaultKind(StrEnum):
    """The switches. The comment says what Twilio's client sees."""

    UNAUTHORIZED = "401"  # 20003, nothing accepted
    THROTTLED = "429"  # 20429 with Retry-After, nothing accepted
    REFUSED = "refused"  # a 4xx with `code`, nothing accepted
    ERROR_BEFORE = "500-before-accepting"
    ERROR_AFTER = "500-after-accepting"  # the text goes out all the same
    DROP_BEFORE = "drop-before-accepting"
    DROP_AFTER = "drop-after-accepting"  # the connection dies, the text goes out all the same
    SLOW = "slow"  # accepted, answered after `seconds`
    CALLBACKS_DUPLICATED = "callbacks-duplicated"
    CALLBACKS_REORDERED = "callbacks-reordered"  # the final status comes first
    CALLBACKS_LATE = "callbacks-late"  # by `seconds`
    CALLBACKS_MISSING = "callbacks-missing"
    INBOUND_DUPLICATED = "inbound-duplicated"  # the same MessageSid twice
    UNCONFIRMED = "unconfirmed"  # stays sent: the network never says whether it arrived
    UNREACHABLE = "unreachable"  # sent, then undelivered with `code`
    FAILED = "failed"  # never sent, failed with `code`


_DEFAULT_CODES: Final = {
    FaultKind.REFUSED: 21614,
    FaultKind.UNREACHABLE: 30003,
    FaultKind.FAILED: 30002,
}
_KNOWN_CODES: Final[Mapping[FaultKind, Mapping[int, Any]]] = {
    FaultKind.REFUSED: REFUSALS,
    FaultKind.UNREACHABLE: DELIVERY_ERRORS,
    FaultKind.FAILED: DELIVERY_ERRORS,
}


class FaultError(ValueError):
    """A fault that was described wrongly; the message says how to describe it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One active fault. `to` None means every number; `times` None means until lifted."""

    id: str
    kind: FaultKind
    to: str | None = None
    times: int | None = None
    seconds: float = 2.0
    code: int | None = None

    @classmethod
    def parse(cls, described: Mapping[str, Any]) -> Fault:
        """A fault from JSON or options. Raises FaultError."""
        try:
            kind = FaultKind(str(described.get("kind", "")))
        except ValueError:
            kinds = ", ".join(kind.value for kind in FaultKind)
            raise FaultError(f"There is no fault '{described.get('kind')}'. Choose one of {kinds}.") from None
        unknown = sorted(set(described) - {"kind", "to", "times", "seconds", "code"})
        if unknown:
            raise FaultError(f"A fault has no '{unknown[0]}'. It has kind, to, times, seconds, code.")
        try:
            times = int(described["times"]) if described.get("times") is not None else None
            seconds = float(described.get("seconds") or 2.0)
            code = int(described["code"]) if described.get("code") else _DEFAULT_CODES.get(kind)
        except (TypeError, ValueError):
            raise FaultError("times and code are whole numbers, seconds is a number.") from None
        if (times is not None and times < 1) or not 0 < seconds <= 3600:
            raise FaultError("times is at least 1, seconds lies between 0 and 3600.")
        if kind in _KNOWN_CODES and code not in _KNOWN_CODES[kind]:
            known = ", ".join(str(one) for one in _KNOWN_CODES[kind])
            raise FaultError(f"{kind.value} cannot carry code {code}. Known: {known}.")
        to = str(described["to"]) if described.get("to") else None
        return cls(secrets.token_hex(4), kind, to, times, seconds, code)

    def public(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "to": self.to,
            "times": self.times,
            "seconds": self.seconds,
            "code": self.code,
        }


class Faults:
    """The switches of one gateway. They end with the process: a restart is well-behaved."""

    def __init__(self, initial: tuple[Fault, ...] = ()) -> None:
        self._active = list(initial)

    def all(self) -> tuple[Fault, ...]:
        return tuple(self._active)

    def set(self, fault: Fault) -> None:
        """Switch on; a fault of the same kind for the same number is replaced."""
        self._active = [one for one in self._active if (one.kind, one.to) != (fault.kind, fault.to)]
        self._active.append(fault)

    def lift(self, fault_id: str | None = None) -> int:
        """Switch off one, or all; how many it was."""
        before = len(self._active)
        self._active = [one for one in self._active if fault_id is not None and one.id != fault_id]
        return before - len(self._active)

    def strike(self, kind: FaultKind, to: str) -> Fault | None:
        """The fault of this kind that hits this number now, if any; counts as one of its times."""
        for at, fault in enumerate(self._active):
            if fault.kind is kind and fault.to in (None, to):
                if fault.times == 1:
                    del self._active[at]
                elif fault.times is not None:
                    self._active[at] = replace(fault, times=fault.times - 1)
                return fault
        return None
