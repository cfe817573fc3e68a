"""The part of a rule pack that treats: techniques, profiles, conditions, measures, sessions, harm."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from schemas.base import Frozen, Strict
from schemas.rules_form import Predicate
from schemas.taper import LadderStep, Step


class UrgencyLevel(Frozen):
    """How fast people must act on an alert. `contact_staffed_minutes` is `contact_within` for the engine."""

    label: str
    auto_message: str
    page_staff: str
    ack_within_staffed_min: int = Field(ge=1)
    contact_within: str
    out_of_hours: str = ""
    contact_staffed_minutes: int | None = None


class DocumentSpec(Frozen):
    """What a clearance document must state; silence on any of it keeps the hold open."""

    must_state: tuple[str, ...]


class Enums(Frozen):
    """The closed lists the rest of the pack refers to."""

    disposition_order: tuple[str, ...]
    urgency: dict[str, UrgencyLevel]
    escalation_chain: tuple[str, ...]
    regions: tuple[str, ...]
    region_contains: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sides: tuple[str, ...]
    roles: dict[str, str]
    clearance_documents: dict[str, DocumentSpec]
    clearance_rules: tuple[str, ...] = ()


class RestrictionSpec(Frozen):
    """What a restriction does to the plan builder and the session form."""

    effect: str
    params: tuple[str, ...] = ()


class Technique(Frozen):
    """A way of stretching, its default dose and hard caps, and the restrictions that rule it out."""

    what: str
    default: dict[str, float | str] = Field(default_factory=dict)
    older_adult: dict[str, float | str] = Field(default_factory=dict)
    hard_cap: dict[str, float | str] = Field(default_factory=dict)
    avoid_if: tuple[str, ...] = ()
    caution_if: tuple[str, ...] = ()
    check_first: tuple[str, ...] = ()
    basis: str = ""
    src: tuple[str, ...] = ()
    conf: str = ""
    note: str = ""


class TechniqueRef(Strict):
    """A technique to avoid, everywhere or on one region."""

    technique: str
    region: str | None = None
    note: str = ""


class ReviewAfter(Strict):
    """A review is due after so many sessions or days, whichever comes first."""

    sessions: int = Field(ge=1)
    days: int = Field(ge=1)


class Evidence(Frozen):
    """What is known, and how surely."""

    text: str
    src: tuple[str, ...] = ()
    conf: str = ""


class _Defaults(Frozen):
    start_step: Step
    session_minutes: int = Field(ge=30, le=60)
    targets: tuple[str, ...] = ()
    allowed: tuple[str, ...]
    allowed_only_if_protocol_says: tuple[str, ...] = ()
    avoid: tuple[TechniqueRef, ...] = ()
    avoid_movements: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    review_after: ReviewAfter
    expected: str = ""
    pair_with: tuple[str, ...] = ()
    evidence: Evidence | None = None
    convention: tuple[str, ...] = ()


class Profile(_Defaults):
    """Defaults for a kind of client (who)."""

    applies_if: str = ""
    start_condition: str = ""
    goal_measures: tuple[str, ...] = ()
    timing: dict[str, Any] = Field(default_factory=dict)
    extra: tuple[str, ...] = ()
    stop_and_call_team: tuple[str, ...] = ()


class Condition(_Defaults):
    """Defaults for a kind of complaint (what); wins over the profile where the pack says so."""

    short_course_first: int | None = None
    must_be_clear: tuple[str, ...] = ()
    hard_review: ReviewAfter | None = None
    stop_if: tuple[str, ...] = ()


class OutcomeMeasure(Frozen):
    """An outcome measure: its range, which way is better, and the change worth acting on."""

    name: str
    range: tuple[float, float] | None = None
    better: str = ""
    mcid: float | None = None
    mcid_pct: float | None = None
    mdc: float | None = None
    unit: str = ""
    by_sms: bool | str = False
    threshold: float | None = None
    mdc_same_assessor: dict[str, float] = Field(default_factory=dict)
    mdc_between: dict[str, float] = Field(default_factory=dict)
    basis: str = ""
    src: tuple[str, ...] = ()
    conf: str = ""
    note: str = ""

    @property
    def higher_is_better(self) -> bool | None:
        """True or False where the pack says; None where it depends on the goal or is not stated."""
        return {"higher": True, "lower": False}.get(self.better)


class Duration(Strict):
    """How long a session may last, in minutes."""

    min_minutes: int
    max_minutes: int
    default_minutes: int
    basis: str = ""


class DiscomfortCap(Strict):
    """The highest discomfort (0-10) a stretch may cause."""

    default: float
    older_or_lowforce: float
    basis: str = ""


class StopRule(Frozen):
    """A sign that ends a stretch or a session, and what to do."""

    id: str
    when: str
    do: str
    basis: str = ""
    src: tuple[str, ...] = ()


class SessionRules(Frozen):
    """How a session is conducted."""

    duration: Duration
    conduct: tuple[str, ...] = ()
    discomfort_cap_nrs: DiscomfortCap
    stops: tuple[StopRule, ...]
    record: tuple[str, ...] = ()


class AssessmentItem(Frozen):
    """Something the physiotherapist records before the first hands-on session.

    A conditional item's `if` is prose; `when` (on the screening's answers), `regions` (among the plan's targets) and
    `conditions` say the same for the engine: any of them makes it needed.
    """

    id: str
    what: str
    type: str = ""
    condition: str = Field(default="", alias="if")
    when: Predicate | None = None
    regions: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    src: tuple[str, ...] = ()


class AssessmentApproval(Frozen):
    """Who approves an assessment and what the approval states."""

    by: str
    must_state: tuple[str, ...] = ()


class PhysicalAssessment(Frozen):
    """The hands-on assessment before the first session."""

    required: tuple[AssessmentItem, ...]
    conditional: tuple[AssessmentItem, ...] = ()
    outcome_options: tuple[str, ...] = ()
    approval: AssessmentApproval


class AdverseGrade(Frozen):
    """How bad an unwanted effect is, what to do, and within how many hours to follow up."""

    grade: int = Field(ge=0, le=4)
    name: str
    what: str = Field(alias="is")
    do: str
    follow_up_h: float
    approve: str


class AdverseEvents(Frozen):
    """How unwanted effects are graded and followed up."""

    definition: str = ""
    grades: tuple[AdverseGrade, ...]
    fields: tuple[str, ...] = ()
    mandatory_follow_up: tuple[str, ...] = ()


class TaperSection(Frozen):
    """The pack's taper policy as written; `care.taper.policy_from` turns it into a TaperPolicy."""

    version: str
    ladder: tuple[LadderStep, ...] = Field(min_length=1)
    short_course: dict[str, Any] = Field(default_factory=dict)
    params: dict[str, float]
    definitions: dict[str, str] = Field(default_factory=dict)
    order: tuple[str, ...]
    rules: tuple[dict[str, Any], ...]
    step_down_conditions: dict[str, str]
    hysteresis: str = ""
    missing_data: tuple[str, ...] = ()
    override_paths: tuple[str, ...] = ()
    rationale: str = ""
    src: tuple[str, ...] = ()
    test_vectors: tuple[dict[str, Any], ...] = ()
