"""The taper in a plan: what the policy is shown, and what its verdict leads to.

The verdict itself is made by `care.taper.evaluate` in an activity and enters as a recorded result.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from care.adverse_grades import worst_open
from care.draft import Draft
from care.gists import gist_of, same_parts_again
from care.goal_scores import change_that_counts
from care.opening import blocking, screening_valid
from care.same_again import same_again
from care.told import by_question
from care.trend import on_track
from schemas.alerts import AlertReason
from schemas.events import EventKind
from schemas.plan import CLIENT_MISSED, PlanState, Proposal, Score, Session, SessionStatus, Stage
from schemas.protocol import ApprovalKind, Protocol
from schemas.screening import URGENT, Urgency
from schemas.taper import (
    Flares,
    OpenItems,
    PainTrend,
    PrimaryTrend,
    Step,
    TaperDecision,
    TaperInputs,
    TaperVerdict,
)

_FLARES_COUNT_FOR = timedelta(days=28)
_HOURS_PER_FLARE_DAY = 24
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SCORES_KEPT = 12
_NEW_TECHNIQUES_KEPT = 5
_REMEMBERED = 256
_NO_FLARES, _FLARES_NOT_KNOWN = Flares(), Flares(count_28d=None)
_FLARE_QUESTION, _HOME_QUESTION = "CHK-FLARE", "CHK-HOME"
_NOTHING_OPEN = OpenItems()

_EVALUATED, _ACTIVE, _E2 = EventKind.taper_evaluated, Stage.active, Urgency.E2
_ESCALATE, _STEP_DOWN = TaperVerdict.ESCALATE, TaperVerdict.PROPOSE_STEP_DOWN

PROPOSALS = {
    TaperVerdict.PROPOSE_STEP_DOWN: ApprovalKind.taper,
    TaperVerdict.PROPOSE_STEP_UP: ApprovalKind.taper,
    TaperVerdict.PROPOSE_DISCHARGE: ApprovalKind.discharge,
}
_PUT = frozenset(PROPOSALS.values())
"""The decisions that an evaluation puts before a therapist."""


def taper_inputs(state: PlanState, now: datetime) -> TaperInputs:
    """Everything the policy looks at, from the plan's own record; what is not known stays None."""
    progress = state.progress
    stepped_up = progress.last_step_up_at
    primary, pain = _same_trends(state)
    return TaperInputs.of(
        step=progress.step,
        days_at_step=_days(now, progress.step_entered_at),
        sessions_at_step=progress.sessions_at_step,
        days_since_step_up=None if stepped_up is None else _days(now, stepped_up),
        step_ups_84d=_step_ups(state, now),
        planned_weeks=state.protocol.planned_weeks,
        primary=primary,
        pain=pain,
        flare=flares(state, now),
        adherence_28d=adherence(state, now),
        checkins_answered_of_3=sum(progress.checkins[-3:]),
        silent_run=progress.silent_run,
        sessions_since_review=progress.sessions_since_review,
        days_since_review=_days(now, progress.reviewed_at),
        review_overdue=_review_overdue(state, now),
        reviews_no_change=progress.reviews_no_change,
        missed_run=progress.missed_run,
        days_no_contact=_days(now, progress.last_contact_at),
        open=_open_items(state),
        screening_valid=screening_valid(state, now),
    )


@gist_of(
    "protocol",
    "opened_at",
    "progress.started_at",
    "progress.scores",
    "progress.best_at_step",
    "progress.best_by",
    "progress.pain_at_step_entry",
)
def trends(state: PlanState) -> tuple[PrimaryTrend, PainTrend]:
    """How the goal and the pain went at the last visits: the same until the next, whatever is answered between."""
    protocol, progress = state.protocol, state.progress
    scores, began = progress.scores[-protocol.taper.n_consecutive :], _began(state)
    measure = protocol.primary
    primary = PrimaryTrend.of(
        mcid=change_that_counts(measure, progress, scores),
        baseline=measure.baseline,
        target=measure.target,
        best_at_step=progress.best_at_step,
        values=tuple([score.primary for score in scores]),
        weeks=tuple([_weeks(score.at, began) for score in scores]),
    )
    pain = PainTrend.of(
        baseline=protocol.pain_baseline,
        at_step_entry=progress.pain_at_step_entry,
        recent=tuple([score.pain for score in scores]),
        hours_before=_hours_before(scores, protocol.taper.pain_gap_hours),
    )
    return primary, pain


_same_trends = same_parts_again(trends)


def _step_ups(state: PlanState, now: datetime) -> int:
    """How often visits were stepped up in the time that the policy looks back."""
    recent = timedelta(days=state.protocol.taper.step_up_window_days)
    return len([at for at in state.progress.step_ups if now - at <= recent])


def as_expected(state: PlanState, score: Score) -> bool:
    """Whether a client was, at a visit, where the plan expected them (`definitions.on_track`)."""
    protocol = state.protocol
    measure = protocol.primary
    goal = PrimaryTrend.of(baseline=measure.baseline, target=measure.target)
    return on_track(
        protocol.taper, goal, protocol.planned_weeks, score.primary, _weeks(score.at, _began(state))
    )


def _began(state: PlanState) -> datetime:
    return state.progress.started_at or state.opened_at


@lru_cache(maxsize=_REMEMBERED)
def _weeks(later: datetime, earlier: datetime) -> float:
    """Of a visit since the plan began: asked again until as many later ones have come."""
    return round(_days(later, earlier) / 7, 2)


def _hours_before(scores: tuple[Score, ...], apart_hours: float) -> tuple[float, ...]:
    """How long before the last known pain each visit was (TAP-UP-2): visits twice a week may be 40 hours apart.

    Nothing where no two visits lie so near to each other: then any two of them confirm each other.
    """
    if _lie_apart(scores, timedelta(hours=apart_hours)):
        return ()
    for last in reversed(scores):
        if last.pain is not None:
            return tuple([round((last.at - score.at) / _HOUR, 2) for score in scores])
    return ()


def _lie_apart(scores: tuple[Score, ...], apart: timedelta) -> bool:
    earlier: Score | None = None
    for score in scores:
        if earlier is not None and score.at - earlier.at < apart:
            return False
        earlier = score
    return True


def _days(later: datetime, earlier: datetime) -> float:
    return round((later - earlier) / _DAY, 2)


def flares(state: PlanState, now: datetime) -> Flares:
    """Flare-ups as the client counted them (CHK-FLARE): days with a flare in the week before each answer.

    Days of one week are taken as one flare, the cautious reading of its length. A flare that visits were already
    stepped up for is no reason to step up again; it still keeps the plan from stepping down (D3). Whoever is asked at
    this step and has not answered once in 28 days has not said that there was none.
    """
    since = now - _FLARES_COUNT_FOR
    told = [a for a in by_question(state.progress.answers).get(_FLARE_QUESTION, ()) if a.at >= since]
    answers = [a for a in told if a.value > 0]
    if not answers:
        silent = not told and state.progress.step in _steps_asked_at(state.protocol)[_FLARE_QUESTION]
        return _FLARES_NOT_KNOWN if silent else _NO_FLARES
    stepped_up = state.progress.last_step_up_at
    fresh = [a for a in answers if stepped_up is None or a.at > stepped_up]
    return Flares.of(
        count_28d=len(fresh),
        longest_h=float(max((a.value for a in fresh), default=0) * _HOURS_PER_FLARE_DAY),
        days_since=_days(now, answers[-1].at),
    )


@same_again
def _steps_asked_at(protocol: Protocol) -> dict[str, frozenset[Step]]:
    """At which steps a plan asks about flares, and about what was done at home."""
    return {
        question: frozenset(
            step for one in protocol.routine if one.ask == question for step in one.every_days
        )
        for question in (_FLARE_QUESTION, _HOME_QUESTION)
    }


def adherence(state: PlanState, now: datetime) -> float | None:
    """ADH: sessions attended and home days done, as a share of those planned, in the days that the plan looks back.

    Each week that the client told of counts with the home days of the plan as it is now. More of them than planned
    make up for no missed visit. None with fewer planned events than it takes: too little is never read as good.
    Nor are visits alone, where a client who is asked has told of no week at home (D4); too few of them stay too few.
    """
    policy = state.protocol.taper
    since = now - timedelta(days=policy.adherence_window_days)
    recent = [s.status for s in state.sessions if since < s.starts_at <= now and s.status in _CAME_OR_MISSED]
    weekly = state.protocol.home_days_per_week
    told = by_question(state.progress.answers).get(_HOME_QUESTION, ())
    home = [min(a.value, weekly) for a in told if a.at > since]
    planned = len(recent) + weekly * len(home)
    if planned < policy.adherence_min_planned:
        return None
    share = round(100 * (recent.count(_CAME) + sum(home)) / planned, 1)
    silent = not home and state.progress.step in _steps_asked_at(state.protocol)[_HOME_QUESTION]
    return None if silent and share >= policy.adherence_ok_min else share


_when = attrgetter("at")
_CAME = SessionStatus.attended
_CAME_OR_MISSED = CLIENT_MISSED | {_CAME}


def _open_items(state: PlanState) -> OpenItems:
    if not (state.alerts or state.screening.holds or state.adverse):
        return _NOTHING_OPEN
    urgencies = [alert.urgency for alert in state.alerts]
    return OpenItems.of(
        e01=len([one for one in urgencies if one in URGENT]),
        e2=urgencies.count(_E2),
        hold=len(blocking(state)),
        ae=worst_open(state),
    )


def _review_overdue(state: PlanState, now: datetime) -> bool:
    """D9: a review that has been due for longer than people are given for it."""
    due = [alert.opened_at for alert in state.alerts if alert.reason is AlertReason.review_due]
    return bool(due) and now > min(due) + timedelta(days=state.protocol.taper.review_overdue_after_days)


def take_verdict(draft: Draft, decision: TaperDecision, inputs: TaperInputs | None = None) -> None:
    """Store the evaluation and put what it proposes before the therapist; nothing takes effect by itself."""
    verdict, reasons = decision.verdict, decision.reasons
    rule = _rule_of(verdict, reasons)
    draft.event(
        _EVALUATED,
        rule,
        verdict=verdict,
        to=decision.to,
        reasons=reasons,
        also=decision.also,
        notes=(*decision.notes, *decision.soft_flags),
        inputs=inputs or taper_inputs(draft.state, draft.now),
    )
    if draft.state.stage is not _ACTIVE:
        return
    if verdict is _ESCALATE and (new := _not_settled(draft, reasons)):
        draft.raise_alert(AlertReason.taper_escalation, Urgency.E3, new[0])
    _lapse_all_but(draft, verdict)
    kind = PROPOSALS.get(verdict)
    if kind is None or _stands(draft, verdict) or not _not_settled(draft, settled_by(verdict, reasons)):
        return
    draft.open_approval(kind, rule, Proposal.of(verdict=verdict, step=decision.to, reasons=reasons))


def lapse_fewer_visits(draft: Draft) -> None:
    """The client has fallen silent since these were proposed; being seen more often may still be decided."""
    _lapse_all_but(draft, TaperVerdict.PROPOSE_STEP_UP)


def _lapse_all_but(draft: Draft, verdict: TaperVerdict) -> None:
    for approval in draft.state.approvals:
        if approval.kind in _PUT and approval.proposal.verdict is not verdict:
            draft.close_approval(approval, "lapsed")


def _rule_of(verdict: TaperVerdict, reasons: tuple[str, ...]) -> str:
    """The rule that decided; where all of D1 to D9 hold, or some do not, the rule that says what follows."""
    if reasons and reasons[0].startswith("TAP-"):
        return reasons[0]
    return "TAP-DN" if verdict is _STEP_DOWN else "TAP-HOLD"


def _stands(draft: Draft, verdict: TaperVerdict) -> bool:
    return any(a.proposal.verdict is verdict for a in draft.state.approvals)


def settled_by(verdict: TaperVerdict, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """What a rejection looks at: fewer visits or discharge as such, for more visits each reason of its own.

    A flare is news to a therapist who has said no because of the pain (TAP-UP-1 … TAP-UP-3).
    """
    return reasons if verdict is TaperVerdict.PROPOSE_STEP_UP else (verdict,)


def _not_settled(draft: Draft, matters: tuple[str, ...]) -> tuple[str, ...]:
    """What the therapist rejected or looked at is not put again before a proposal would have expired anyway."""
    quiet = timedelta(days=draft.protocol.proposal_expires_days)
    settled = {what for what, at in draft.state.settled if draft.now - at < quiet}
    return tuple([one for one in matters if one not in settled])


def change_step(draft: Draft, step: Step, rule: str) -> None:
    """The plan moves to another step; its measures start afresh there, and older proposals have lapsed."""
    progress = draft.state.progress
    ladder = [rung.step for rung in draft.protocol.taper.ladder]
    up = ladder.index(step) < ladder.index(progress.step)
    last = progress.scores[-1] if progress.scores else None
    draft.event(EventKind.step_changed, rule, was=progress.step, now=step)
    draft.lapse_approvals(ApprovalKind.taper, ApprovalKind.discharge)
    draft.progress(
        step=step,
        step_entered_at=draft.now,
        sessions_at_step=0,
        pain_at_step_entry=last.pain if last else None,
        best_at_step=last.primary if last else None,
        best_by=last.by if last else None,
        last_step_up_at=draft.now if up else progress.last_step_up_at,
        step_ups=(*progress.step_ups, draft.now)[-6:] if up else progress.step_ups,
    )


def note_outcome(draft: Draft, session: Session, score: Score, techniques: tuple[str, ...] = ()) -> None:
    """Count a completed session and its score towards the step, the review and the best value.

    One from before the plan came to this step counts for the review, not for the step. A technique that the client
    has not had before is remembered with its session (SCH-2).
    """
    progress = draft.state.progress
    changes: dict[str, Any] = {
        "scores": tuple(sorted((*progress.scores, score), key=_when)[-_SCORES_KEPT:]),
        "sessions_completed": progress.sessions_completed + 1,
        "sessions_since_review": progress.sessions_since_review + 1,
    }
    first_time = tuple(one for one in techniques if one not in progress.techniques_used)
    if first_time:
        changes |= {
            "techniques_used": (*progress.techniques_used, *first_time),
            "new_technique_in": (*progress.new_technique_in, session.no)[-_NEW_TECHNIQUES_KEPT:],
        }
    if session.starts_at >= progress.step_entered_at:
        measure, entry = draft.protocol.primary, progress.pain_at_step_entry
        better = max if measure.target >= measure.baseline else min
        known = [value for value in (progress.best_at_step, score.primary) if value is not None]
        best = better(known) if known else None
        if best != progress.best_at_step:
            changes["best_by"] = score.by
        changes |= {
            "sessions_at_step": progress.sessions_at_step + 1,
            "missed_run": 0,
            "best_at_step": best,
            "pain_at_step_entry": entry if entry is not None else score.pain,
            "last_contact_at": max(progress.last_contact_at, session.starts_at),
        }
    draft.progress(**changes)
