"""Where a plan, a visit or a question stands, as a sentence to staff says it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind, Protocol
from schemas.taper import Step

STAGES: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.screening: "is being screened",
        Stage.deferred: "is deferred",
        Stage.awaiting_clearance: "waits for clearance",
        Stage.awaiting_approval: "waits for approval",
        Stage.active: "is active",
        Stage.suspended: "is on hold",
        Stage.discharged: "has ended with discharge",
        Stage.declined: "was declined",
        Stage.withdrawn: "has ended because the client stopped",
    }
)
"""What a plan does: the words after "The plan"."""

SESSIONS: Final[Mapping[SessionStatus, str]] = MappingProxyType(
    {
        SessionStatus.unplaced: "has no time yet",
        SessionStatus.booked: "is booked",
        SessionStatus.held: "is kept back while the plan is on hold",
        SessionStatus.attended: "was attended",
        SessionStatus.no_show: "was missed",
        SessionStatus.late_cancel: "was cancelled late",
        SessionStatus.cancelled: "was cancelled",
        SessionStatus.lapsed: "passed without an outcome",
    }
)
"""What became of a visit: the words after "Session 3"."""

APPROVALS: Final[Mapping[ApprovalKind, str]] = MappingProxyType(
    {
        ApprovalKind.start: "the start of a plan",
        ApprovalKind.clearance: "a clearance",
        ApprovalKind.rescreen: "a repeated screening",
        ApprovalKind.taper: "how often visits are",
        ApprovalKind.resume: "going on after a hold",
        ApprovalKind.discharge: "a discharge",
    }
)
"""What is decided: the words after "decide on"."""


def rhythm(protocol: Protocol, step: Step) -> str:
    """How often visits are at a step, as the plan's own ladder says it."""
    return protocol.taper.rung(step).label.replace("_", " ")


def home_days(protocol: Protocol) -> str:
    """How often the client is to stretch at home."""
    return {1: "once a week", 7: "every day"}.get(
        protocol.home_days_per_week, f"{protocol.home_days_per_week} days a week"
    )
