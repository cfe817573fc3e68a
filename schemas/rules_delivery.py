"""The part of a rule pack that treats: techniques, profiles, conditions, measures, sessions, harm."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from schemas.base import LONGEST_DAYS, Days, Strict
from schemas.rules_form import Clearance, Predicate
from schemas.rules_texting import QuotedTime
from schemas.taper import LadderStep, Step

_A_MONTH_IN_HOURS: Final = 744
PAGES_AT_ONCE: Final = "immediate"
"""What `page_staff` says of alerts that page whoever owns them."""


class SameDayTerms(Strict):
    """Findings that are rung about on the same working day, if told before a wall time."""

    rules: tuple[str, ...]
    told_before: QuotedTime


class UrgencyLevel(Strict):
    """How fast people must act on an alert.

    `contact_staffed_minutes` and `same_day` are `contact_within` for the engine, `page_again_hours` REQ-13 while a
    site is closed: what pages and nobody has taken on goes to the next of the chain, once a day at least.
    `contact_working_days` ends contact with the close of so many working days after today's, and
    `contact_closed_minutes` is `out_of_hours`: the staffed minutes after the next opening.
    """

    label: str
    auto_message: str
    page_staff: str
    ack_within_staffed_min: int = Field(ge=1)
    contact_within: str
    out_of_hours: str = ""
    contact_staffed_minutes: int | None = Field(default=None, ge=1)
    contact_working_days: int | None = Field(default=None, ge=1, le=10)
    contact_closed_minutes: int | None = Field(default=None, ge=1)
    same_day: SameDayTerms | None = None
    page_again_hours: int | None = Field(default=None, ge=1, le=24)
    basis: str = ""


_Waits = Annotated[int, Field(ge=15, le=4800)]


class DecisionTerms(Strict):
    """How long each decision waits before the next of the chain is asked, in staffed minutes (480: a working day)."""

    start: _Waits
    clearance: _Waits
    rescreen: _Waits
    taper: _Waits
    resume: _Waits
    discharge: _Waits
    basis: str = ""


class DocumentSpec(Strict):
    """What a clearance document must state; silence on any of it keeps the hold open."""

    must_state: tuple[str, ...]


class Enums(Strict):
    """The closed lists the rest of the pack refers to."""

    disposition_order: tuple[str, ...]
    urgency: dict[str, UrgencyLevel]
    decisions: DecisionTerms
    escalation_chain: tuple[str, ...] = Field(min_length=1)
    regions: tuple[str, ...]
    region_contains: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sides: tuple[str, ...]
    roles: dict[str, str]
    clearance_documents: dict[str, DocumentSpec]
    clearance_rules: tuple[str, ...] = ()


class RestrictionSpec(Strict):
    """What a restriction does to the plan builder and the session form."""

    effect: str
    params: tuple[str, ...] = ()


class Technique(Strict):
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
    days: Days


class Evidence(Strict):
    """What is known, and how surely."""

    text: str
    src: tuple[str, ...] = ()
    conf: str = ""


class StartNeeds(Strict):
    """A `start_condition` for the engine: the plan is held until all of this is so.

    `clearance` is the paper that must be there; `confirm` is what a physiotherapist confirms beside it, in words;
    `holds_of` are screening items of which every hold must be discharged, also one of another region.
    """

    clearance: Clearance
    confirm: tuple[str, ...] = ()
    holds_of: tuple[str, ...] = ()


class _Defaults(Strict):
    start_step: Step
    start_condition: str = ""
    start_needs: StartNeeds | None = None
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
    goal_measures: tuple[str, ...] = ()
    timing: dict[str, Any] = Field(default_factory=dict)
    extra: tuple[str, ...] = ()
    stop_and_call_team: tuple[str, ...] = ()


class Condition(_Defaults):
    """Defaults for a kind of complaint (what); wins over the profile where the pack says so."""

    short_course_first: int | None = Field(default=None, ge=1)
    must_be_clear: tuple[str, ...] = ()
    hard_review: ReviewAfter | None = None
    stop_if: tuple[str, ...] = ()


Degrees = Annotated[float, Field(gt=0, le=180, strict=True)]

_GONIOMETER: Final = (-180.0, 180.0)
"""Degrees: what the device shows, with a lack of movement below zero."""


class OutcomeMeasure(Strict):
    """An outcome measure: its range, which way is better, and the change worth acting on.

    `window_days` and `min_planned` are ADH's formula for the engine: how far it looks back, and what is too little.
    """

    name: str
    range: tuple[float, float] | None = None
    better: str = ""
    mcid: float | None = Field(default=None, gt=0)
    mcid_pct: float | None = Field(default=None, gt=0)
    mdc: float | None = Field(default=None, gt=0)
    unit: str = ""
    by_sms: bool | str = False
    threshold: float | None = None
    window_days: Days | None = None
    min_planned: int | None = Field(default=None, ge=1)
    mdc_same_assessor: dict[str, Degrees] = Field(default_factory=dict)
    mdc_between: dict[str, Degrees] = Field(default_factory=dict)
    basis: str = ""
    src: tuple[str, ...] = ()
    conf: str = ""
    licence: str = ""
    note: str = ""
    definition: str = ""
    evidence: str = ""
    formula: str = ""
    rule: str = ""
    sms_recode: str = ""
    terminology: tuple[str, ...] = ()
    small: float | None = None
    medium: float | None = None
    large: float | None = None
    mic_published: float | None = None

    @property
    def higher_is_better(self) -> bool | None:
        """True or False where the pack says; None where it depends on the goal or is not stated."""
        return {"higher": True, "lower": False}.get(self.better)

    @property
    def is_angle(self) -> bool:
        """Whether it is taken in degrees, joint by joint: the change beyond error hangs on the joint."""
        return bool(self.mdc_same_assessor)

    @property
    def sets_goals(self) -> bool:
        """Whether a plan's goal may be set in it: it has a baseline, and a change in it can be judged.

        A rating of change (`sms_recode`) compares with the start by itself: it corroborates, never decides alone.
        """
        judged = self.is_angle or (self.range is not None and self.mcid is not None)
        return judged and not self.sms_recode

    @property
    def limits(self) -> tuple[float, float] | None:
        """The lowest and the highest value that it can have; None where the pack states no range."""
        return _GONIOMETER if self.is_angle and self.range is None else self.range


class Duration(Strict):
    """How long a session may last, in minutes."""

    min_minutes: int = Field(ge=1)
    max_minutes: int = Field(ge=1)
    default_minutes: int = Field(ge=1)
    basis: str = ""


class DiscomfortCap(Strict):
    """The highest discomfort (0-10) a stretch may cause."""

    default: float = Field(ge=0, le=10)
    older_or_lowforce: float = Field(ge=0, le=10)
    basis: str = ""


class StopRule(Strict):
    """A sign that ends a stretch or a session, and what to do."""

    id: str
    when: str
    do: str
    basis: str = ""
    src: tuple[str, ...] = ()


class RestrictionCaps(Strict):
    """The numbers that a restriction caps, by their names in a technique's dose (ALG-5: the minimum holds)."""

    code: str
    caps: dict[str, float]


class SessionRules(Strict):
    """How a session is conducted. `restriction_caps` is what restrictions say of doses, for the engine."""

    duration: Duration
    conduct: tuple[str, ...] = ()
    discomfort_cap_nrs: DiscomfortCap
    stops: tuple[StopRule, ...]
    record: tuple[str, ...] = ()
    restriction_caps: tuple[RestrictionCaps, ...] = ()


class AssessmentItem(Strict):
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


class AssessmentApproval(Strict):
    """Who approves an assessment and what the approval states."""

    by: str
    must_state: tuple[str, ...] = ()


class PhysicalAssessment(Strict):
    """The hands-on assessment before the first session."""

    required: tuple[AssessmentItem, ...]
    conditional: tuple[AssessmentItem, ...] = ()
    outcome_options: tuple[str, ...] = ()
    approval: AssessmentApproval


class AdverseGrade(Strict):
    """How bad an unwanted effect is, what to do, and within how many hours to follow up."""

    grade: int = Field(ge=0, le=4)
    name: str
    what: str = Field(alias="is")
    do: str
    follow_up_h: float = Field(gt=0, le=_A_MONTH_IN_HOURS)
    approve: str


class AdverseEvents(Strict):
    """How unwanted effects are graded and followed up; `call_again_hours` is `mandatory_follow_up` for the engine."""

    definition: str = ""
    grades: tuple[AdverseGrade, ...]
    fields: tuple[str, ...] = ()
    mandatory_follow_up: tuple[str, ...] = ()
    base_rates: dict[str, Any] = Field(default_factory=dict)
    external_reporting: tuple[dict[str, Any], ...] = ()
    call_again_hours: float = Field(default=48, gt=0, le=_A_MONTH_IN_HOURS)


class ShortCourse(Strict):
    """After how many sessions to ask whether that was enough (SEED-12)."""

    sessions: int | None = Field(default=None, ge=1)
    rule: str = ""


class TaperSection(Strict):
    """The pack's taper policy as written; `care.taper.policy_from` turns it into a TaperPolicy."""

    version: str
    ladder: tuple[LadderStep, ...] = Field(min_length=1)
    short_course: ShortCourse = ShortCourse()
    params: dict[str, Annotated[float, Field(ge=0, le=LONGEST_DAYS, allow_inf_nan=False)]]
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
