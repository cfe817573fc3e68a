"""Plans and steps of plans to record: the demo clinic with a small, real protocol."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import DUTY, HOURS, LEAD, MANAGER, ROOM_IDS, SITE_ID, THERAPIST
from database.intakes import NewClient, NewPlan, create_plan
from schemas.commands import Role
from schemas.events import EventKind, PlanEvent
from schemas.goals import Measure
from schemas.messages import TextOrder, TextPurpose
from schemas.names import new_id
from schemas.plan import (
    PlanState,
    Progress,
    ScreeningState,
    Session,
    SessionStatus,
)
from schemas.protocol import AlertTerms, ApprovalKind, ChainLink, Protocol
from schemas.screening import Disposition, ScreeningResult, Urgency
from schemas.taper import LadderStep, Step, TaperPolicy
from schemas.transition import Placement, Transition

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TUESDAY_TEN = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)

POLICY = TaperPolicy(
    ladder=(
        LadderStep(step=Step.S1, label="weekly", interval_days=7, min_gap_days=2, min_days_at_step=21),
        LadderStep(
            step=Step.S2, label="every two weeks", interval_days=14, min_gap_days=5, min_days_at_step=28
        ),
    ),
    n_consecutive=2,
    on_track_tolerance=0.1,
    pain_ok_max=3,
    pain_mcid=2,
    adherence_ok_min=60,
    adherence_escalate_below=30,
    min_sessions_at_step=3,
    flare_free_days=14,
    flare_long_hours=48,
    flare_count_28d=2,
    checkins_answered_min=2,
    silent_hold_after=3,
    days_after_step_up_before_down=14,
    no_progress_sessions=6,
    no_progress_warning_sessions=4,
    step_up_window_days=84,
    hard_review_sessions=6,
    hard_review_days=42,
    proposal_expires_days=14,
    discharge_sustained_days=28,
)

RESULT = ScreeningResult(
    pack_version="0.1.0",
    pack_hash="pack-hash",
    evaluated_on=NOW.date(),
    target_regions=("lower_back",),
    overall=Disposition.clear,
)


def a_protocol(**changes: Any) -> Protocol:
    """A weekly plan with Priya Nair in Room 3."""
    return Protocol(
        pack_version="0.1.0",
        pack_hash="pack-hash",
        site_id=SITE_ID,
        hours=HOURS,
        therapist_id=THERAPIST.id,
        room_id=ROOM_IDS[2],
        chain=(
            ChainLink(role=Role.treating_physiotherapist, staff_id=THERAPIST.id),
            ChainLink(role=Role.duty_physiotherapist, staff_id=DUTY.id),
            ChainLink(role=Role.lead_physiotherapist, staff_id=LEAD.id),
            ChainLink(role=Role.clinic_manager, staff_id=MANAGER.id),
        ),
        profile="chronic",
        start_step=Step.S1,
        first_session_at=TUESDAY_TEN,
        taper=POLICY,
        primary=Measure(code="PSFS", baseline=4, target=8, mcid=2),
        pain_baseline=5,
        alert_terms={u: AlertTerms(acknowledge_minutes=15, contact_minutes=60, pages=True) for u in Urgency},
        approval_minutes=dict.fromkeys(ApprovalKind, 480),
    ).but(**changes)


def a_state(plan_id: str, client_id: str, protocol: Protocol | None = None) -> PlanState:
    """A plan as an intake leaves it."""
    protocol = protocol or a_protocol()
    return PlanState(
        plan_id=plan_id,
        client_id=client_id,
        opened_at=NOW,
        protocol=protocol,
        screening=ScreeningState(result=RESULT, overall=Disposition.clear, valid_until=date(2027, 5, 1)),
        progress=Progress(step=Step.S1, step_entered_at=NOW, reviewed_at=NOW, last_contact_at=NOW),
    )


async def plan_in(engine: AsyncEngine, mobile: str | None = "+447700900001", **changes: Any) -> PlanState:
    """A plan of a new client, opened in this database; keyword arguments change the protocol."""
    plan_id = new_id()
    state = a_state(plan_id, new_id(), a_protocol(**changes))
    await create_plan(
        engine,
        NewPlan(
            idempotency_key=f"key-{plan_id}",
            body_hash="hash",
            form={"INT-01": "reach my shoelaces"},
            screening=RESULT,
            state=state,
            received_at=NOW,
            client=NewClient("Ada", "Byron", date(1985, 12, 10), mobile, None, texts_allowed=True),
            events=(PlanEvent(kind=EventKind.intake_received, at=NOW, actor="client"),),
        ),
    )
    return state


def a_session(no: int = 1, starts_at: datetime = TUESDAY_TEN, **changes: Any) -> Session:
    """A booked session of 45 minutes."""
    return Session(no=no, status=SessionStatus.booked, starts_at=starts_at, minutes=45, step=Step.S1).but(
        **changes
    )


def a_placement(session: Session, protocol: Protocol | None = None) -> Placement:
    """The session's claim on its therapist's and room's time."""
    protocol = protocol or a_protocol()
    return Placement(
        session_no=session.no,
        starts_at=session.starts_at,
        ends_at=session.starts_at + timedelta(minutes=session.minutes),
        therapist_id=protocol.therapist_id,
        room_id=protocol.room_id,
    )


def a_step(state: PlanState, cause: str = "test", **parts: Any) -> Transition:
    """The next transition of this state."""
    parts.setdefault(
        "events", (PlanEvent(kind=EventKind.stage_changed, at=NOW, facts={"seq": state.seq + 1}),)
    )
    return Transition(cause=cause, state=state.but(seq=state.seq + 1), **parts)


def booking(state: PlanState, *sessions: Session) -> Transition:
    """A transition that claims slots for sessions."""
    others = tuple(s for s in state.sessions if s.no not in {one.no for one in sessions})
    return a_step(
        state.but(sessions=(*others, *sessions)),
        place=tuple(a_placement(session, state.protocol) for session in sessions),
    )


def a_text(state: PlanState, key: str, **changes: Any) -> TextOrder:
    """A reminder to the plan's client."""
    return TextOrder(
        key=f"{state.plan_id}:{key}",
        plan_id=state.plan_id,
        recipient_id=state.client_id,
        purpose=TextPurpose.reminder,
        template="session_reminder",
        rule="SCH-1",
        ordered_at=NOW,
        expires_at=NOW + timedelta(days=1),
    ).but(**changes)
