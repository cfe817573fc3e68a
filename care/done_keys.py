"""The agenda keys that have had their turn in a plan, to look one up."""

from __future__ import annotations


class _Record:
    """The keys that were asked about last. Most often the next are the same, or the same and one more.

    A worker steps several plans at once, each in its own thread: what is kept of one is kept in one assignment.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[str, ...], frozenset[str]] = ((), frozenset())

    def keys(self, told: tuple[str, ...]) -> frozenset[str]:
        """What a plan remembers as done (`PlanState.done`), where no key is told twice."""
        known, keys = self._last
        if told is not known:
            dropped = len(known) - len(told) + 1
            if told and dropped in (0, 1) and known[dropped:] == told[:-1]:
                keys = keys.difference(known[:dropped]).union(told[-1:]) if dropped else keys.union(told[-1:])
            else:
                keys = frozenset(told)
            self._last = (told, keys)
        return keys


keys_done = _Record().keys
