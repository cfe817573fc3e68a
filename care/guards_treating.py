"""What a plan refuses about treating by hand: after unwanted effects, and after an assessment that said no."""

from __future__ import annotations

from datetime import datetime

from care.adverse_grades import EXAMINE_FIRST, SUSPENDS, followed_up, terms_of, worst_open
from care.alerts import freezes
from care.screening_age import refuse_old_screening
from schemas.commands import Actor, FollowUpAdverseEvent, Refusal, ReportAdverseEvent, Role
from schemas.plan import PlanState, Session


def refuse_report(
    state: PlanState,
    actor: Actor,
    command: ReportAdverseEvent,
    now: datetime,
) -> Refusal | None:
    """An unwanted effect may be reported by anybody, of any plan, also one that has ended."""
    if command.session_no is not None and state.session(command.session_no) is None:
        return Refusal(code="unknown_session", sentence=f"This plan has no session {command.session_no}.")
    return None


def refuse_follow_up(
    state: PlanState, actor: Actor, command: FollowUpAdverseEvent, now: datetime
) -> Refusal | None:
    """Only the role that the pack names for the grade closes an event; examining is a physiotherapist's."""
    event = next((one for one in state.adverse if one.id == command.event_id), None)
    if event is None:
        return Refusal(code="adverse_event_closed", sentence="This adverse event is no longer open.")
    if command.examined and not actor.decides:
        return Refusal(
            code="not_a_clinician",
            sentence="Only a registered physiotherapist examines; ask one to record it.",
        )
    known = followed_up(event, command)
    grade = known.grade
    role = terms_of(state, grade).closed_by
    if not command.resolved or role is None:
        return None
    if not _may_close(actor, role):
        return Refusal(
            code="wrong_role",
            sentence=f"A grade {grade} event is closed by the {role.replace('_', ' ')} (adverse_events.grades).",
        )
    if grade >= EXAMINE_FIRST and not known.examined:
        return Refusal(
            code="not_examined",
            sentence=f"A grade {grade} event is examined by a physiotherapist before it is closed.",
        )
    if grade >= EXAMINE_FIRST and not known.client_told:
        return Refusal(
            code="client_not_told", sentence="Tell the client openly what happened (REQ-07), then close it."
        )
    return None


def _may_close(actor: Actor, role: str) -> bool:
    if role == Role.treating_physiotherapist:
        return actor.decides
    return role in actor.roles


def refuse_treating(state: PlanState, session: Session) -> Refusal | None:
    """MID-2: a session may not start before a physiotherapist has closed what came up before it.

    The sheet for the treatment room says so before anybody lays hands on, recording the outcome would say it after.
    """
    if any(freezes(a) and a.opened_at < session.starts_at for a in state.alerts):
        return Refusal(
            code="alert_open",
            sentence=(
                f"What came up before session {session.no} is still open (MID-2). A physiotherapist first closes "
                "the alert with what was found; then the session can go ahead and its outcome be recorded."
            ),
        )
    return _not_examined(state, session) or refuse_old_screening(state, session)


def _not_examined(state: PlanState, session: Session) -> Refusal | None:
    """After grade 2 or more no session before a physiotherapist has examined the client."""
    waiting = [e for e in state.adverse if e.grade >= EXAMINE_FIRST and not e.examined]
    if any(event.reported_at < session.starts_at for event in waiting):
        return Refusal(
            code="examination_needed",
            sentence=(
                f"An adverse event from before session {session.no} has not been examined yet. A physiotherapist "
                "first records the examination; then the session can go ahead and its outcome be recorded."
            ),
        )
    return None


def refuse_going_on(state: PlanState) -> Refusal | None:
    """A plan with a grade 3 or 4 event open never goes on."""
    if worst_open(state) < SUSPENDS:
        return None
    return Refusal(
        code="adverse_event_open",
        sentence="A grade 3 or 4 adverse event is open; the role that the pack names closes it first.",
    )


def refuse_start_of_work(state: PlanState) -> Refusal | None:
    """A plan whose client was found not suitable goes on only after another assessment."""
    assessment = state.assessment
    if assessment is None or assessment.outcome.lets_start:
        return None
    return Refusal(
        code="not_suitable",
        sentence=f"The physical assessment says {assessment.outcome.replace('_', ' ')}; assess again first.",
    )
