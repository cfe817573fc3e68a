"""Why the taper policy proposes what it does: each condition with its threshold and this client's values.

The conditions are those of `taper_policy` in the rule pack (D1 … D9, TAP-…); whether each holds is asked of the
policy itself, never worked out here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from api.console.goal_words import amount
from care.state_words import home_days
from care.taper import evaluate
from care.taper_steps import taper_inputs
from schemas.plan import PlanState
from schemas.protocol import Protocol
from schemas.taper import TaperInputs, TaperVerdict


@dataclass(frozen=True)
class Reason:
    """One condition: `holds` says whether it speaks for the proposal."""

    rule: str
    holds: bool
    what: str
    value: str


def _numbers(values: Iterable[float | None]) -> str:
    said = [("–" if value is None else f"{value:g}") for value in values]
    return ", ".join(said) or "none yet"


def _open(inputs: TaperInputs) -> str:
    if inputs.open.e2:
        return f"{inputs.open.e2} open"
    return "nothing" if inputs.screening_valid else "screening ran out"


def _percent(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0f} %"


def _since_flare(inputs: TaperInputs) -> str:
    since = inputs.flare.days_since
    return _flare_count(inputs) if since is None else f"last {since:.0f} days ago"


def _flare_count(inputs: TaperInputs) -> str:
    count = inputs.flare.count_28d
    return "not known: asked and not answered" if count is None else f"{count or 'none'} told of in 28 days"


_ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "D1": "On track at the last {policy.n_consecutive} sessions",
        "D2": "Pain at most {policy.pain_ok_max:g} at each of them",
        "D3": "No flare in {policy.flare_free_days:g} days",
        "D4": "Adherence at least {policy.adherence_ok_min:g} %, stretching at home {home}",
        "D5": "At this step {rung.min_days_at_step:g} days and {policy.min_sessions_at_step} sessions or more",
        "D6": "At least {policy.checkins_answered_min} of the last 3 check-ins answered",
        "D7": "Nothing open, screening valid",
        "D8": "No step up in the last {policy.days_after_step_up_before_down:g} days",
        "D9": "No review due for more than {policy.review_overdue_after_days:g} days",
        "TAP-UP-1": "A flare longer than {policy.flare_long_hours:g} h, or {policy.flare_count_28d} in 28 days",
        "TAP-UP-2": "Pain up by {policy.pain_mcid:g} at this step, twice, {policy.pain_gap_hours:g} h apart",
        "TAP-UP-3": "The main measure fell back twice by a meaningful change, {counts} or more",
        "TAP-DIS-1": "Goal met and kept for {policy.discharge_sustained_days:g} days",
    }
)
_KNOWN: Final[Mapping[str, Callable[[TaperInputs], str]]] = MappingProxyType(
    {
        "D1": lambda it: f"{_numbers(it.primary.values)} of {it.primary.target:g}",
        "D2": lambda it: _numbers(it.pain.recent),
        "D3": _since_flare,
        "D4": lambda it: _percent(it.adherence_28d),
        "D5": lambda it: f"{it.days_at_step:.0f} days, {it.sessions_at_step} sessions",
        "D6": lambda it: f"{it.checkins_answered_of_3} of 3",
        "D7": _open,
        "D8": lambda it: "none" if it.days_since_step_up is None else f"{it.days_since_step_up:.0f} days ago",
        "D9": lambda it: "overdue" if it.review_overdue else "none",
        "TAP-UP-1": lambda it: f"{it.flare.longest_h:g} h, {_flare_count(it)}",
        "TAP-UP-2": lambda it: _numbers(it.pain.recent),
        "TAP-UP-3": lambda it: (
            f"{_numbers(it.primary.values[-2:])}; best {_numbers([it.primary.best_at_step])}"
        ),
        "TAP-DIS-1": lambda it: f"{_numbers(it.primary.values)} of {it.primary.target:g}",
    }
)
_STEP_DOWN: Final = tuple(f"D{number}" for number in range(1, 10))
_DISCHARGE: Final = ("TAP-DIS-1", "D2", "D3", "D4", "D6", "D7")


@dataclass(frozen=True)
class TaperEvidence:
    """The conditions, the ones that fail first; `now_says` if the policy has come to differ since it proposed."""

    reasons: tuple[Reason, ...]
    now_says: TaperVerdict | None


def taper_evidence(
    state: PlanState, proposed: TaperVerdict | None, rules: tuple[str, ...], now: datetime
) -> TaperEvidence:
    """The evidence for a proposal, judged on what is known now."""
    protocol, inputs = state.protocol, taper_inputs(state, now)
    decision = evaluate(protocol.taper, inputs)
    failing = {
        one.removeprefix("not_") for one in (*decision.reasons, *decision.also) if one.startswith("not_")
    }
    shown = {
        TaperVerdict.PROPOSE_STEP_DOWN: _STEP_DOWN,
        TaperVerdict.PROPOSE_DISCHARGE: _DISCHARGE,
    }.get(proposed or TaperVerdict.HOLD, tuple(rule for rule in rules if rule in _ASKED))
    reasons = [_reason(rule, protocol, inputs, holds=rule not in failing) for rule in shown]
    return TaperEvidence(
        tuple(sorted(reasons, key=lambda one: one.holds)),
        None if decision.verdict is proposed else decision.verdict,
    )


def _reason(rule: str, protocol: Protocol, inputs: TaperInputs, *, holds: bool) -> Reason:
    policy = protocol.taper
    asked = _ASKED[rule].format(
        policy=policy,
        rung=policy.rung(inputs.step),
        home=home_days(protocol),
        counts=amount(protocol.primary, inputs.primary.mcid or 0),
    )
    return Reason(rule, holds, asked, _KNOWN[rule](inputs))
