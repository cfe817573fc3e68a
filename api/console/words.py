"""Codes as the console says them. What a table leaves out is said as its code, without underscores."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from unicodedata import category, normalize

from api.text_words import name_of as name_of  # noqa: PLC0414 - said by pages as all other words are
from care.day_before import Told
from care.state_words import home_days as home_days  # noqa: PLC0414 - said by pages as all other words are
from care.state_words import rhythm as rhythm  # noqa: PLC0414 - said by pages as all other words are
from care.words import words_for
from database.tables.attention import ApprovalStatus
from schemas.commands import Role
from schemas.messages import MessageStatus
from schemas.plan import AgendaKind as K
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition, Urgency

_LANGUAGE: Final = words_for("en-GB")

STAGES: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.screening: "Being screened",
        Stage.deferred: "Deferred",
        Stage.awaiting_clearance: "Waits for clearance",
        Stage.awaiting_approval: "Waits for approval",
        Stage.active: "Active",
        Stage.suspended: "On hold",
        Stage.discharged: "Discharged",
        Stage.declined: "Declined",
        Stage.withdrawn: "Withdrawn",
    }
)

NEXT: Final[Mapping[K, str]] = MappingProxyType(
    {
        K.session_reminder: "reminder of session {session}",
        K.day_before: "day-before question for session {session}",
        K.after_session: "question after session {session}",
        K.routine_question: "check-in question",
        K.prompt_reminder: "a question is repeated",
        K.prompt_expiry: "a question stops waiting for its answer",
        K.approval_reminder: "the decision is asked for again",
        K.approval_escalation: "the decision passes to the next person",
        K.alert_escalation: "the alert passes to the next person",
        K.contact_overdue: "contact with the client is due",
        K.session_lapse: "the outcome of session {session} is asked for",
        K.rescreen_due: "the screening questions are asked again",
        K.clearance_expiry: "a document runs out",
        K.screening_warning: "a warning that the screening runs out",
        K.screening_expiry: "the screening runs out",
        K.review_due: "review by the therapist",
        K.pause_ends: "the hold ends",
        K.proposal_expiry: "the proposal expires",
        K.screening_too_old: "the screening questions are asked again before the session",
        K.assessment_due: "the physical assessment is asked for",
        K.adverse_follow_up: "a call after an unwanted effect",
    }
)

NEXT_IN_SHORT: Final[Mapping[K, str]] = MappingProxyType(
    {
        K.session_reminder: "session reminder",
        K.day_before: "day-before question",
        K.after_session: "question after the session",
        K.session_lapse: "the outcome is asked for",
    }
)
"""The next item where its session is not named."""

APPROVALS: Final[Mapping[ApprovalKind, str]] = MappingProxyType(
    {
        ApprovalKind.start: "Start of plan",
        ApprovalKind.clearance: "Clearance",
        ApprovalKind.rescreen: "Repeat screening",
        ApprovalKind.taper: "Change of step",
        ApprovalKind.resume: "Resume after a hold",
        ApprovalKind.discharge: "Discharge",
    }
)

ENDS: Final[Mapping[ApprovalStatus, str]] = MappingProxyType(
    {
        ApprovalStatus.open: "open",
        ApprovalStatus.approve: "approved",
        ApprovalStatus.edit: "approved with changes",
        ApprovalStatus.reject: "rejected",
        ApprovalStatus.lapsed: "lapsed: its question no longer stood",
    }
)

SESSIONS: Final[Mapping[SessionStatus, str]] = MappingProxyType(
    {
        SessionStatus.unplaced: "has no time yet",
        SessionStatus.booked: "booked",
        SessionStatus.held: "held",
        SessionStatus.attended: "attended",
        SessionStatus.no_show: "no-show",
        SessionStatus.late_cancel: "cancelled late",
        SessionStatus.cancelled: "cancelled",
        SessionStatus.lapsed: "did not take place",
    }
)

TOLD_BEFORE: Final[Mapping[Told, str]] = MappingProxyType(
    {
        Told.no_change: "No change.",
        Told.change: "A change.",
        Told.not_known: "No answer: not known.",
    }
)

URGENCIES: Final[Mapping[Urgency, str]] = MappingProxyType(
    {Urgency.E0: "Emergency", Urgency.E1: "Urgent", Urgency.E2: "Soon", Urgency.E3: "Routine"}
)

DISPOSITIONS: Final[Mapping[Disposition, str]] = MappingProxyType(
    {
        Disposition.clear: "Nothing found",
        Disposition.modify: "Possible within limits",
        Disposition.needs_clearance: "Needs clearance first",
        Disposition.defer: "Not now",
        Disposition.refer_urgent: "Urgent referral",
    }
)

DELIVERIES: Final[Mapping[MessageStatus, str]] = MappingProxyType(
    {
        MessageStatus.pending: "waits",
        MessageStatus.sending: "being sent",
        MessageStatus.sent: "sent",
        MessageStatus.delivered: "delivered",
        MessageStatus.undelivered: "not delivered",
        MessageStatus.failed: "refused",
        MessageStatus.unknown: "unknown",
        MessageStatus.suppressed: "not sent",
        MessageStatus.expired: "not sent",
    }
)

ROLES: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.treating_physiotherapist: "physiotherapist",
        Role.duty_physiotherapist: "duty physiotherapist",
        Role.lead_physiotherapist: "lead physiotherapist",
        Role.stretch_practitioner: "stretch practitioner",
        Role.front_desk: "front desk",
        Role.clinic_manager: "clinic manager",
        Role.operations: "operations",
        Role.admin: "administrator",
    }
)


_DOSES: Final = (("_pct_max", " up to", " %"), ("_s_per_muscle", " for each muscle", " s"), ("_s", "", " s"))
_ABBREVIATIONS: Final = MappingProxyType({"gp": "GP", "psfs": "PSFS", "pnf": "PNF", "slr": "SLR"})


def plain(code: object) -> str:
    """A code as words: `silent_client` is "silent client", a region as the form calls it."""
    text = str(code)
    said = _LANGUAGE.labels.get(text, text.replace("_", " "))
    return " ".join(_ABBREVIATIONS.get(word, word) for word in said.split(" "))


def headline(code: object) -> str:
    """A code as words that begin with a capital; an abbreviation stays as it is."""
    said = plain(code)
    return said[:1].upper() + said[1:]


def dose(name: str, value: float | str) -> str:
    """One part of a technique's dose, with its unit: `hold 20 s`, `effort up to 20 %`."""
    amount = f"{value:g}" if isinstance(value, float | int) else value
    for ending, before, unit in _DOSES:
        if name.endswith(ending):
            return f"{plain(name.removesuffix(ending))}{before} {amount}{unit}"
    return f"{plain(name)} {amount}"


def initials(name: str) -> str:
    """`M.K.` for Maya Kelly: enough to know one's own clients by, not enough for whoever looks over a shoulder.

    Characters that are not seen, such as those that turn the writing round, are not letters of a name.
    """
    seen = "".join(one for one in normalize("NFC", name) if one.isspace() or category(one)[0] != "C")
    return "".join(f"{part[0].upper()}." for part in seen.split()) or "–"
