"""The agenda keys that have had their turn in a plan, to look one up."""

from __future__ import annotations

from collections.abc import Set as AnySet


class _Record:
    """The keys that were asked about last. Most often the next are the same, or the same and one more."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] = ()
        self._keys: set[str] = set()

    def keys(self, told: tuple[str, ...]) -> AnySet[str]:
        """What a plan remembers as done (`PlanState.done`), where no key is told twice.

        To be looked at now: the set is another one's when other keys are asked about.
        """
        if told is not self._told:
            before, self._told = self._told, told
            dropped = len(before) - len(told) + 1
            if told and dropped in (0, 1) and before[dropped:] == told[:-1]:
                self._keys.difference_update(before[:dropped])
                self._keys.add(told[-1])
            else:
                self._keys = set(told)
        return self._keys


keys_done = _Record().keys
