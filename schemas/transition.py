"""A transition: one step of a plan, committed whole or not at all."""

from __future__ import annotations

from dataclasses import field

from schemas.base import Frozen, Instant
from schemas.events import PlanEvent
from schemas.made import Made, made
from schemas.messages import TextOrder
from schemas.number_alerts import NumberAlert
from schemas.plan import PlanState
from schemas.replies import Reading


@made
class Placement(Made):
    """A claim on the calendar: this therapist and room, from start to end. PostgreSQL refuses an overlap."""

    session_no: int
    starts_at: Instant
    ends_at: Instant
    therapist_id: str
    room_id: str


@made
class ClosedAlert(Made):
    """How an alert ended."""

    alert_id: str
    outcome: str
    closed_by: str
    note_id: str | None = None


@made
class ClosedApproval(Made):
    """How an approval ended; `decision` is approve, edit, reject or lapsed."""

    approval_id: str
    decision: str
    decided_by: str
    reason_id: str | None = None


@made
class Transition(Made):
    """What one cause leads to. `state.seq` and `cause` make it idempotent.

    `place` and `release` change the calendar; `texts` enter the outbox as pending; `withdraw_texts` takes
    back pending texts, `None` for none, a session number for that session's, 0 for all routine ones.
    """

    cause: str
    state: PlanState
    events: tuple[PlanEvent, ...] = ()
    place: tuple[Placement, ...] = ()
    release: tuple[int, ...] = ()
    texts: tuple[TextOrder, ...] = ()
    withdraw_texts: int | None = None
    closed_alerts: tuple[ClosedAlert, ...] = ()
    closed_approvals: tuple[ClosedApproval, ...] = ()
    texts_allowed: bool | None = None
    answers_inbound: str | None = None


class SlotConflict(Frozen):
    """A claim the calendar refused, with the nearest free times."""

    session_no: int
    starts_at: Instant
    reason: str
    alternatives: tuple[Instant, ...] = ()


class RecordReply(Frozen):
    """What the database holds after a record.

    `conflicts` non-empty: nothing was written. `state`/`cause`/`texts` set: this seq had been recorded before (a
    workflow task ran twice); what is stored wins and the workflow takes it over.
    """

    conflicts: tuple[SlotConflict, ...] = ()
    state: PlanState | None = None
    cause: str | None = None
    texts: tuple[TextOrder, ...] = ()


@made
class ReplyQuestion(Made):
    """A text to read, and what it may answer: the open questions by their id in the pack, with scores to compare.

    `day3` says that the open pain question is the one of the third day after a session (SCH-2, AL-04).
    """

    inbound_id: str
    pack_hash: str
    questions: tuple[str, ...] = ()
    baseline: float | None = None
    stiffness_baseline: float | None = None
    previous: dict[str, int] = field(default_factory=dict)
    best_goal: float | None = None
    pre_session: float | None = None
    day3: bool = False


@made
class ReplyFinding(Made):
    """A reading, and for each open question the number alerts its value would raise.

    `questions_apart` asks which was meant where a number fits two questions; findings recorded before there was
    that lack it, and their plans replay as they ran: the question asked last had the number.
    """

    reading: Reading
    alerts: dict[str, tuple[NumberAlert, ...]] = field(default_factory=dict)
    questions_apart: bool = False
