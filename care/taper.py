"""The taper policy: from one client's trend to one proposal with all its reasons (`taper_policy`).

The groups of rules stand in a fixed order and the first with a true rule decides. Missing data is never
good news: it can hold, escalate or suspend, and it never steps down. A single reading never moves a step.
"""

from __future__ import annotations

from collections.abc import Callable

from care.trend import (
    ROUNDING,
    complete,
    confirmed,
    direction,
    known,
    last,
    last_known,
    on_track,
    progress,
    regression,
)
from schemas.rules import RulePack
from schemas.taper import TaperDecision, TaperInputs, TaperPolicy, TaperVerdict

ORDER = ("STOP", "SUSPEND", "ESCALATE", "FREEZE", "STEP_UP", "DISCHARGE", "STEP_DOWN", "HOLD")
"""The order of precedence; a pack that states another is refused."""

NO_CHANGE_TWICE = "TAP-DIS-2"
"""The rule after two reviews without meaningful change: a therapist chooses what follows."""

MISSING, SILENT, LAST_STEP = "MISSING", "SILENT", "LAST_STEP"

_HOLD = TaperVerdict.HOLD

_Rule = Callable[[TaperPolicy, TaperInputs], bool]


# -- no progress ----------------------------------------------------------------------------------


def _no_progress(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    """Neither the primary measure nor pain has changed by a meaningful amount, as far as is known."""
    primary, pain = inputs.primary, inputs.pain
    way = direction(primary)
    seen = known((*primary.values, primary.best_at_step))
    if way is not None and primary.baseline is not None and primary.mcid is not None and seen:
        gain = max(seen) - primary.baseline if way > 0 else primary.baseline - min(seen)
        if gain >= primary.mcid - ROUNDING:
            return False
    readings = known(pain.recent)
    eased = pain.baseline - readings[-1] if pain.baseline is not None and readings else 0.0
    return eased < policy.pain_mcid


# -- step up --------------------------------------------------------------------------------------


def _flared(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    flare = inputs.flare
    count = flare.count_28d or 0  # not known: nothing to step up for, and nothing to step down on (D3)
    return flare.longest_h > policy.flare_long_hours or count >= policy.flare_count_28d


def _pain_rose(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    pain = inputs.pain
    entry = pain.at_step_entry if pain.at_step_entry is not None else pain.baseline
    if entry is None:
        return False
    readings = confirmed(pain, policy.pain_gap_hours)
    return bool(readings) and min(readings) >= entry + policy.pain_mcid


def _function_slipped(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    primary = inputs.primary
    lost = regression(primary, last_known(primary.values, 2))
    return lost is not None and primary.mcid is not None and lost >= primary.mcid - ROUNDING


STEP_UP: dict[str, _Rule] = {
    "TAP-UP-1": _flared,
    "TAP-UP-2": _pain_rose,
    "TAP-UP-3": _function_slipped,
}


def _any_step_up(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    return any(rule(policy, inputs) for rule in STEP_UP.values())


# -- step down ------------------------------------------------------------------------------------


def _tracked(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    primary, planned, count = inputs.primary, inputs.planned_weeks, policy.n_consecutive
    values, weeks = primary.values, primary.weeks
    if len(values) < count:
        return False
    dated = len(weeks) == len(values)
    for place in range(-count, 0):
        week = weeks[place] if dated else None
        if not on_track(policy, primary, planned, values[place], week):
            return False
    return True


def _goal_met(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    values = last(inputs.primary.values, policy.n_consecutive)
    return bool(values) and all(progress(inputs.primary, value) == 1 for value in values)


def _pain_low(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    readings = known(inputs.pain.recent[-policy.n_consecutive :])
    return len(readings) == policy.n_consecutive and max(readings) <= policy.pain_ok_max


def _flare_free(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    flare = inputs.flare
    if flare.days_since is None:
        return flare.count_28d == 0
    return flare.days_since >= policy.flare_free_days


def _adherent(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    share = inputs.adherence_28d
    return share is not None and share >= policy.adherence_ok_min


def _long_enough(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    enough_days = inputs.days_at_step >= policy.rung(inputs.step).min_days_at_step
    return enough_days and inputs.sessions_at_step >= policy.min_sessions_at_step


def _answering(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    return inputs.checkins_answered_of_3 >= policy.checkins_answered_min and not _silent(policy, inputs)


def _silent(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    return inputs.silent_run >= policy.silent_hold_after


def _nothing_open(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    return not inputs.open.e2 and not inputs.open.ae and inputs.screening_valid


def _no_recent_step_up(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    since = inputs.days_since_step_up
    return since is None or since >= policy.days_after_step_up_before_down


STEP_DOWN: dict[str, _Rule] = {
    "D1": _tracked,
    "D2": _pain_low,
    "D3": _flare_free,
    "D4": _adherent,
    "D5": _long_enough,
    "D6": _answering,
    "D7": _nothing_open,
    "D8": _no_recent_step_up,
    "D9": lambda _, inputs: not inputs.review_overdue,
}
_DISCHARGE_NEEDS = ("D2", "D3", "D4", "D6", "D7")


def _sustained(policy: TaperPolicy, inputs: TaperInputs) -> bool:
    return (
        inputs.step in policy.discharge_steps
        and inputs.days_at_step >= policy.discharge_sustained_days
        and _goal_met(policy, inputs)
        and all(STEP_DOWN[name](policy, inputs) for name in _DISCHARGE_NEEDS)
    )


# -- the other groups -----------------------------------------------------------------------------

_SUSPEND: dict[str, _Rule] = {
    "TAP-SUS-1": lambda _, inputs: bool(inputs.open.e01 or inputs.open.hold or inputs.open.ae >= 3),
    "TAP-SUS-2": lambda _, inputs: not inputs.screening_valid,
}

_ESCALATE: dict[str, _Rule] = {
    "TAP-ESC-1": lambda policy, inputs: (
        inputs.sessions_since_review >= policy.no_progress_sessions and _no_progress(policy, inputs)
    ),
    "TAP-ESC-2": lambda policy, inputs: inputs.step is policy.ladder[0].step and _any_step_up(policy, inputs),
    "TAP-ESC-3": lambda policy, inputs: inputs.step_ups_84d >= 1 and _any_step_up(policy, inputs),
    "TAP-ESC-4": lambda policy, inputs: (
        inputs.sessions_since_review >= policy.hard_review_sessions
        or inputs.days_since_review >= policy.hard_review_days
    ),
    "TAP-ESC-5": lambda policy, inputs: (
        inputs.adherence_28d is not None and inputs.adherence_28d < policy.adherence_escalate_below
    ),
    "TAP-ESC-6": lambda policy, inputs: (
        inputs.missed_run >= policy.missed_run_escalate or inputs.days_no_contact >= policy.no_contact_days
    ),
    NO_CHANGE_TWICE: lambda policy, inputs: inputs.reviews_no_change >= policy.reviews_no_change_escalate,
}

_GROUPS: tuple[tuple[TaperVerdict, dict[str, _Rule]], ...] = (
    (TaperVerdict.STOP_CLIENT_CHOICE, {"TAP-STOP": lambda _, inputs: inputs.client_stop}),
    (TaperVerdict.SUSPEND, _SUSPEND),
    (TaperVerdict.ESCALATE, _ESCALATE),
    (
        _HOLD,
        {"TAP-FRZ-1": lambda _, inputs: bool(inputs.open.e2 or inputs.open.ae in (1, 2))},
    ),
    (TaperVerdict.PROPOSE_STEP_UP, STEP_UP),
    (TaperVerdict.PROPOSE_DISCHARGE, {"TAP-DIS-1": _sustained}),
)
"""The groups of rules in order of precedence, each with the verdict that it leads to."""

_RULES = tuple((verdict, name, rule) for verdict, rules in _GROUPS for name, rule in rules.items())


def evaluate(policy: TaperPolicy, inputs: TaperInputs) -> TaperDecision:
    """The policy's proposal for this trend. A named physiotherapist accepts, edits or rejects it.

    Raises KeyError if the client's step is not on the policy's ladder.
    """
    policy.rung(inputs.step)
    true = [(verdict, name) for verdict, name, rule in _RULES if rule(policy, inputs)]
    notes, soft = _notes(policy, inputs), _soft_flags(policy, inputs)
    if true:
        first = true[0][0]
        reasons = tuple([name for verdict, name in true if verdict is first])
        return TaperDecision.of(
            verdict=first,
            to=policy.neighbour(inputs.step, -1) if first is TaperVerdict.PROPOSE_STEP_UP else None,
            reasons=(*reasons, *_failing(policy, inputs)) if first is _HOLD else reasons,
            also=tuple([name for verdict, name in true if verdict is not first]),
            notes=notes,
            soft_flags=soft,
        )
    failing = _failing(policy, inputs)
    below = policy.neighbour(inputs.step, 1) if not failing else None
    if below is None:
        at_the_end = (LAST_STEP,) if inputs.step is policy.ladder[-1].step else ()
        return TaperDecision.of(verdict=_HOLD, reasons=failing, notes=(*notes, *at_the_end), soft_flags=soft)
    return TaperDecision.of(
        verdict=TaperVerdict.PROPOSE_STEP_DOWN,
        to=below,
        reasons=tuple(STEP_DOWN),
        notes=notes,
        soft_flags=soft,
    )


def _failing(policy: TaperPolicy, inputs: TaperInputs) -> tuple[str, ...]:
    """The conditions for a step down that do not hold."""
    return tuple([f"not_{name}" for name, holds in STEP_DOWN.items() if not holds(policy, inputs)])


def _notes(policy: TaperPolicy, inputs: TaperInputs) -> tuple[str, ...]:
    """MISSING when a value that step-down needs is not known; SILENT when check-ins go unanswered."""
    primary, count = inputs.primary, policy.n_consecutive
    missing = (
        inputs.adherence_28d is None
        or inputs.flare.count_28d is None
        or direction(primary) is None
        or not complete(primary.values, count)
        or not complete(inputs.pain.recent, count)
    )
    notes = (MISSING,) if missing else ()
    return (*notes, SILENT) if _silent(policy, inputs) else notes


def _soft_flags(policy: TaperPolicy, inputs: TaperInputs) -> tuple[str, ...]:
    sessions = inputs.sessions_since_review
    warned = policy.no_progress_warning_sessions <= sessions < policy.no_progress_sessions
    return ("no_progress_warning",) if warned and _no_progress(policy, inputs) else ()


# -- policies -------------------------------------------------------------------------------------


def policy_from(pack: RulePack, condition: str | None = None) -> TaperPolicy:
    """The pack's policy, with ADH's numbers; a condition with a tighter hard review tightens it (TAP-ESC-4).

    Raises pydantic's ValidationError (a ValueError) if the numbers do not make a policy.
    """
    numbers: dict[str, float] = dict(pack.taper_policy.params)
    review = pack.conditions[condition].hard_review if condition else None
    if review:
        numbers["hard_review_sessions"] = min(numbers["hard_review_sessions"], review.sessions)
        numbers["hard_review_days"] = min(numbers["hard_review_days"], review.days)
    unknown = sorted(set(numbers) - set(TaperPolicy.names()) | set(numbers) & _ADHERENCE)
    if unknown:
        raise ValueError(f"the engine knows no parameter {', '.join(unknown)}; check the spelling")
    return TaperPolicy.read({**numbers, **_adherence_numbers(pack), "ladder": pack.taper_policy.ladder})


_ADHERENCE = frozenset({"adherence_window_days", "adherence_min_planned"})
"""What a policy carries of `measures.ADH`; it stands there and not among the params."""


def _adherence_numbers(pack: RulePack) -> dict[str, float]:
    told = pack.measures.get("ADH")
    own = {name: getattr(told, name.removeprefix("adherence_"), None) for name in _ADHERENCE}
    return {name: number for name, number in own.items() if number is not None}


def pain_ok_for_lasting_pain(policy: TaperPolicy, baseline: float) -> float:
    """`override_paths`, for high long-term pain with good function: 30 % below baseline, never above 5 in the draft.

    The therapist sets it with a reason; nothing sets it automatically.
    """
    return min(policy.lasting_pain_max, baseline * policy.lasting_pain_share)
