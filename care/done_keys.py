"""The agenda keys that have had their turn in a plan, to look one up."""

from __future__ import annotations


class _Record:
    """The keys that were asked about last. Most often the next are the same, or the same and one more."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] = ()
        self._keys: frozenset[str] = frozenset()

    def keys(self, told: tuple[str, ...]) -> frozenset[str]:
        """What a plan remembers as done (`PlanState.done`), where no key is told twice."""
        if told is not self._told:
            before, self._told = self._told, told
            dropped = len(before) - len(told) + 1
            if told and dropped in (0, 1) and before[dropped:] == told[:-1]:
                self._keys = self._keys.difference(before[:dropped]).union(told[-1:])
            else:
                self._keys = frozenset(told)
        return self._keys


keys_done = _Record().keys
