"""What a look at one part gives."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part is. ``off`` is no fault: the part is not running here and nobody asked it to."""

    GOOD = "good"
    OFF = "off"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One part: its state, what that means, and how to mend it (empty if there is nothing to mend)."""

    part: str
    state: State
    meaning: str
    remedy: str = ""
