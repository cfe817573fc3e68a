"""Outcome measures that a plan can be judged by: which way is better, from where to where, how much is error."""

from __future__ import annotations

from typing import Any, Final

from care.goals import DEFAULT, FIRST_GOAL
from care.pack_names import Found, must
from schemas.rules import RulePack
from schemas.rules_delivery import OutcomeMeasure

_WAYS: Final = ("higher", "lower", "set per goal", "")
_ASKED: Final = (0.0, 10.0)
_TABLES: Final = ("mdc_same_assessor", "mdc_between")


def measures(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Every measure says which way is better and from where to where; what a goal is set in can be judged."""
    for name, measure in pack.measures.items():
        yield from must(("measures", name, "better"), "direction", (measure.better,), _WAYS)
        if measure.range and measure.range[0] >= measure.range[1]:
            yield ("measures", name, "range"), "must run from the lowest value to the highest"
        if measure.mdc_same_assessor or measure.mdc_between:
            yield from _tables(name, measure)
        elif measure.sets_goals and measure.higher_is_better is None:
            yield ("measures", name, "better"), "a goal is set in it; say whether higher or lower is better"
    yield from _first_goal(pack)
    yield from _recoded(pack)
    for name, profile in pack.profiles.items():
        unfit = [
            one for one in profile.goal_measures if one in pack.measures and not pack.measures[one].sets_goals
        ]
        for one in unfit:
            yield (
                ("profiles", name, "goal_measures"),
                f"no goal can be set in {one}: that takes a range with `mcid`, or `mdc_same_assessor`",
            )


def _tables(name: str, measure: OutcomeMeasure) -> Found:
    """The same joints in both tables, a line for every other joint, and two assessors never surer than one."""
    tables = {table: getattr(measure, table) for table in _TABLES}
    for table, numbers in tables.items():
        if DEFAULT not in numbers:
            yield (
                ("measures", name, table),
                f"{table} has no {DEFAULT!r}; say what holds for a joint without a line",
            )
    same, between = (tables[table] for table in _TABLES)
    for joint in sorted((set(same) ^ set(between)) - {DEFAULT}):
        table = _TABLES[joint in same]
        yield (
            ("measures", name, table),
            f"{table} has no line for {joint!r}, which the other table has; add it to both",
        )
    for joint in same.keys() & between.keys():
        if between[joint] < same[joint]:
            yield (
                ("measures", name, "mdc_between", joint),
                f"{joint}: {between[joint]:g} between two assessors is less than {same[joint]:g} by one; raise it",
            )


def _first_goal(pack: RulePack) -> Found:
    """Every plan begins with the goal that the client names on the form."""
    goal = pack.measures.get(FIRST_GOAL)
    if goal is None:
        return
    if goal.mcid is None:
        yield ("measures", FIRST_GOAL), f"{FIRST_GOAL} has no mcid; state the change worth acting on"
    elif goal.range != _ASKED or not goal.higher_is_better:
        low, high = _ASKED
        yield (
            ("measures", FIRST_GOAL),
            f"{FIRST_GOAL}: the client's form asks for it from {low:g} to {high:g}, higher is better; write it so",
        )


def _recoded(pack: RulePack) -> Found:
    """An answer that is kept on another scale keeps its steps: as many there as the question has."""
    for question in pack.questions.values():
        measure = pack.measures.get(question.measure or "")
        if measure is None or not measure.sms_recode:
            continue
        asked, kept = question.range[1] - question.range[0], measure.range
        if kept is None or kept[1] - kept[0] != asked:
            yield (
                ("measures", question.measure or "", "range"),
                f"must span {asked} steps, as {question.id} asks for it (`sms_recode`)",
            )
