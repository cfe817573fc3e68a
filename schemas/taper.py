"""The taper of visit frequency: the ladder, the trend that is judged, and the proposal.

Steps are named S0 … S4 and carry an interval in days, so no step has an ambiguous name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.made import Made, made


class Step(StrEnum):
    """A rung of the ladder, most frequent visits first."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class TaperVerdict(StrEnum):
    """What the policy proposes; only STOP_CLIENT_CHOICE needs nobody's approval."""

    STOP_CLIENT_CHOICE = "STOP_CLIENT_CHOICE"
    SUSPEND = "SUSPEND"
    ESCALATE = "ESCALATE"
    HOLD = "HOLD"
    PROPOSE_STEP_UP = "PROPOSE_STEP_UP"
    PROPOSE_DISCHARGE = "PROPOSE_DISCHARGE"
    PROPOSE_STEP_DOWN = "PROPOSE_STEP_DOWN"


@made
class PrimaryTrend(Made, extra="forbid"):
    """The primary measure: `values` at the last completed sessions, oldest first, None where not taken.

    `weeks` are weeks since the plan began, one for each value. `mcid` is the change worth acting on
    (for range of motion, the change beyond measuring error).
    """

    mcid: float | None = None
    baseline: float | None = None
    target: float | None = None
    best_at_step: float | None = None
    values: tuple[float | None, ...] = ()
    weeks: tuple[float | None, ...] = ()


@made
class PainTrend(Made, extra="forbid"):
    """Average pain of the last 24 h (0-10), asked before each of the last completed sessions, oldest first.

    `hours_before` tells of each how long before the last known reading it was taken, `last_gap_hours` only of the
    last two known. Where neither is told, the readings are of sessions that lie far enough apart.
    """

    baseline: float | None = None
    at_step_entry: float | None = None
    recent: tuple[float | None, ...] = ()
    last_gap_hours: float | None = None
    hours_before: tuple[float, ...] = ()


@made
class Flares(Made, extra="forbid"):
    """Flare-ups the client named: how many in 28 days, the longest of them in hours, days since the last.

    The count is None where the client was asked all that time and never answered.
    """

    count_28d: int | None = 0
    longest_h: float = 0
    days_since: float | None = None


@made
class OpenItems(Made, extra="forbid"):
    """What is open now: E0 and E1 alerts, E2 alerts, plan-scope holds, the highest adverse event grade."""

    e01: int = 0
    e2: int = 0
    hold: int = 0
    ae: int = 0


@made
class TaperInputs(Made, extra="forbid"):
    """Everything the policy looks at. None always means "not known", never "fine"."""

    step: Step
    days_at_step: float
    sessions_at_step: int
    days_since_step_up: float | None = None
    step_ups_84d: int = 0
    planned_weeks: float | None
    primary: PrimaryTrend = PrimaryTrend()
    pain: PainTrend = PainTrend()
    flare: Flares = Flares()
    adherence_28d: float | None = None
    checkins_answered_of_3: int = 0
    silent_run: int = 0
    sessions_since_review: int = 0
    days_since_review: float = 0
    review_overdue: bool = False
    reviews_no_change: int = 0
    missed_run: int = 0
    days_no_contact: float = 0
    open: OpenItems = OpenItems()
    screening_valid: bool
    client_stop: bool = False


@made
class TaperDecision(Made):
    """The proposal and why.

    `reasons` are the rules that decided (`TAP-UP-1`, `D1` … `D9`, `not_D5`); `also` are other rules
    that were true but outranked; `notes` qualify (`MISSING`, `SILENT`, `LAST_STEP`); `soft_flags`
    are remarks for the therapist that decide nothing.
    """

    verdict: TaperVerdict
    to: Step | None = None
    reasons: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    soft_flags: tuple[str, ...] = ()


@made
class LadderStep(Made):
    """One rung: how often, how close two visits may come, how long to stay before stepping down (days)."""

    step: Step
    label: str
    interval_days: Annotated[float, Field(gt=0)]
    min_gap_days: Annotated[float, Field(ge=0)]
    min_days_at_step: Annotated[float, Field(ge=0)]


@made
class TaperPolicy(Made):
    """The ladder, every number of `taper_policy.params`, and ADH's: what a plan's resolved protocol carries.

    Below the line stand numbers that the draft pack states only in prose (`care/rules/engine-defaults.yaml`); the
    defaults are those of plans that began before their protocols carried them.
    """

    ladder: Annotated[tuple[LadderStep, ...], Field(min_length=1)]
    n_consecutive: Annotated[int, Field(ge=1)]
    on_track_tolerance: Annotated[float, Field(ge=0, le=1)]
    pain_ok_max: Annotated[float, Field(ge=0, le=10)]
    pain_mcid: Annotated[float, Field(gt=0)]
    adherence_ok_min: Annotated[float, Field(ge=0, le=100)]
    adherence_escalate_below: Annotated[float, Field(ge=0, le=100)]
    min_sessions_at_step: Annotated[int, Field(ge=0)]
    flare_free_days: Annotated[float, Field(ge=0)]
    flare_long_hours: Annotated[float, Field(ge=0)]
    flare_count_28d: Annotated[int, Field(ge=1)]
    checkins_answered_min: Annotated[int, Field(ge=0, le=3)]
    silent_hold_after: Annotated[int, Field(ge=1)]
    days_after_step_up_before_down: Annotated[float, Field(ge=0)]
    no_progress_sessions: Annotated[int, Field(ge=1)]
    no_progress_warning_sessions: Annotated[int, Field(ge=1)]
    step_up_window_days: Annotated[float, Field(ge=0)]
    hard_review_sessions: Annotated[int, Field(ge=1)]
    hard_review_days: Annotated[float, Field(ge=1)]
    proposal_expires_days: Annotated[int, Field(ge=1)]
    discharge_sustained_days: Annotated[float, Field(ge=0)]
    # -- stated in the rules' prose ------------------------------------------------------------
    missed_run_escalate: Annotated[int, Field(ge=1)] = 3
    no_contact_days: Annotated[float, Field(ge=1)] = 42
    reviews_no_change_escalate: Annotated[int, Field(ge=1)] = 2
    pain_gap_hours: Annotated[float, Field(ge=0)] = 48
    review_overdue_after_days: Annotated[float, Field(ge=0)] = 7
    lasting_pain_share: Annotated[float, Field(gt=0, lt=1)] = 0.7
    lasting_pain_max: Annotated[float, Field(ge=0, le=10)] = 5
    adherence_window_days: Annotated[float, Field(gt=0)] = 28
    adherence_min_planned: Annotated[int, Field(ge=1)] = 3
    discharge_steps: tuple[Step, ...] = (Step.S3, Step.S4)

    def rung(self, step: Step) -> LadderStep:
        """The ladder's entry for a step; KeyError names a step that this ladder leaves out."""
        for rung in self.ladder:
            if rung.step is step:
                return rung
        raise KeyError(f"step {step} is not on this ladder ({', '.join(r.step for r in self.ladder)})")

    def neighbour(self, step: Step, direction: Literal[-1, 1]) -> Step | None:
        """The next step down in frequency (+1) or up (-1); None at the end of the ladder."""
        steps = [rung.step for rung in self.ladder]
        place = steps.index(step) + direction
        return steps[place] if 0 <= place < len(steps) else None
