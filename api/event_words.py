"""The events of a plan as sentences for the people who read its story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from api.text_words import name_of
from care.words import words_for
from schemas.events import EventKind as E
from schemas.events import Fact, PlanEvent

SENTENCES: Final[Mapping[E, str]] = MappingProxyType(
    {
        E.intake_received: "Intake received.",
        E.screening_evaluated: "Screening came to: {overall}.",
        E.rescreened: "Screening questions were asked again: {overall}.",
        E.stage_changed: "The plan went from {was} to {now}.",
        E.approval_opened: "A decision on {decision_on} was put before the therapist ({reasons}).",
        E.approval_reminded: "The decision was asked for again.",
        E.approval_escalated: "The decision passed to the next person.",
        E.approval_decided: "Decision on {decision_on}: {decision}.",
        E.approval_lapsed: "The question of {decision_on} no longer stood.",
        E.hold_discharged: "A hold was discharged: {hold}.",
        E.hold_expired: "A document ran out: {hold}.",
        E.judged_again: "The answers were judged again under rules {pack}: {overall}; stricter: {rules}.",
        E.overridden: "A physiotherapist set {what} aside ({rules}); the reason is kept.",
        E.session_placed: "Session {session} was booked for {starts_at}.",
        E.session_unplaced: "Session {session} has no time yet: {wanted} was taken.",
        E.session_moved: "Session {session} moved from {was} to {starts_at}.",
        E.session_confirmed: "The client confirmed session {session}.",
        E.session_held: "Session {session} is held.",
        E.session_restored: "Session {session} may go ahead again.",
        E.session_cancelled: "Session {session} was cancelled.",
        E.session_lapsed: "Session {session} did not take place.",
        E.outcome_recorded: "Session {session}: {outcome}.",
        E.taper_evaluated: "The taper policy said: {verdict} ({reasons}).",
        E.step_changed: "The step went from {was} to {now}.",
        E.reply_read: "A text from the client was read.",
        E.answer_recorded: "The client answered about {question}.",
        E.checkin_unanswered: "A check-in stayed unanswered, {run} in a row.",
        E.alert_raised: "Alert {urgency}: {reason}.",
        E.alert_acknowledged: "Someone took the alert on.",
        E.alert_escalated: "The alert passed to the next person.",
        E.alert_closed: "The alert was closed: {outcome}.",
        E.paused: "The plan was paused.",
        E.resumed: "The plan went on.",
        E.amended: "The protocol was changed.",
        E.regions_changed: "The plan now treats: {regions} (new: {added}; left out: {left_out}).",
        E.goal_changed: (
            "The goal is now {now}, from {baseline} to {target}; it was {was}. "
            "Earlier scores that are no longer compared: {not_compared}."
        ),
        E.reviewed: "The plan was reviewed.",
        E.assessed: "Physical assessment recorded: {outcome} ({items}).",
        E.day_checked: "Before session {session} the client reported a change ({rules}); asked again: {items}.",
        E.day_not_asked: "At session {session} nobody asked: {rules}.",
        E.day_asked_later: "Asked after session {session}: {items}.",
        E.adverse_reported: "An adverse event of grade {grade} was reported; first call by {follow_up_at}.",
        E.adverse_followed_up: "The adverse event (grade {grade}) was followed up.",
        E.adverse_closed: "The adverse event (grade {grade}) was closed.",
        E.opted_out: "The client opted out of texts.",
        E.opted_in: "The client wants texts again.",
        E.texts_agreed: "The client is under 16, and texts are as agreed.",
        E.texts_not_agreed: "The client is under 16, and texts are not agreed; the clinic rings.",
        E.text_ordered: "A text was ordered: {template}.",
        E.text_withdrawn: "A text was taken back.",
        E.text_skipped: "A text was left out: {reason}.",
        E.text_sent: "A text was sent.",
        E.text_not_sent: "A text was not sent.",
        E.text_delivery: "A text's delivery: {status}.",
        E.client_revealed: "Somebody looked at the client's name and number.",
        E.record_exported: "The whole record was exported.",
    }
)


_LANGUAGE: Final = words_for("en-GB")


def sentence(event: PlanEvent, zone: str) -> str:
    """What happened, in one sentence; times as the site's clock showed them, what is not known as a dash."""
    told = {name: _word(fact, ZoneInfo(zone)) for name, fact in event.facts.items()}
    return SENTENCES[event.kind].format_map(_Known(told))


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _word(fact: Fact, zone: ZoneInfo) -> str:
    if fact is None:
        return "–"
    if isinstance(fact, float):
        return f"{fact:g}"
    if isinstance(fact, tuple | list):
        return ", ".join(map(_in_a_list, fact)) or "–"
    moment = _moment(fact)
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}" if moment else name_of(str(fact))


def _in_a_list(code: str) -> str:
    """One of several: what the client's form has words for in those words, a rule by its id."""
    label = _LANGUAGE.labels.get(code)
    return str(code) if label is None else label[:1].lower() + label[1:]


def _moment(fact: Fact) -> datetime | None:
    if not isinstance(fact, str) or "T" not in fact:
        return None
    try:
        moment = datetime.fromisoformat(fact)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
