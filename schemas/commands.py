"""What people may ask of a plan. Each arrives as one Temporal update with a caller-supplied id."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Frozen, Instant, Measured
from schemas.goals import Measure
from schemas.made import Made, made
from schemas.number_alerts import NumberAlert
from schemas.plan import Outcome
from schemas.screening import Disposition, Hold, Restriction, ScreeningResult
from schemas.taper import Step
from schemas.treating import AssessmentOutcome


class Role(StrEnum):
    """What a member of staff is at the clinic."""

    treating_physiotherapist = "treating_physiotherapist"
    duty_physiotherapist = "duty_physiotherapist"
    lead_physiotherapist = "lead_physiotherapist"
    stretch_practitioner = "stretch_practitioner"
    front_desk = "front_desk"
    clinic_manager = "clinic_manager"
    operations = "operations"
    admin = "admin"


CLINICIANS = frozenset({Role.treating_physiotherapist, Role.duty_physiotherapist, Role.lead_physiotherapist})


@made
class Actor(Made):
    """Who asks. The client and the service itself have no roles."""

    id: str
    roles: tuple[Role, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether this person may take a clinical decision (meta P1: a registered physiotherapist decides)."""
        return any(role in CLINICIANS for role in self.roles)


CLIENT = Actor(id="client")
SERVICE = Actor(id="system")


class Decision(StrEnum):
    """What a therapist says to a proposal."""

    approve = "approve"
    edit = "edit"
    reject = "reject"


class ProtocolEdit(Frozen):
    """The therapist's changes to a protocol; what is None stays as it is."""

    start_step: Step | None = None
    first_session_at: Instant | None = None
    session_minutes: int | None = Field(None, ge=30, le=60)
    planned_weeks: int | None = Field(None, ge=1, le=104)
    home_days_per_week: int | None = Field(None, ge=1, le=7)
    """How often the home plan asks for stretching (ADH's "home days planned")."""
    primary: Measure | None = None
    therapist_id: str | None = None
    room_id: str | None = None
    techniques: tuple[str, ...] | None = None
    surgical_techniques: tuple[str, ...] | None = None
    """What a newer surgical protocol allows beyond the usual; `techniques` are then the plan's with them."""
    review_sessions: int | None = Field(None, ge=1, le=26)
    review_days: int | None = Field(None, ge=7, le=182)
    pain_baseline: float | None = Field(None, ge=0, le=10)
    """The average pain that later answers are compared with (AL-02), re-set at a review."""
    pain_ok_max: float | None = Field(None, ge=0, le=10)
    """The pain up to which visits may become rarer (D2); above the plan's only for lasting pain, up to its limit."""


class NewRegions(Frozen):
    """The parts of the body that a plan shall treat, and what its own pack makes of them (ALG-6).

    `target_parts` are those that contain others, with their smallest parts. `restrictions` count again for them;
    `techniques` are the plan's for them. `unanswered` are screening questions about a place that nobody has answered;
    `unexamined` is what the physical assessment has not covered.
    """

    target_regions: tuple[str, ...] = Field(min_length=1)
    target_parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    techniques: tuple[str, ...]
    restrictions: tuple[Restriction, ...] = ()
    unanswered: tuple[str, ...] = ()
    unexamined: tuple[str, ...] = ()


class SurgicalTechniques(Frozen):
    """What a physiotherapist read in the surgical team's protocol (`allowed_only_if_protocol_says`).

    `allowed` are techniques that only it can allow; `techniques` are the plan's with them, as its pack gives them.
    """

    allowed: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()


class DecideApproval(Frozen):
    """Approve, edit or reject what waits. `reason_id` refers to the written reason in the database.

    `regions` belong to an edited start: the plan begins with these parts of the body in place of those it named.
    `texts_agreed` belongs to the consent record of a client under 16; None is no. `confirmed` belongs to a start
    condition, word for word, and `surgical` to the surgical team's protocol; None is nothing.
    """

    kind: Literal["decide_approval"] = "decide_approval"
    approval_id: str
    decision: Decision
    reason_id: str | None = None
    step: Step | None = None
    edit: ProtocolEdit | None = None
    regions: NewRegions | None = None
    document_valid_until: date | None = None
    texts_agreed: bool | None = None
    confirmed: tuple[str, ...] | None = None
    surgical: SurgicalTechniques | None = None


@made
class RecordOutcome(Made):
    """What happened at a session."""

    kind: Literal["record_outcome"] = "record_outcome"
    session_no: int
    outcome: Outcome
    pain: Annotated[float, Field(ge=0, le=10)] | None = None
    stiffness: Annotated[float, Field(ge=0, le=10)] | None = None
    primary: Measured | None = None
    techniques: tuple[str, ...] = ()
    note_id: str | None = None
    day_check: tuple[str, ...] = ()
    """The day's questions (DAY-n) that were answered in a way that matters."""
    repeat_items: tuple[str, ...] = ()
    """The screening items that these answers ask to repeat, as the plan's pack maps them."""
    not_asked: tuple[str, ...] = ()
    """The day's questions that nobody asked, or whose answer nobody knows. What is not asked is never a no."""
    start_unmet: tuple[Hold, ...] = ()
    """The plan's start conditions that nobody has confirmed, as its pack states them."""


@made
class AnswerDayQuestions(Made):
    """What the client said to questions of the day that nobody had asked at a session (DAY-n).

    `asked` are those with an answer now; `day_check` and `repeat_items` are as with the outcome. `declined`: the
    client is not happy to go ahead.
    """

    kind: Literal["answer_day_questions"] = "answer_day_questions"
    session_no: int
    asked: tuple[str, ...]
    day_check: tuple[str, ...] = ()
    repeat_items: tuple[str, ...] = ()
    declined: bool = False


class RecordAssessment(Frozen):
    """The physical assessment was made. `techniques` replaces the plan's, where the assessment narrows them."""

    kind: Literal["record_assessment"] = "record_assessment"
    outcome: AssessmentOutcome
    items: tuple[str, ...]
    techniques: tuple[str, ...] | None = None
    note_id: str | None = None


class ReportAdverseEvent(Frozen):
    """Something unwanted happened during or after contact, whatever the cause (`adverse_events`)."""

    kind: Literal["report_adverse_event"] = "report_adverse_event"
    grade: int = Field(ge=0, le=4)
    session_no: int | None = None
    region: str | None = None
    technique: str | None = None
    stops: tuple[str, ...] = ()
    client_told: bool = False
    software_contributed: bool = False
    note_id: str | None = None


class FollowUpAdverseEvent(Frozen):
    """What is known of an adverse event now. A higher `grade` raises it; none lowers it."""

    kind: Literal["follow_up_adverse_event"] = "follow_up_adverse_event"
    event_id: str
    grade: int | None = Field(None, ge=0, le=4)
    examined: bool = False
    client_told: bool = False
    resolved: bool = False
    note_id: str | None = None


class AnswerCheckIn(Frozen):
    """A check-in question was answered by telephone or at the desk. `alerts` are what the value raises."""

    kind: Literal["answer_check_in"] = "answer_check_in"
    question: str
    value: int = Field(ge=0, le=10)
    alerts: tuple[NumberAlert, ...] = ()
    note_id: str | None = None


class Reschedule(Frozen):
    """Move a session, or give one that has no slot its slot."""

    kind: Literal["reschedule"] = "reschedule"
    session_no: int
    starts_at: Instant


class CancelSession(Frozen):
    """Cancel one session; the series goes on."""

    kind: Literal["cancel_session"] = "cancel_session"
    session_no: int
    by_clinic: bool = False


class PausePlan(Frozen):
    """Hold the plan: a holiday, an illness, a doubt. Sessions inside the pause are held."""

    kind: Literal["pause"] = "pause"
    reason_id: str | None = None
    until: Instant | None = None


class ResumePlan(Frozen):
    """End a pause. After a safety pause it only opens the therapist's approval."""

    kind: Literal["resume"] = "resume"
    reason_id: str | None = None


class Withdraw(Frozen):
    """The client stops. Always honoured, at once (TAP-STOP, P5)."""

    kind: Literal["withdraw"] = "withdraw"
    reason_id: str | None = None


class DischargePlan(Frozen):
    """A therapist ends a plan that cannot or need not go on, with the written reason (TAP-ESC-6, TAP-DIS-2)."""

    kind: Literal["discharge"] = "discharge"
    reason_id: str


class Amend(Frozen):
    """Change a running plan's protocol, with a reason; `regions` change what it treats."""

    kind: Literal["amend"] = "amend"
    edit: ProtocolEdit
    reason_id: str
    regions: NewRegions | None = None


@made
class ReceiveText(Made):
    """A text came in. The words stay in the database under `inbound_id`.

    `sender_unsure`: others share the number. Only what is said about safety counts then; it answers nothing.
    """

    kind: Literal["receive_text"] = "receive_text"
    inbound_id: str
    sender_unsure: bool = False


class TextFailed(Frozen):
    """A text did not reach the client: the provider's final word, or (`not_asked`) it was kept back on purpose.

    `unknown_under` is the text's own rule where nobody knows whether it went out.
    """

    kind: Literal["text_failed"] = "text_failed"
    message_key: str
    error_class: str
    session_no: int | None = None
    not_asked: bool = False
    unknown_under: str | None = None


class OverrideHold(Frozen):
    """A physiotherapist sets a finding aside that is theirs to judge, with the written reason (ALG-10)."""

    kind: Literal["override_hold"] = "override_hold"
    hold_key: str
    reason_id: str


class OverrideRestriction(Frozen):
    """A physiotherapist lifts a restriction that only `modify` findings ask for, with the written reason (ALG-10).

    `rules` are the findings that ask for it; `techniques` are the plan's once it is gone, as its pack gives them.
    """

    kind: Literal["override_restriction"] = "override_restriction"
    restriction: Restriction
    rules: tuple[str, ...]
    techniques: tuple[str, ...]
    reason_id: str


class RulesChanged(Frozen):
    """The plan's answers were judged again under a new rule pack; `rules` are those that now ask for more."""

    kind: Literal["rules_changed"] = "rules_changed"
    pack_version: str
    pack_hash: str
    overall: Disposition
    rules: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@made
class AcknowledgeAlert(Made):
    """A named person takes an alert on."""

    kind: Literal["acknowledge_alert"] = "acknowledge_alert"
    alert_id: str


@made
class CloseAlert(Made):
    """An alert is dealt with; what was done is written under `note_id`."""

    kind: Literal["close_alert"] = "close_alert"
    alert_id: str
    outcome: str
    note_id: str | None = None


class Rescreen(Frozen):
    """Screening questions were asked again and evaluated at the edge; no items are the whole form.

    `techniques` are those that the findings leave the plan (None: as before), `unexamined` what its physical
    assessment must look at now and has not. `other` are questions that were answered with something not told before
    (another condition, another date), `elsewhere` those of another place: a letter about the old spoke of neither.
    """

    kind: Literal["rescreen"] = "rescreen"
    result: ScreeningResult
    items: tuple[str, ...] = ()
    techniques: tuple[str, ...] | None = None
    unexamined: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


Command = Annotated[
    DecideApproval
    | RecordOutcome
    | AnswerDayQuestions
    | RecordAssessment
    | ReportAdverseEvent
    | FollowUpAdverseEvent
    | AnswerCheckIn
    | Reschedule
    | CancelSession
    | PausePlan
    | ResumePlan
    | Withdraw
    | DischargePlan
    | Amend
    | ReceiveText
    | TextFailed
    | AcknowledgeAlert
    | CloseAlert
    | Rescreen
    | OverrideHold
    | OverrideRestriction
    | RulesChanged,
    Field(discriminator="kind"),
]


@made
class CommandEnvelope(Made):
    """A command with its id and its sender. The same id is applied once, also across continue-as-new."""

    command_id: str
    actor: Actor
    command: Command


class CommandReply(Frozen):
    """What a command led to."""

    plan_id: str
    seq: int
    stage: str
    repeated: bool = False


class Refusal(Frozen):
    """Why a command is refused: a stable code and a sentence for the person who asked."""

    code: str
    sentence: str
