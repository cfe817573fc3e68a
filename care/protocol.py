"""A plan's resolved protocol: profile, condition and screening merged to the more cautious (`plan_merge`).

Pure: the same pack, form and clinic give the same protocol. The therapist sees it before approving.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from care.compiled import per_pack
from care.screening_age import ask_again_terms
from care.taper import policy_from
from care.technique_limits import allowed_techniques, defaults_of, standing_restrictions
from schemas.protocol import (
    AlertTerms,
    ApprovalKind,
    ChainLink,
    CheckinRule,
    Measure,
    Protocol,
    SiteHours,
)
from schemas.rules import RulePack
from schemas.screening import Disposition, Restriction, ScreeningResult, Urgency
from schemas.treating import AdverseTerms

APPROVAL_MINUTES: Final[Mapping[ApprovalKind, int]] = MappingProxyType(
    {
        ApprovalKind.start: 480,
        ApprovalKind.clearance: 2400,
        ApprovalKind.rescreen: 960,
        ApprovalKind.taper: 960,
        ApprovalKind.resume: 480,
        ApprovalKind.discharge: 2400,
    }
)
"""How long a decision may wait, in staffed minutes (convention: 480 are one working day)."""

_PAGES_AT_ONCE = "immediate"


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
    policy = policy_from(pack, condition)
    texting = pack.sms_checkins
    return Protocol(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        site_id=site_id,
        hours=hours.but(quiet_start=texting.quiet_hours.start, quiet_end=texting.quiet_hours.end),
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
        techniques=allowed_techniques(
            pack,
            profile=profile,
            condition=condition,
            restrictions=restrictions,
            target_regions=target_regions,
        ),
        restrictions=restrictions,
        routine=_routine(pack),
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
        silent_hold_after=policy.silent_hold_after,
        alert_terms=_alert_terms(pack),
        approval_minutes=dict(APPROVAL_MINUTES),
        proposal_expires_days=policy.proposal_expires_days,
        adverse=_adverse_terms(pack),
    )


def session_minutes(pack: RulePack, profile: str, condition: str | None) -> int:
    """How long a visit lasts: the smaller of profile and condition, 30 to 60 (SEED-08)."""
    return min(one.session_minutes for one in defaults_of(pack, profile, condition))


@per_pack
def _adverse_terms(pack: RulePack) -> tuple[AdverseTerms, ...]:
    """How fast each grade of an unwanted effect is followed up, and who closes it."""
    return tuple(
        AdverseTerms(
            grade=one.grade,
            follow_up_hours=one.follow_up_h,
            closed_by=None if one.approve == "none" else one.approve,
        )
        for one in pack.adverse_events.grades
    )


def _union(*groups: tuple[Restriction, ...]) -> tuple[Restriction, ...]:
    """ALG-5: all of them; the same code with other parameters is another restriction."""
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _short_course(pack: RulePack, condition: str | None) -> int | None:
    """After how many sessions to ask whether that was enough (SEED-12); a condition may set its own."""
    own = pack.conditions[condition].short_course_first if condition else None
    return own or pack.taper_policy.short_course.get("sessions")


@per_pack
def _valid_by(pack: RulePack) -> dict[Disposition, int]:
    """How long a screening counts, in days, by what it came to."""
    return {one: pack.screening_valid_days(one) for one in Disposition}


@per_pack
def _routine(pack: RulePack) -> tuple[CheckinRule, ...]:
    """The questions that come by the calendar, not by a session (SCH-3 … SCH-6)."""
    return tuple(
        CheckinRule(rule=rule.id, ask=rule.ask, every_days=rule.every_days)
        for rule in pack.sms_checkins.schedule
        if rule.ask and rule.every_days
    )


@per_pack
def _alert_terms(pack: RulePack) -> dict[Urgency, AlertTerms]:
    """`enums.urgency` in staffed minutes; contact is never due before acknowledgement."""
    terms = {}
    for urgency in Urgency:
        level = pack.enums.urgency[urgency]
        acknowledge = level.ack_within_staffed_min
        terms[urgency] = AlertTerms(
            acknowledge_minutes=acknowledge,
            contact_minutes=max(level.contact_staffed_minutes or acknowledge, acknowledge),
            pages=level.page_staff == _PAGES_AT_ONCE,
        )
    return terms
