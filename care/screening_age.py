"""How old a screening may be when a session begins: the form before the first, gaps between later ones.

`screening.completion` and `disposition_algebra.expiry.gap_rules`. Whoever has not been seen for a while is asked
again before anybody lays hands on them; the questions come up a week before the session, so that there is time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from care.compiled import per_pack
from care.local_time import instant, local_day
from care.session_questions import sessions_ahead
from schemas.alerts import Alert, AlertReason
from schemas.commands import Refusal, Rescreen
from schemas.plan import PlanState, ScreeningState, Session, SessionStatus
from schemas.protocol import AskAgain, Protocol
from schemas.rules import RulePack

FORM_RULE: Final = "screening.completion"
GAP_RULE: Final = "disposition_algebra.expiry.gap_rules"

_ASKED_AHEAD: Final = timedelta(days=7)
_OFFICE_AT: Final = time(9)
_BOOKED: Final = SessionStatus.booked


@per_pack
def ask_again_terms(pack: RulePack) -> tuple[AskAgain, ...]:
    """The pack's rules for old forms and for gaps, as a protocol carries them; the longest gap last."""
    form = AskAgain(rule=FORM_RULE, after_days=pack.screening.completion.max_age_days_before_first_session)
    gaps = sorted(pack.disposition_algebra.expiry.gap_rules, key=lambda one: one.after_days)
    return (
        form,
        *(
            AskAgain(rule=GAP_RULE, after_days=one.after_days, items=one.items, assess=one.new_assessment)
            for one in gaps
        ),
    )


def ask_again_before(state: PlanState, session: Session) -> AskAgain | None:
    """What must be asked again before this session, if anything; None also for plans without such terms."""
    terms = state.protocol.ask_again
    if not terms:
        return None
    form = terms[0]
    day = local_day(state.protocol.hours, session.starts_at)
    if (day - _completed(state)).days <= form.after_days:
        return None
    last = _last_visit(state, session)
    if last is None:
        return form
    since, widest = (day - last).days, None
    for gap in terms[1:]:
        if since > gap.after_days:
            widest = gap
    repeated_on = state.screening.repeated_on
    if widest is not None and widest.items and repeated_on is not None:
        return None if (day - repeated_on).days <= form.after_days else widest
    return widest


def _completed(state: PlanState) -> date:
    """When the whole form was last answered."""
    return state.screening.completed_on or state.screening.result.evaluated_on


def _last_visit(state: PlanState, session: Session) -> date | None:
    """The day of the last visit before this session; one without an outcome yet is taken to have been."""
    before, last = session.starts_at, None
    for score in reversed(state.progress.scores):
        if score.at < before:
            last = score.at
            break
    for one in sessions_ahead(state.sessions):
        if one.status is _BOOKED and one.starts_at < before and (last is None or last < one.starts_at):
            last = one.starts_at
    return local_day(state.protocol.hours, last) if last is not None else None


def assessment_lapses(state: PlanState, now: datetime) -> bool:
    """Whether the physical assessment is from before a gap after which the client is examined anew.

    However the questions are asked again meanwhile. The gap reaches to the next visit, or to now without one.
    """
    last = max((score.at for score in state.progress.scores if score.at <= now), default=None)
    if state.assessment is None or last is None or state.assessment.at > last:
        return False
    session, hours = next_booked(state), state.protocol.hours
    until = max(now, session.starts_at) if session is not None else now
    days = (local_day(hours, until) - local_day(hours, last)).days
    return any(gap.assess and days > gap.after_days for gap in state.protocol.ask_again)


def ask_again_due(state: PlanState, session: Session, terms: AskAgain) -> datetime:
    """When somebody is asked to ask: a week ahead, or as soon after that as the form or the gap is too old."""
    hours = state.protocol.hours
    since = _last_visit(state, session) or _completed(state)
    old_from = since + timedelta(days=terms.after_days + 1)
    ahead = local_day(hours, session.starts_at - _ASKED_AHEAD)
    return instant(hours.zone, max(old_from, ahead), _OFFICE_AT)


def refuse_old_screening(state: PlanState, session: Session) -> Refusal | None:
    """Nobody is treated on an old screening: the questions come first, then the session counts."""
    terms = ask_again_before(state, session)
    if terms is None:
        return None
    asked = ", ".join(terms.items) or "the whole form"
    why = (
        f"More than {terms.after_days} days lie between the form and session {session.no}"
        if terms.rule == FORM_RULE
        else f"The last visit was more than {terms.after_days} days before session {session.no}"
    )
    return Refusal(
        code="rescreen_needed",
        sentence=f"{why} ({terms.rule}). Ask again first: {asked}. Then the session can go ahead.",
    )


def repeated(screening: ScreeningState, protocol: Protocol, command: Rescreen, today: date) -> ScreeningState:
    """The screening with the day on which its questions were last asked, and how long it counts.

    No items named means the whole form: only that starts the validity afresh, at the length that its new
    disposition earns. After a few questions the form counts no longer than what it has come to.
    """
    length = timedelta(
        days=protocol.screening_valid_by.get(command.result.overall, protocol.screening_valid_days)
    )
    if not command.items:
        return screening.but(completed_on=today, valid_until=today + length)
    completed = screening.completed_on or screening.result.evaluated_on
    screening = screening.but(valid_until=min(screening.valid_until, completed + length))
    short = next((one.items for one in protocol.ask_again if one.items), None)
    if short is not None and set(short) <= set(command.items):
        return screening.but(repeated_on=today)
    return screening


def answers_alert(alert: Alert, command: Rescreen) -> bool:
    """Whether these repeated questions are what an alert about an old screening asked for."""
    if alert.reason is not AlertReason.screening_expires:
        return False
    wanted = set(alert.screening_items)
    return not command.items or (bool(wanted) and wanted <= set(command.items))


def still_to_ask(alert: Alert, command: Rescreen) -> Alert:
    """The alert with the questions that it touches and nobody has asked again yet (MID-4)."""
    left = tuple(i for i in alert.screening_items if command.items and i not in command.items)
    return alert if left == alert.screening_items else alert.but(screening_items=left)


def next_booked(state: PlanState) -> Session | None:
    """The next session with a time, if the plan has one; a past one that waits for its outcome is in nobody's way."""
    first = None
    for one in sessions_ahead(state.sessions):
        if (
            one.status is _BOOKED
            and not one.outcome_missing
            and (first is None or one.starts_at < first.starts_at)
        ):
            first = one
    return first
