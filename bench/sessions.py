"""An ordinary session, played at a clinic: confirmed, attended, asked about the next day, answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from bench.clinic import Clinic, ClinicPlan, staff
from bench.history_cost import HistoryCost, cost_of
from care.checkins import Turn, in_the_way, routine_questions, wishes
from database.demo_clinic import ZONE
from schemas.commands import DecideApproval, Decision, RecordOutcome
from schemas.plan import PlanState, SessionStatus
from schemas.protocol import CheckinRule, Protocol

SETTLING_IN: Final = 3
"""Sessions at the start of a plan whose third day is asked about too (SCH-2)."""

_RUN_STARTED: Final = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
_ZONE: Final = ZoneInfo(ZONE)
_WEEK: Final = timedelta(days=7)
_AFTER_THE_REMINDER: Final = timedelta(hours=70)
_BEFORE_THE_REMINDER: Final = timedelta(hours=80)
_AFTER_THE_VISIT: Final = timedelta(hours=1)
_AFTER_THE_CHECKIN: Final = timedelta(hours=26)
_TIME_TO_ANSWER: Final = timedelta(hours=1)
_DAY_THREE_ANSWERED: Final = time(11, 30)
_PAIN: Final = 5
_SORENESS: Final = 2


def steady(protocol: Protocol, *routine: CheckinRule) -> dict[str, Any]:
    """Changes to a protocol under which week follows week: no review, no other question than `routine`."""
    endless = protocol.taper.but(hard_review_sessions=999, hard_review_days=9999, no_progress_sessions=999)
    return {
        "routine": routine,
        "review_sessions": 999,
        "review_days": 9999,
        "short_course_sessions": None,
        "taper": endless,
    }


async def begin(clinic: Clinic, plan: ClinicPlan) -> None:
    """The therapist approves the plan, and its first sessions are booked."""
    approval = await clinic.approval(plan)
    therapist = (await clinic.state(plan)).protocol.therapist_id
    approve = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    await clinic.command(plan, staff(therapist), approve)
    await clinic.settled(plan)


async def settle_in(clinic: Clinic, plan: ClinicPlan) -> None:
    """Play the first sessions, after which a plan is in its ordinary rhythm."""
    for number in range(1, SETTLING_IN + 1):
        await _answer_before(clinic, plan, number)
        visit = await play_session(clinic, plan, number)
        third_day = visit.astimezone(_ZONE).date() + timedelta(days=3)
        answered = datetime.combine(third_day, _DAY_THREE_ANSWERED, tzinfo=_ZONE)
        await answer_routine(clinic, plan, until=answered - _TIME_TO_ANSWER)
        await clinic.advance(plan, to=answered)
        await clinic.reply(plan, str(_PAIN))


async def _answer_before(clinic: Clinic, plan: ClinicPlan, number: int) -> None:
    """Answer the routine questions of the days before a visit's first reminder; a missed answer stays an alert."""
    session = (await clinic.state(plan)).session(number)
    if session is not None:
        await answer_routine(clinic, plan, until=session.starts_at - _BEFORE_THE_REMINDER)


async def answer_routine(clinic: Clinic, plan: ClinicPlan, until: datetime) -> int:
    """Answer each routine question whose turn comes before `until`; returns how many there were."""
    answered = 0
    while turns := [one.at for one in _routine_questions(await clinic.state(plan)) if one.at < until]:
        await clinic.advance(plan, to=turns[0] + _TIME_TO_ANSWER)
        await clinic.reply(plan, str(_PAIN))
        answered += 1
    return answered


def _routine_questions(state: PlanState) -> tuple[Turn, ...]:
    return routine_questions(state.protocol, wishes(state), in_the_way(state))


async def play_session(clinic: Clinic, plan: ClinicPlan, number: int) -> datetime:
    """Three texts, a confirmation, an outcome and an answer; returns when the visit was.

    The client confirms at the first reminder, so the second is not sent, and is as sore as anybody.
    """
    state = await clinic.state(plan)
    session = state.session(number)
    if session is None or session.status is not SessionStatus.booked:
        raise LookupError(
            f"session {number} of plan {plan.id} is {session and session.status.value}, not booked"
        )
    await clinic.advance(plan, to=session.starts_at - _AFTER_THE_REMINDER)
    await clinic.reply(plan, "1")
    await clinic.advance(plan, to=session.starts_at + _AFTER_THE_VISIT)
    await clinic.command(plan, staff(state.protocol.therapist_id), attended(number))
    await clinic.advance(plan, to=session.starts_at + _AFTER_THE_CHECKIN)
    await clinic.reply(plan, str(_SORENESS))
    return session.starts_at


def attended(number: int) -> RecordOutcome:
    """An outcome that calls for no change: some pain, some progress."""
    return RecordOutcome(
        session_no=number,
        outcome=SessionStatus.attended,
        pain=_PAIN,
        stiffness=4,
        primary=3.5,
        techniques=("active_assisted", "static"),
    )


@dataclass(frozen=True)
class Stretch:
    """What happened from one session's eve to the next's."""

    session: int
    events: Sequence[HistoryEvent]

    @property
    def cost(self) -> HistoryCost:
        """Durable actions, events and bytes, continue-as-new included."""
        return cost_of(self.events)

    @property
    def starts_a_run(self) -> bool:
        """Whether the plan went over to a new run meanwhile."""
        return any(event.event_type == _RUN_STARTED for event in self.events)

    def __str__(self) -> str:
        again = ", continue-as-new among them" if self.starts_a_run else ""
        cost = self.cost
        return (
            f"session {self.session}: {cost.actions} actions, {cost.events} events, {cost.size} bytes{again}"
        )


async def counted_sessions(
    clinic: Clinic, plan: ClinicPlan, count: int, first: int = SETTLING_IN + 1
) -> list[Stretch]:
    """Play sessions in a row and cut the plan's history between them."""
    cuts = []
    for number in range(first, first + count):
        cuts.append(await _eve(clinic, plan, number))
        visit = await play_session(clinic, plan, number)
        await answer_routine(clinic, plan, until=visit + _WEEK - _BEFORE_THE_REMINDER)
    cuts.append(await _eve(clinic, plan, first + count))
    events = await clinic.events(plan)
    return [Stretch(first + place, events[cuts[place] : cuts[place + 1]]) for place in range(count)]


async def _eve(clinic: Clinic, plan: ClinicPlan, number: int) -> int:
    """Move on to just before anything about a session happens; the length of the history until then."""
    session = (await clinic.state(plan)).session(number)
    if session is None:
        raise LookupError(f"session {number} of plan {plan.id} is not planned")
    await clinic.advance(plan, to=session.starts_at - _BEFORE_THE_REMINDER)
    return len(await clinic.events(plan))
