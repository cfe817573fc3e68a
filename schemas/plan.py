"""The state of one client's plan: what its workflow carries and what screens read.

It holds ids, codes, numbers and instants; names, telephone numbers and free text stay in the database.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from schemas.alerts import Alert
from schemas.base import Instant
from schemas.made import Made, made
from schemas.prompts import Answer, Asking, Prompt
from schemas.protocol import ApprovalKind, Protocol
from schemas.screening import URGENT, Disposition, Hold, ScreeningResult
from schemas.taper import Step, TaperVerdict
from schemas.treating import AdverseEvent, Assessment


class Stage(StrEnum):
    """Where a plan stands (contract: stages)."""

    screening = "screening"
    deferred = "deferred"
    awaiting_clearance = "awaiting_clearance"
    awaiting_approval = "awaiting_approval"
    active = "active"
    suspended = "suspended"
    discharged = "discharged"
    declined = "declined"
    withdrawn = "withdrawn"


_DONE_KEPT = 120
_FORGOTTEN_AT_ONCE = 20

ROUTINE_KEPT = 20
"""Check-in questions of the recent past that a state remembers: more than four weeks of them."""

CLOSED_STAGES = frozenset({Stage.discharged, Stage.declined, Stage.withdrawn})


class SessionStatus(StrEnum):
    """The life of one session. `unplaced` still needs a slot; `held` keeps its slot but may not go ahead."""

    unplaced = "unplaced"
    booked = "booked"
    held = "held"
    attended = "attended"
    no_show = "no_show"
    late_cancel = "late_cancel"
    cancelled = "cancelled"
    lapsed = "lapsed"


AHEAD = frozenset({SessionStatus.unplaced, SessionStatus.booked, SessionStatus.held})
SLOT_TAKING = frozenset({SessionStatus.booked, SessionStatus.held})
Outcome = Literal[
    SessionStatus.attended, SessionStatus.no_show, SessionStatus.late_cancel, SessionStatus.cancelled
]
"""What may become of a session whose time has come. `cancelled`: it did not go ahead, and nobody is to blame."""

CLIENT_MISSED = frozenset({SessionStatus.no_show, SessionStatus.late_cancel})


@made
class Session(Made):
    """One visit. `revision` counts its moves, so that a text for an old time is never taken for the new.

    `placed_at` is when it got this time: whoever books a visit tells the client, so a reminder that would
    have been due before is not sent. `outcome_missing`: by the next morning nobody had said what became of it,
    and somebody was asked; it waits for their word, and for nothing else.
    """

    no: int
    status: SessionStatus
    starts_at: Instant
    minutes: int
    revision: int = 1
    confirmed: bool = False
    step: Step
    placed_at: Instant | None = None
    closed_at: Instant | None = None
    outcome_missing: bool = False

    def awaits_outcome(self, now: datetime) -> bool:
        """Whether it may have taken place, and nobody has said so yet."""
        return self.status is SessionStatus.booked and self.starts_at <= now


@made
class Score(Made):
    """What one completed session measured. None means not known, and is never read as good.

    `by` is who took the primary measure, where values of two assessors compare less well (`Measure.mdc_between`).
    """

    session_no: int
    at: Instant
    step: Step
    pain: float | None = None
    stiffness: float | None = None
    primary: float | None = None
    by: str | None = None


@made
class Proposal(Made):
    """What the software suggests and why: rule ids with the evidence they rest on.

    `runs_out` is the last day of the document that a clearance is asked for again.
    """

    verdict: TaperVerdict | None = None
    step: Step | None = None
    first_session_at: Instant | None = None
    hold_key: str | None = None
    runs_out: date | None = None
    reasons: tuple[str, ...] = ()
    alert_id: str | None = None


@made
class Approval(Made):
    """A decision that waits for a named therapist, with a deadline and an escalation chain."""

    id: str
    kind: ApprovalKind
    opened_at: Instant
    remind_at: Instant
    due_at: Instant
    chain_position: int = 0
    escalations: int = 0
    reminded: bool = False
    proposal: Proposal = Proposal()


@made
class HeldRequirement(Made):
    """A hold from screening and how far it has come. Only its own document or review discharges it (ALG-4).

    `key` tells it from the others: one rule may ask for a date and for a letter, and for several regions.
    """

    hold: Hold
    discharged_at: Instant | None = None
    discharged_by: str | None = None
    document_valid_until: date | None = None

    @property
    def key(self) -> str:
        """The hold's name within its plan: its rule, what it waits for, and where."""
        hold = self.hold
        return "/".join(part for part in (hold.rule, hold.kind, hold.region, hold.side) if part)


@made
class ScreeningState(Made):
    """The screening in force.

    `completed_on` is when the whole form was last answered, `repeated_on` when the short list of a gap rule was.
    """

    result: ScreeningResult
    overall: Disposition
    holds: tuple[HeldRequirement, ...] = ()
    valid_until: date
    completed_on: date | None = None
    repeated_on: date | None = None
    repeat_items: tuple[str, ...] = ()


@made
class Pause(Made):
    """Why an active plan stands still. A safety pause ends only through a therapist's approval (MID-3)."""

    reason: str
    safety: bool
    since: Instant
    until: Instant | None = None


@made
class Progress(Made):
    """The measures that the taper policy looks at; bounded, so that a long plan stays small.

    `new_technique_in` are the latest sessions in which a technique was used for the first time (SCH-2). `best_by` and
    `primary_at_review_by` are who took those values, where it counts (`Score.by`).
    """

    step: Step
    step_entered_at: Instant
    pain_at_step_entry: float | None = None
    best_at_step: float | None = None
    best_by: str | None = None
    sessions_at_step: int = 0
    sessions_completed: int = 0
    last_step_up_at: Instant | None = None
    step_ups: tuple[datetime, ...] = ()
    scores: tuple[Score, ...] = ()
    techniques_used: tuple[str, ...] = ()
    new_technique_in: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    checkins: tuple[bool, ...] = ()
    silent_run: int = 0
    missed_run: int = 0
    reviewed_at: Instant
    sessions_since_review: int = 0
    primary_at_review: float | None = None
    primary_at_review_by: str | None = None
    reviews_no_change: int = 0
    last_contact_at: Instant
    started_at: Instant | None = None


def with_turn(done: tuple[str, ...], key: str) -> tuple[str, ...]:
    """The agenda keys that have had their turn (`PlanState.done`), with the newest; the oldest are forgotten.

    A full record forgets several at once: each time, the whole agenda is looked through again.
    """
    kept = done if len(done) < _DONE_KEPT else done[_FORGOTTEN_AT_ONCE:]
    return kept + (key,)  # noqa: RUF005 - not unpacked: a hundred keys would be copied twice


@made
class PlanState(Made):
    """One plan, whole. `seq` counts recorded transitions; the database holds the same state under the same seq.

    `put_off` says until when a question waits whose turn passed unused (`q:CHK-PAIN`); `judged_under` is the hash of
    the later rule pack that its answers were last judged by. `texts_on` is what the client wants; `texts_agreed` is
    False for one under 16 while no consent record says that texts are as agreed (SCR-24).
    """

    version: int = 1
    plan_id: str
    client_id: str
    seq: int = 0
    serial: int = 0
    stage: Stage = Stage.screening
    opened_at: Instant
    closed_at: Instant | None = None
    protocol: Protocol
    screening: ScreeningState
    progress: Progress
    pause: Pause | None = None
    assessment: Assessment | None = None
    adverse: tuple[AdverseEvent, ...] = ()
    texts_on: bool = True
    texts_agreed: bool = True
    texts_since: Instant | None = None
    sessions: tuple[Session, ...] = ()
    approvals: tuple[Approval, ...] = ()
    alerts: tuple[Alert, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    done: tuple[str, ...] = ()
    routine_sent: tuple[tuple[str, datetime], ...] = ()
    put_off: tuple[tuple[str, datetime], ...] = ()
    settled: tuple[tuple[str, datetime], ...] = ()
    recent_commands: tuple[str, ...] = ()
    judged_under: str | None = None

    @property
    def safe_to_start(self) -> bool:
        """Whether nothing urgent is open: no E0 or E1 alert (TAP-SUS-1)."""
        return URGENT.isdisjoint([alert.urgency for alert in self.alerts])

    @property
    def takes_texts(self) -> bool:
        """Whether anything routine may be texted: the client wants it, and for one under 16 it is agreed."""
        return self.texts_on and self.texts_agreed

    @property
    def closed(self) -> bool:
        """Whether care has ended; open alerts may still keep the plan's workflow alive."""
        return self.stage in CLOSED_STAGES

    def asking(self, asking: Asking) -> PlanState:
        """The state once a text is on its way; the same again for one that was noted before."""
        return self if asking.key in self.done else self.newly_asking(asking)

    def newly_asking(self, asking: Asking) -> PlanState:
        """The state once a text is on its way that was not noted before."""
        prompts = self.prompts
        if asking.reminds is not None:
            prompts = tuple([p.but(reasked=True) if p.key == asking.reminds else p for p in prompts])
        if asking.prompt is not None:
            prompts = (*[p for p in prompts if p.key != asking.prompt.key], asking.prompt)
        sent = self.routine_sent
        if asking.routine is not None:
            sent = (*sent[1 - ROUTINE_KEPT :], (asking.routine, asking.at))
        return self.but(done=with_turn(self.done, asking.key), prompts=prompts, routine_sent=sent)

    def session(self, no: int | None) -> Session | None:
        """The session with this number, if there is one and it is still in the state."""
        for session in reversed(self.sessions):  # the latest are asked for most
            if session.no == no:
                return session
        return None

    def held(self, key: str | None) -> HeldRequirement | None:
        """What was held under this key, whether its document has come or not."""
        return next((one for one in self.screening.holds if one.key == key), None)

    def approval(self, approval_id: str) -> Approval | None:
        """The open approval with this id."""
        return next((a for a in self.approvals if a.id == approval_id), None)

    def alert(self, alert_id: str) -> Alert | None:
        """The open alert with this id."""
        for alert in self.alerts:
            if alert.id == alert_id:
                return alert
        return None


class AgendaKind(StrEnum):
    """What happens when an agenda item falls due."""

    session_reminder = "session_reminder"
    day_before = "day_before"
    after_session = "after_session"
    routine_question = "routine_question"
    prompt_reminder = "prompt_reminder"
    prompt_expiry = "prompt_expiry"
    approval_reminder = "approval_reminder"
    approval_escalation = "approval_escalation"
    alert_escalation = "alert_escalation"
    contact_overdue = "contact_overdue"
    session_lapse = "session_lapse"
    rescreen_due = "rescreen_due"
    clearance_expiry = "clearance_expiry"
    screening_warning = "screening_warning"
    screening_expiry = "screening_expiry"
    screening_too_old = "screening_too_old"
    review_due = "review_due"
    pause_ends = "pause_ends"
    proposal_expiry = "proposal_expiry"
    assessment_due = "assessment_due"
    adverse_follow_up = "adverse_follow_up"


TEXT_KINDS = frozenset(
    {
        AgendaKind.session_reminder,
        AgendaKind.day_before,
        AgendaKind.routine_question,
        AgendaKind.prompt_reminder,
    }
)


@made
class AgendaItem(Made):
    """One thing that will happen: when, by which rule, and whose it is."""

    key: str
    kind: AgendaKind
    due: Instant
    rule: str
    owner: str
    expires: Instant | None = None
    session_no: int | None = None
    subject: str | None = None
