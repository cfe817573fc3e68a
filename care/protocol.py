"""A plan's resolved protocol: profile, condition and screening merged to the more cautious (`plan_merge`).

Pure: the same pack, form and clinic give the same protocol. The therapist sees it before approving.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache

from care.compiled import per_pack
from care.screening_age import ask_again_terms
from care.silence import contact_minutes_at_most, silent_phone_after
from care.taper import policy_from
from care.technique_limits import allowed_techniques, defaults_of, standing_restrictions
from schemas.goals import Measure
from schemas.protocol import (
    AlertTerms,
    ApprovalKind,
    ChainLink,
    CheckinRule,
    Protocol,
    SameDay,
    SessionChecks,
    SiteHours,
)
from schemas.rules import RulePack
from schemas.rules_delivery import PAGES_AT_ONCE, UrgencyLevel
from schemas.screening import URGENT, Disposition, Restriction, ScreeningResult, Urgency
from schemas.taper import TaperPolicy
from schemas.treating import AdverseTerms

_SITES_KEPT = 64
_A_DAY_OF_HOURS = 24.0
_DAYS_BEFORE_REVIEW = 7


def resolve(
    pack: RulePack,
    *,
    profile: str,
    condition: str | None,
    screening: ScreeningResult,
    site_id: str,
    hours: SiteHours,
    therapist_id: str,
    room_id: str,
    chain: tuple[ChainLink, ...],
    first_session_at: datetime,
    primary: Measure,
    pain_baseline: float,
    target_regions: tuple[str, ...],
    planned_weeks: int = 12,
) -> Protocol:
    """The protocol a plan opens with. KeyError for a profile or condition that the pack does not know."""
    defaults = defaults_of(pack, profile, condition)
    restrictions = _union(screening.restrictions, standing_restrictions(pack, profile, condition))
    policy = _policies(pack)[condition]
    texting = pack.sms_checkins
    return Protocol(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        site_id=site_id,
        hours=_kept_quiet(hours, texting.quiet_hours.start, texting.quiet_hours.end),
        therapist_id=therapist_id,
        room_id=room_id,
        chain=chain,
        profile=profile,
        condition=condition,
        target_regions=target_regions,
        session_minutes=session_minutes(pack, profile, condition),
        start_step=defaults[-1].start_step,
        first_session_at=first_session_at,
        taper=policy,
        planned_weeks=planned_weeks,
        primary=primary,
        pain_baseline=pain_baseline,
        recoded=recoded(pack),
        techniques=allowed_techniques(
            pack,
            profile=profile,
            condition=condition,
            restrictions=[one for one in restrictions if not one.held],
            target_regions=target_regions,
        ),
        restrictions=restrictions,
        routine=_routine(pack),
        about_sessions=_about_sessions(pack),
        question_gap=_question_gap(pack),
        before_review_days=_before_review(pack),
        max_routine_per_7_days=texting.max_routine_per_7_days,
        reply_window=timedelta(hours=texting.reply_window_hours),
        remind_after=timedelta(hours=texting.reminders.after_hours),
        review_sessions=min(one.review_after.sessions for one in defaults),
        review_days=min(one.review_after.days for one in defaults),
        short_course_sessions=_short_course(pack, condition),
        screening_valid_days=_valid_by(pack)[screening.overall],
        screening_valid_by=_valid_by(pack),
        ask_again=ask_again_terms(pack),
        screening_warning_days=pack.disposition_algebra.expiry.clearance_expiry_warning_days,
        silent_phone_after=silent_phone_after(pack),
        silent_hold_after=policy.silent_hold_after,
        alert_terms=_alert_terms(pack),
        same_day=_same_day(pack),
        approval_minutes=_approval_minutes(pack),
        proposal_expires_days=policy.proposal_expires_days,
        adverse=_adverse_terms(pack),
    )


@lru_cache(maxsize=_SITES_KEPT)
def _kept_quiet(hours: SiteHours, start: time, end: time) -> SiteHours:
    """A site's hours with the pack's quiet ones: one object for all its plans, as where plans are read (`Shared`)."""
    return hours.but(quiet_start=start, quiet_end=end)


def session_minutes(pack: RulePack, profile: str, condition: str | None) -> int:
    """How long a visit lasts: the smaller of profile and condition, 30 to 60 (SEED-08)."""
    return min(one.session_minutes for one in defaults_of(pack, profile, condition))


@per_pack
def _policies(pack: RulePack) -> dict[str | None, TaperPolicy]:
    """The taper policy of plans with each condition, and with none: one object for all of them (`Shared`)."""
    return {condition: policy_from(pack, condition) for condition in (None, *pack.conditions)}


@per_pack
def _adverse_terms(pack: RulePack) -> tuple[AdverseTerms, ...]:
    """How fast each grade of an unwanted effect is followed up, and who closes it."""
    return tuple(
        AdverseTerms(
            grade=one.grade,
            follow_up_hours=one.follow_up_h,
            closed_by=None if one.approve == "none" else one.approve,
            call_again_hours=pack.adverse_events.call_again_hours,
        )
        for one in pack.adverse_events.grades
    )


def _union(*groups: tuple[Restriction, ...]) -> tuple[Restriction, ...]:
    """ALG-5: all of them; the same code with other parameters is another restriction."""
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _short_course(pack: RulePack, condition: str | None) -> int | None:
    """After how many sessions to ask whether that was enough (SEED-12); a condition may set its own."""
    own = pack.conditions[condition].short_course_first if condition else None
    return own or pack.taper_policy.short_course.sessions


@per_pack
def _valid_by(pack: RulePack) -> dict[Disposition, int]:
    """How long a screening counts, in days, by what it came to."""
    return {one: pack.screening_valid_days(one) for one in Disposition}


@per_pack
def _routine(pack: RulePack) -> tuple[CheckinRule, ...]:
    """The questions that come by the calendar, not by a session (SCH-3 … SCH-6)."""
    return tuple(
        CheckinRule(rule=rule.id, ask=rule.ask, every_days=rule.every_days, fixed_weekday=rule.fixed_weekday)
        for rule in pack.sms_checkins.schedule
        if rule.ask and rule.every_days
    )


@per_pack
def _about_sessions(pack: RulePack) -> SessionChecks:
    """SCH-1 and SCH-2 as a plan carries them; what the pack leaves out is as in the draft."""
    usual = SessionChecks()
    sore, pain = pack.schedule.get("SCH-1"), pack.schedule.get("SCH-2")
    if sore is not None:
        since, until = sore.hours_after_session or (None, None)
        usual = usual.but(
            sore_after_days=sore.days_after_session or usual.sore_after_days,
            sore_from=usual.sore_from if since is None else timedelta(hours=since),
            sore_until=usual.sore_until if until is None else timedelta(hours=until),
        )
    if pain is not None:
        usual = usual.but(
            pain_after_days=pain.days_after_session or usual.pain_after_days,
            first_sessions=usual.first_sessions if pain.first_sessions is None else pain.first_sessions,
            after_step_change=pain.after_step_change,
            after_new_technique=pain.after_new_technique,
            if_sore_at_least=pain.if_sore_at_least or usual.if_sore_at_least,
        )
    return usual


@per_pack
def recoded(pack: RulePack) -> tuple[tuple[str, float], ...]:
    """What is added to an answer whose measure is kept on another scale (`sms_recode`): the lowest is its lowest."""
    asked = [(one, pack.measures.get(one.measure or "")) for one in pack.questions.values()]
    return tuple(
        (one.id, measure.range[0] - one.range[0])
        for one, measure in asked
        if measure is not None and measure.sms_recode and measure.range
    )


@per_pack
def _question_gap(pack: RulePack) -> timedelta:
    """How far questions that come by the calendar keep apart: as far as any of them asks for (SCH-4, SCH-6)."""
    gaps = [hours for rule in pack.sms_checkins.schedule for hours in rule.gap_hours.values()]
    return timedelta(hours=max(gaps, default=_A_DAY_OF_HOURS))


@per_pack
def _before_review(pack: RulePack) -> int:
    """How many days before a review SCH-7 begins to ask."""
    rule = pack.schedule.get("SCH-7")
    return (rule.days_before_review if rule is not None else None) or _DAYS_BEFORE_REVIEW


@per_pack
def _approval_minutes(pack: RulePack) -> dict[ApprovalKind, int]:
    """How long each decision may wait (`enums.decisions`)."""
    return {kind: getattr(pack.enums.decisions, kind) for kind in ApprovalKind}


@per_pack
def _same_day(pack: RulePack) -> SameDay:
    """Which findings of severe pain are rung about on the same day (`enums.urgency.E2.contact_within`)."""
    terms = pack.enums.urgency[Urgency.E2].same_day
    return SameDay(rules=terms.rules, told_before=terms.told_before) if terms is not None else SameDay()


def _page_again_after(level: UrgencyLevel) -> timedelta | None:
    """None for what pages nobody."""
    hours = level.page_again_hours if level.page_staff == PAGES_AT_ONCE else None
    return None if hours is None else timedelta(hours=hours)


@per_pack
def _alert_terms(pack: RulePack) -> dict[Urgency, AlertTerms]:
    """`enums.urgency` in staffed minutes; contact is never due before acknowledgement."""
    terms = {}
    for urgency in Urgency:
        level = pack.enums.urgency[urgency]
        acknowledge = level.ack_within_staffed_min
        contact = level.contact_staffed_minutes or acknowledge
        if urgency in URGENT:
            contact = min(contact, contact_minutes_at_most(pack))
        terms[urgency] = AlertTerms(
            acknowledge_minutes=acknowledge,
            contact_minutes=max(contact, acknowledge),
            pages=level.page_staff == PAGES_AT_ONCE,
            page_again_after=_page_again_after(level),
            closed_minutes=level.contact_closed_minutes,
            contact_days=level.contact_working_days,
        )
    return terms
