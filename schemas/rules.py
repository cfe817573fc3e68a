"""A rule pack: everything a clinic may read, edit, test and roll out, as one typed value.

The pack is data (YAML). A key that stands nowhere here is refused, so that no limit is lost to a typo; what is
prose for people has keys of its own. References between parts are checked in `care.pack`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import Field, model_validator

from schemas.base import Days, Strict
from schemas.rules_delivery import (
    AdverseEvents,
    Condition,
    Enums,
    OutcomeMeasure,
    PhysicalAssessment,
    Profile,
    RestrictionSpec,
    SessionRules,
    TaperSection,
    Technique,
)
from schemas.rules_form import Intake, Screening, ScreeningItem, items_named
from schemas.rules_texting import Message, Nation, NationWords, Question, ScheduleRule, SmsCheckins


class Principle(Strict):
    """A statement the whole pack rests on."""

    id: str
    text: str


class Meta(Strict):
    """Which pack this is. `status` says whether it is signed off, and is shown wherever a person sees it."""

    id: str = Field(min_length=1)
    version: str = Field(min_length=1)
    status: str = Field(min_length=1)
    jurisdiction: str
    language: str
    reading_age_target: int | None = None
    principles: tuple[Principle, ...] = ()
    approvals_required: tuple[dict[str, Any], ...] = ()


class SeedRule(Strict):
    """A statement of the customer's article and the places that put it in force."""

    id: str
    rule: str
    where: tuple[str, ...]
    note: str = ""


class AlgebraStep(Strict):
    """One law of the disposition algebra."""

    id: str
    rule: str


class GapRule(Strict):
    """After a gap in sessions the client is screened again: the items that `then` names, or all of them."""

    after_days: Days = Field(alias="if_days_since_last_session_gt")
    then: str

    @model_validator(mode="before")
    @classmethod
    def _rejoin(cls, raw: Any) -> Any:
        """An unquoted comma inside `then` makes YAML see further keys; they are the rest of the sentence."""
        if not isinstance(raw, dict):
            return raw
        rest = [key for key, value in raw.items() if value is None and key != "then"]
        own = {key: value for key, value in raw.items() if key not in rest}
        return {**own, "then": ", ".join([str(raw.get("then", "")), *rest])} if rest else raw

    @property
    def items(self) -> tuple[str, ...]:
        """The items to ask again; empty means the whole form."""
        return items_named(self.then)

    @property
    def new_assessment(self) -> bool:
        """Whether a new physical assessment is due as well."""
        return "physical assessment" in self.then


class Expiry(Strict):
    """How long a screening counts, by its overall disposition, and when to warn before it ends."""

    full_screening_valid_days: dict[str, int | str]
    par_q_style_ceiling_days: Days = 365
    gap_rules: tuple[GapRule, ...] = ()
    on_rule_pack_change: str = ""
    clearance_expiry_warning_days: int = Field(default=14, ge=0)
    at_expiry: str = ""


class MidPlanChange(Strict):
    """What happens when something changes while a plan runs."""

    id: str
    trigger: str
    action: str


class Override(Strict):
    """ALG-10: how much a physiotherapist writes who sets a finding aside."""

    reason_min_characters: int = Field(default=20, ge=10, le=500)
    basis: str = ""


class DispositionAlgebra(Strict):
    """The laws by which findings are joined, and how long the result counts. `override` is ALG-10 for the engine."""

    description: str = ""
    steps: tuple[AlgebraStep, ...]
    properties_to_test: tuple[str, ...] = ()
    expiry: Expiry
    change_mid_plan: tuple[MidPlanChange, ...] = ()
    override: Override = Override()


class Source(Strict):
    """Where a number or claim comes from, and whether anyone has seen the text."""

    cite: str
    checked: str = ""
    note: str = ""


class RulePack(Strict):
    """One version of the clinic's rules."""

    content_hash: str = ""
    """sha256 of the pack's canonical JSON; a plan pins it beside the version."""
    meta: Meta
    seed_rules: tuple[SeedRule, ...] = ()
    enums: Enums
    restrictions: dict[str, RestrictionSpec]
    messages: dict[str, Message]
    nation_overrides: dict[Nation, NationWords] = Field(default_factory=dict)
    accessibility: tuple[str, ...] = ()
    intake: Intake = Intake()
    screening: Screening
    disposition_algebra: DispositionAlgebra
    physical_assessment: PhysicalAssessment
    session_rules: SessionRules
    techniques: dict[str, Technique]
    plan_merge: dict[str, str] = Field(default_factory=dict)
    profiles: dict[str, Profile]
    conditions: dict[str, Condition]
    measures: dict[str, OutcomeMeasure]
    sms_checkins: SmsCheckins
    taper_policy: TaperSection
    screening_test_vectors: dict[str, Any] = Field(default_factory=dict)
    adverse_events: AdverseEvents
    standards: tuple[dict[str, Any], ...] = ()
    hazard_starters: tuple[dict[str, Any], ...] = ()
    terminology: dict[str, Any] = Field(default_factory=dict)
    copy_rules: tuple[dict[str, Any], ...] = ()
    technique_ids: tuple[str, ...] = ()
    seed_citation_defects: tuple[dict[str, Any], ...] = ()
    fhir_map: tuple[dict[str, Any], ...] = ()
    sources: dict[str, Source]
    open_questions_for_clinicians: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _separate_notes(cls, raw: Any) -> Any:
        """Notes that the pack keeps among its messages and measures move out of the tables."""
        if not isinstance(raw, dict):
            return raw
        messages = raw.get("messages")
        if isinstance(messages, dict):
            asides = {key: messages[key] for key in ("nation_overrides", "accessibility") if key in messages}
            table = {k: v for k, v in messages.items() if k not in (*asides, "src")}
            raw = {**raw, "messages": table, **asides}
        measures = raw.get("measures")
        if isinstance(measures, dict):
            table = {k: v for k, v in measures.items() if k != "not_adopted"}
            raw = {**raw, "measures": table}
        return raw

    @property
    def version(self) -> str:
        """The pack's own version, such as `0.1.0-draft`."""
        return self.meta.version

    @cached_property
    def items(self) -> dict[str, ScreeningItem]:
        """Screening items by id, in the order of the form."""
        return {item.id: item for item in self.screening.items}

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Check-in questions by id."""
        return {question.id: question for question in self.sms_checkins.questions}

    @cached_property
    def schedule(self) -> dict[str, ScheduleRule]:
        """Check-in schedule rules (SCH-n) by id."""
        return {rule.id: rule for rule in self.sms_checkins.schedule}

    def text_of(self, name: str, nation: Nation = Nation.england) -> str | None:
        """A question's or message's words as clients in a nation get them; None for a name the pack has not."""
        said = self.questions.get(name) or self.messages.get(name)
        if said is None:
            return None
        words = self.nation_overrides.get(nation)
        return words.texts.get(name, said.text) if words else said.text

    def screening_valid_days(self, overall: str) -> int:
        """How long a screening with this overall disposition counts, in days.

        A disposition that the table leaves out gets its shortest period; none counts longer than the ceiling.
        """
        expiry = self.disposition_algebra.expiry
        numbers = {
            key: days for key, days in expiry.full_screening_valid_days.items() if isinstance(days, int)
        }
        return min(numbers.get(overall, min(numbers.values())), expiry.par_q_style_ceiling_days)
