"""The agenda keys that have had their turn in a plan, to look one up."""

from __future__ import annotations

from care.same_again import one_more


def _with_newest(keys: frozenset[str], newest: str, dropped: tuple[str, ...]) -> frozenset[str]:
    return (keys.difference(dropped) if dropped else keys).union((newest,))


keys_done = one_more(frozenset[str], _with_newest)
"""What a plan remembers as done (`PlanState.done`), where no key is told twice."""
