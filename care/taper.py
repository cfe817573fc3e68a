"""The taper policy: from one client's trend to one proposal with all its reasons (`taper_policy`).

The groups of rules stand in a fixed order and the first with a true rule decides. Missing data is never
good news: it can hold, escalate or suspend, and it never steps down. A single reading never moves a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from care.trend import ROUNDING, direction, each, known, last, on_track, progress, regression
from schemas.rules import RulePack
from schemas.taper import TaperDecision, TaperInputs, TaperPolicy, TaperVerdict

ORDER = ("STOP", "SUSPEND", "ESCALATE", "FREEZE", "STEP_UP", "DISCHARGE", "STEP_DOWN", "HOLD")
"""The order of precedence; a pack that states another is refused."""

NO_CHANGE_TWICE = "TAP-DIS-2"
"""The rule after two reviews without meaningful change: a therapist chooses what follows."""

MISSING, SILENT, LAST_STEP = "MISSING", "SILENT", "LAST_STEP"


class _Case(NamedTuple):
    policy: TaperPolicy
    inputs: TaperInputs


_Rule = Callable[[_Case], bool]


# -- no progress ----------------------------------------------------------------------------------


def _no_progress(case: _Case) -> bool:
    """Neither the primary measure nor pain has changed by a meaningful amount, as far as is known."""
    primary, pain = case.inputs.primary, case.inputs.pain
    way = direction(primary)
    seen = known((*primary.values, primary.best_at_step))
    if way is not None and primary.baseline is not None and primary.mcid is not None and seen:
        gain = max((value - primary.baseline) * way for value in seen)
        if gain >= primary.mcid - ROUNDING:
            return False
    readings = known(pain.recent)
    eased = pain.baseline - readings[-1] if pain.baseline is not None and readings else 0.0
    return eased < case.policy.pain_mcid


# -- step up --------------------------------------------------------------------------------------


def _flared(case: _Case) -> bool:
    flare, policy = case.inputs.flare, case.policy
    return flare.longest_h > policy.flare_long_hours or flare.count_28d >= policy.flare_count_28d


def _pain_rose(case: _Case) -> bool:
    pain, policy = case.inputs.pain, case.policy
    entry = pain.at_step_entry if pain.at_step_entry is not None else pain.baseline
    readings = last(known(pain.recent), 2)
    apart = pain.last_gap_hours is None or pain.last_gap_hours >= policy.pain_gap_hours
    return entry is not None and apart and each(readings, lambda pain: pain >= entry + policy.pain_mcid)


def _function_slipped(case: _Case) -> bool:
    primary = case.inputs.primary
    if primary.mcid is None:
        return False
    least = primary.mcid - ROUNDING
    return each(
        last(known(primary.values), 2),
        lambda value: (lost := regression(primary, value)) is not None and lost >= least,
    )


STEP_UP: dict[str, _Rule] = {
    "TAP-UP-1": _flared,
    "TAP-UP-2": _pain_rose,
    "TAP-UP-3": _function_slipped,
}


def _any_step_up(case: _Case) -> bool:
    return any(rule(case) for rule in STEP_UP.values())


# -- step down ------------------------------------------------------------------------------------


def _tracked(case: _Case) -> bool:
    count, primary = case.policy.n_consecutive, case.inputs.primary
    weeks = primary.weeks if len(primary.weeks) == len(primary.values) else (None,) * len(primary.values)
    sessions = tuple(zip(primary.values, weeks, strict=True))
    return each(last(sessions, count), lambda session: on_track(case.policy, case.inputs, *session))


def _goal_met(case: _Case) -> bool:
    values = last(case.inputs.primary.values, case.policy.n_consecutive)
    return each(values, lambda value: progress(case.inputs.primary, value) == 1)


def _pain_low(case: _Case) -> bool:
    readings = last(case.inputs.pain.recent, case.policy.n_consecutive)
    return each(readings, lambda pain: pain is not None and pain <= case.policy.pain_ok_max)


def _flare_free(case: _Case) -> bool:
    flare = case.inputs.flare
    if flare.days_since is None:
        return flare.count_28d == 0
    return flare.days_since >= case.policy.flare_free_days


def _adherent(case: _Case) -> bool:
    share = case.inputs.adherence_28d
    return share is not None and share >= case.policy.adherence_ok_min


def _long_enough(case: _Case) -> bool:
    inputs, policy = case.inputs, case.policy
    enough_days = inputs.days_at_step >= policy.rung(inputs.step).min_days_at_step
    return enough_days and inputs.sessions_at_step >= policy.min_sessions_at_step


def _answering(case: _Case) -> bool:
    return case.inputs.checkins_answered_of_3 >= case.policy.checkins_answered_min and not _silent(case)


def _silent(case: _Case) -> bool:
    return case.inputs.silent_run >= case.policy.silent_hold_after


def _nothing_open(case: _Case) -> bool:
    return not case.inputs.open.e2 and not case.inputs.open.ae and case.inputs.screening_valid


def _no_recent_step_up(case: _Case) -> bool:
    since = case.inputs.days_since_step_up
    return since is None or since >= case.policy.days_after_step_up_before_down


STEP_DOWN: dict[str, _Rule] = {
    "D1": _tracked,
    "D2": _pain_low,
    "D3": _flare_free,
    "D4": _adherent,
    "D5": _long_enough,
    "D6": _answering,
    "D7": _nothing_open,
    "D8": _no_recent_step_up,
    "D9": lambda case: not case.inputs.review_overdue,
}
_DISCHARGE_NEEDS = ("D2", "D3", "D4", "D6", "D7")


def _sustained(case: _Case) -> bool:
    inputs, policy = case.inputs, case.policy
    return (
        inputs.step in policy.discharge_steps
        and inputs.days_at_step >= policy.discharge_sustained_days
        and _goal_met(case)
        and all(STEP_DOWN[name](case) for name in _DISCHARGE_NEEDS)
    )


# -- the rules, group by group, in order of precedence --------------------------------------------

_GROUPS: tuple[tuple[TaperVerdict, dict[str, _Rule]], ...] = (
    (TaperVerdict.STOP_CLIENT_CHOICE, {"TAP-STOP": lambda case: case.inputs.client_stop}),
    (
        TaperVerdict.SUSPEND,
        {
            "TAP-SUS-1": lambda case: bool(
                case.inputs.open.e01 or case.inputs.open.hold or case.inputs.open.ae >= 3
            ),
            "TAP-SUS-2": lambda case: not case.inputs.screening_valid,
        },
    ),
    (
        TaperVerdict.ESCALATE,
        {
            "TAP-ESC-1": lambda case: (
                case.inputs.sessions_since_review >= case.policy.no_progress_sessions and _no_progress(case)
            ),
            "TAP-ESC-2": lambda case: case.inputs.step is case.policy.ladder[0].step and _any_step_up(case),
            "TAP-ESC-3": lambda case: case.inputs.step_ups_84d >= 1 and _any_step_up(case),
            "TAP-ESC-4": lambda case: (
                case.inputs.sessions_since_review >= case.policy.hard_review_sessions
                or case.inputs.days_since_review >= case.policy.hard_review_days
            ),
            "TAP-ESC-5": lambda case: (
                case.inputs.adherence_28d is not None
                and case.inputs.adherence_28d < case.policy.adherence_escalate_below
            ),
            "TAP-ESC-6": lambda case: (
                case.inputs.missed_run >= case.policy.missed_run_escalate
                or case.inputs.days_no_contact >= case.policy.no_contact_days
            ),
            NO_CHANGE_TWICE: lambda case: (
                case.inputs.reviews_no_change >= case.policy.reviews_no_change_escalate
            ),
        },
    ),
    (
        TaperVerdict.HOLD,
        {"TAP-FRZ-1": lambda case: bool(case.inputs.open.e2 or case.inputs.open.ae in (1, 2))},
    ),
    (TaperVerdict.PROPOSE_STEP_UP, STEP_UP),
    (TaperVerdict.PROPOSE_DISCHARGE, {"TAP-DIS-1": _sustained}),
)


def evaluate(policy: TaperPolicy, inputs: TaperInputs) -> TaperDecision:
    """The policy's proposal for this trend. A named physiotherapist accepts, edits or rejects it.

    Raises KeyError if the client's step is not on the policy's ladder.
    """
    case = _Case(policy, inputs)
    policy.rung(inputs.step)
    true = [(verdict, [name for name, rule in rules.items() if rule(case)]) for verdict, rules in _GROUPS]
    holding = {name: rule(case) for name, rule in STEP_DOWN.items()}
    failing = tuple(f"not_{name}" for name, holds in holding.items() if not holds)
    notes, soft = _notes(case), _soft_flags(case)

    for place, (verdict, names) in enumerate(true):
        if names:
            return TaperDecision(
                verdict=verdict,
                to=policy.neighbour(inputs.step, -1) if verdict is TaperVerdict.PROPOSE_STEP_UP else None,
                reasons=(*names, *failing) if verdict is TaperVerdict.HOLD else tuple(names),
                also=tuple(name for _, lower in true[place + 1 :] for name in lower),
                notes=notes,
                soft_flags=soft,
            )
    below = policy.neighbour(inputs.step, 1)
    if failing or below is None:
        at_the_end = () if below else (LAST_STEP,)
        return TaperDecision(
            verdict=TaperVerdict.HOLD, reasons=failing, notes=(*notes, *at_the_end), soft_flags=soft
        )
    return TaperDecision(
        verdict=TaperVerdict.PROPOSE_STEP_DOWN, to=below, reasons=tuple(holding), notes=notes, soft_flags=soft
    )


def _notes(case: _Case) -> tuple[str, ...]:
    """MISSING when a value that step-down needs is not known; SILENT when check-ins go unanswered."""
    count = case.policy.n_consecutive
    inputs = case.inputs
    reached = [progress(inputs.primary, value) for value in last(inputs.primary.values, count)]
    needed = (reached, last(inputs.pain.recent, count))
    missing = inputs.adherence_28d is None or any(None in values or not values for values in needed)
    return tuple(note for note, true in ((MISSING, missing), (SILENT, _silent(case))) if true)


def _soft_flags(case: _Case) -> tuple[str, ...]:
    early = case.policy.no_progress_warning_sessions <= case.inputs.sessions_since_review
    still_early = case.inputs.sessions_since_review < case.policy.no_progress_sessions
    return ("no_progress_warning",) if early and still_early and _no_progress(case) else ()


# -- policies -------------------------------------------------------------------------------------

HIGHEST_PAIN_OK = 5.0
_SHARE_AFTER_DROP = 0.7


def policy_from(pack: RulePack, condition: str | None = None) -> TaperPolicy:
    """The pack's policy; a condition with a tighter hard review tightens it (TAP-ESC-4).

    Raises pydantic's ValidationError (a ValueError) if the numbers do not make a policy.
    """
    numbers: dict[str, float] = dict(pack.taper_policy.params)
    review = pack.conditions[condition].hard_review if condition else None
    if review:
        numbers["hard_review_sessions"] = min(numbers["hard_review_sessions"], review.sessions)
        numbers["hard_review_days"] = min(numbers["hard_review_days"], review.days)
    unknown = sorted(set(numbers) - set(TaperPolicy.names()))
    if unknown:
        raise ValueError(f"the engine knows no parameter {', '.join(unknown)}; check the spelling")
    return TaperPolicy.read({**numbers, "ladder": pack.taper_policy.ladder})


def pain_ok_for_lasting_pain(baseline: float) -> float:
    """The override path for high long-term pain with good function: 30 % below baseline, never above 5.

    The therapist sets it with a reason; nothing sets it automatically.
    """
    return min(HIGHEST_PAIN_OK, baseline * _SHARE_AFTER_DROP)
