"""What is well formed and still would do harm: a night without quiet, nobody to turn to, a rung that is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import time
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from care.goals import FIRST_GOAL
from care.pack_names import Found, must
from schemas.base import LONGEST_DAYS
from schemas.commands import Role
from schemas.rules import RulePack
from schemas.rules_delivery import PAGES_AT_ONCE
from schemas.screening import Disposition, Urgency

_NIGHT, _NOON = time(3), time(12)
_A_WEEK: Final = 7
_LOOKS_BACK: Final = 56
"""In days: as far as the sessions that a plan keeps go back at two visits a week."""

_WITHIN_REACH: Final = {
    "missed_run_escalate": 6,
    "no_contact_days": 182,
    "reviews_no_change_escalate": 4,
    "pain_gap_hours": 336,
    "lasting_pain_max": 7,  # pain of 8 is rung about (AL-01)
}
"""The highest of those numbers of the taper that would switch a rule off if they were high enough."""
_ALWAYS_THERE: Final = (
    (("screening", "items"), "screening item", ("SCR-16", "SCR-24")),
    (("sms_checkins", "questions"), "question", ("CHK-SORE", "CHK-PAIN", "CHK-CHANGE", "CHK-BETTER")),
    (("messages",), "message", ("MSG-111", "MSG-REASK", "MSG-OOH")),
    (("measures",), "measure", (FIRST_GOAL,)),
)
"""What the engine itself asks, sends and measures, whatever else a pack holds."""


def needed(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Names that the engine uses of its own accord."""
    there: dict[str, Mapping[str, object]] = {
        "screening item": pack.items,
        "question": pack.questions,
        "message": pack.messages,
        "measure": pack.measures,
    }
    for path, kind, names in _ALWAYS_THERE:
        for name in names:
            if name not in there[kind]:
                yield path, f"the engine needs the {kind} {name!r}; restore it"


def hours(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Quiet hours hold the night and leave the day open, in a zone that exists."""
    path = ("sms_checkins", "quiet_hours")
    quiet = pack.sms_checkins.quiet_hours
    if not _within(_NIGHT, quiet.start, quiet.end) or _within(_NOON, quiet.start, quiet.end):
        yield (
            path,
            f"quiet hours from {quiet.start:%H:%M} to {quiet.end:%H:%M} leave the night open or close the day; "
            "give the evening as `start` and the morning as `end`",
        )
    try:
        ZoneInfo(quiet.timezone)
    except (KeyError, ValueError, OSError):
        yield (*path, "timezone"), f"there is no time zone {quiet.timezone!r}; write it like Europe/London"
    if pack.sms_checkins.reminders.count != 1:
        yield (
            ("sms_checkins", "reminders", "count"),
            f"the engine reminds once, not {pack.sms_checkins.reminders.count} times; write 1",
        )
    if pack.sms_checkins.reminders.after_hours >= pack.sms_checkins.reply_window_hours:
        yield (
            ("sms_checkins", "reminders", "after_hours"),
            "the reminder would come after `reply_window_hours` have passed; remind earlier",
        )
    for place, rule in enumerate(pack.sms_checkins.schedule):
        window = rule.hours_after_session
        if window and window[0] >= window[1]:
            yield (
                ("sms_checkins", "schedule", place, "hours_after_session"),
                f"runs from {window[0]:g} to {window[1]:g} hours; give the earlier first",
            )
        broken = [days for days in rule.every_days.values() if rule.fixed_weekday and days % _A_WEEK]
        if broken:
            yield (
                ("sms_checkins", "schedule", place, "every_days"),
                f"every {broken[0]} days cannot keep a weekday; give whole weeks, or `fixed_weekday: false`",
            )


def _within(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start <= end else moment >= start or moment < end


def people(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Whoever must act exists: the chain of escalation, who closes an unwanted effect."""
    roles = tuple(role.value for role in Role)
    chain = pack.enums.escalation_chain
    path = ("enums", "escalation_chain")
    yield from must(path, "role", chain, roles)
    if len(set(chain)) < len(chain):
        yield path, "names a role twice; each stands in it once"
    levels = [(one, pack.enums.urgency[one]) for one in Urgency if one in pack.enums.urgency]
    for (graver, sooner), (_, later) in pairwise(levels):
        if sooner.ack_within_staffed_min > later.ack_within_staffed_min:
            yield (
                ("enums", "urgency", graver.value),
                f"{graver} would be acknowledged later than what is less urgent; give it fewer minutes",
            )
    for name, level in levels:
        if level.page_staff == PAGES_AT_ONCE and level.page_again_hours is None:
            yield (
                ("enums", "urgency", name.value),
                f"{name} pages, and nobody would hear of it while a site is closed; give `page_again_hours`",
            )
    grades = pack.adverse_events.grades
    for grade, times in Counter(one.grade for one in grades).items():
        if times > 1:
            yield ("adverse_events", "grades"), f"grade {grade} is given {times} times; each stands once"
    missing = sorted(set(range(5)) - {one.grade for one in grades})
    if missing:
        yield (
            ("adverse_events", "grades"),
            f"grade {missing[0]} is missing; the engine takes reports of 0 to 4",
        )
    for place, one in enumerate(grades):
        yield from must(("adverse_events", "grades", place), "role", (one.approve,), (*roles, "none"))


def amounts(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Numbers that contradict each other."""
    duration, cap = pack.session_rules.duration, pack.session_rules.discomfort_cap_nrs
    if not duration.min_minutes <= duration.default_minutes <= duration.max_minutes:
        yield (
            ("session_rules", "duration"),
            "min_minutes, default_minutes and max_minutes must rise in this order",
        )
    if cap.older_or_lowforce > cap.default:
        yield (
            ("session_rules", "discomfort_cap_nrs"),
            "older_or_lowforce is the gentler cap; it cannot be above default",
        )
    expiry = pack.disposition_algebra.expiry
    periods = expiry.full_screening_valid_days
    path = ("disposition_algebra", "expiry", "full_screening_valid_days")
    days = [value for value in periods.values() if isinstance(value, int)]
    for name in sorted(set(periods) & {one.value for one in Disposition}):
        if periods[name] not in range(1, LONGEST_DAYS + 1):
            yield path, f"{name}: {periods[name]!r} is not a number of days from 1 to {LONGEST_DAYS}"
    if days and expiry.clearance_expiry_warning_days >= min(days):
        yield (
            ("disposition_algebra", "expiry", "clearance_expiry_warning_days"),
            f"the warning would come before a screening that counts {min(days)} days was made; warn later",
        )


def ladder(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Every step that a plan may begin on is a rung, and the rungs can be climbed."""
    policy = pack.taper_policy
    for place, rung in enumerate(policy.ladder):
        path = ("taper_policy", "ladder", place)
        if rung.min_gap_days > rung.interval_days:
            yield (
                path,
                f"{rung.step}: visits {rung.interval_days:g} days apart cannot keep min_gap_days: "
                f"{rung.min_gap_days:g}; lower it",
            )
        if max(rung.interval_days, rung.min_days_at_step) > LONGEST_DAYS:
            yield path, f"{rung.step}: no plan waits longer than {LONGEST_DAYS} days; give fewer"
    rungs = [rung.step.value for rung in policy.ladder]
    for section, table in (("profiles", pack.profiles), ("conditions", pack.conditions)):
        for name, one in table.items():
            yield from must((section, name, "start_step"), "step", (one.start_step.value,), rungs)


def taper_numbers(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """The taper's numbers leave its rules within reach, and do not contradict each other."""
    path, numbers = ("taper_policy", "params"), pack.taper_policy.params
    if numbers.get("adherence_escalate_below", 0) > numbers.get("adherence_ok_min", 100):
        yield (
            (*path, "adherence_escalate_below"),
            "is above adherence_ok_min: the same share would be good and escalate; lower it",
        )
    for name, most in _WITHIN_REACH.items():
        if numbers.get(name, 0) > most:
            yield (*path, name), f"{name}: {numbers[name]:g} puts its rule out of reach; give at most {most}"
    highest = numbers.get("lasting_pain_max", 0)
    if numbers.get("pain_ok_max", 0) > highest:
        yield (*path, "pain_ok_max"), f"pain_ok_max: must be at most {highest:g}, which is lasting_pain_max"
    plans = (*pack.profiles.values(), *pack.conditions.values())
    review = min((one.review_after.days for one in plans), default=LONGEST_DAYS)
    if numbers.get("review_overdue_after_days", 0) >= review:
        yield (
            (*path, "review_overdue_after_days"),
            f"review_overdue_after_days: the next falls due after {review} days, so that none would ever be overdue; "
            "give fewer",
        )


def adherence(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """ADH looks back far enough for an answer, and no further than a plan's record goes."""
    told = pack.measures.get("ADH")
    if told is None or told.window_days is None:
        return
    schedule = (rule for rule in pack.sms_checkins.schedule if rule.ask == "CHK-HOME")
    asked = max((days for rule in schedule for days in rule.every_days.values()), default=1)
    if not asked <= told.window_days <= _LOOKS_BACK:
        yield (
            ("measures", "ADH", "window_days"),
            f"window_days: {told.window_days} days: home days are asked about every {asked} days, and its record "
            f"holds {_LOOKS_BACK}; stay between them",
        )
