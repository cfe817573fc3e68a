"""The agenda's questions: about sessions that took place, by the calendar, and once more where none was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from care.agenda_sources import Asked, Entry, Unfolding, looks_at, looks_at_each
from care.checkins import Turn, earliest_questions, in_the_way, quiet_of, routine_questions, wishes
from care.contact_budget import Quiet
from care.gists import Gists
from care.local_time import calendar_day, moved_out_of_quiet, out_of_quiet
from care.session_questions import (
    ASKED_BACK,
    session_questions,
)
from schemas.plan import AgendaItem, AgendaKind, PlanState, Stage
from schemas.prompts import Prompt, PromptKind
from schemas.protocol import Protocol

SYSTEM = "system"
_ROUTINE_LIFE = timedelta(hours=10)
_DAY3_LIFE = timedelta(hours=8)
_AFTER_KEYS = {"SCH-1": "sore", "SCH-2": "day3"}
_ACTIVE = Stage.active  # looked at for every prompt, as what is asked of it is
_REMIND, _EXPIRE = AgendaKind.prompt_reminder, AgendaKind.prompt_expiry
_QUESTION = AgendaKind.routine_question
_WHICH = PromptKind.which


def texts_flow(state: PlanState) -> bool:
    """Whether routine texts go out at all."""
    return state.stage is _ACTIVE and state.takes_texts


def allowed(state: PlanState, due: datetime) -> datetime:
    """When a routine text may go that is due at this instant: not before texts flowed (again), never at night."""
    since = state.texts_since
    return out_of_quiet(state.protocol.hours, due if since is None or since < due else since)


@looks_at(
    "stage",
    "texts_on",
    "texts_agreed",
    "texts_since",
    "protocol",
    gists=(session_questions,),
)
def _after_sessions(state: PlanState, gists: Gists) -> Iterator[AgendaItem]:
    """What is asked after a visit that took place: soreness (SCH-1), and pain on the third day (SCH-2)."""
    if not texts_flow(state):
        return
    life = state.protocol.about_sessions.sore_until
    for session, sore_at, day3_at in gists[session_questions].attended[-ASKED_BACK:]:
        sore_due = allowed(state, max(sore_at, session.closed_at or sore_at))
        yield _after_item((session.no, "SCH-1", "CHK-SORE"), sore_due, session.starts_at, life)
        if day3_at is not None:
            day3_due = allowed(state, day3_at)
            yield _after_item((session.no, "SCH-2", "CHK-PAIN"), day3_due, day3_at, _DAY3_LIFE)


@lru_cache(maxsize=256)
def _after_item(asked: tuple[int, str, str], due: datetime, since: datetime, life: timedelta) -> AgendaItem:
    """The same question about the same visit is the same item."""
    number, rule, question = asked
    return AgendaItem.of(
        key=f"s{number}:{_AFTER_KEYS[rule]}",
        kind=_QUESTION,
        due=due,
        expires=since + life,
        rule=rule,
        owner=SYSTEM,
        session_no=number,
        subject=question,
    )


@looks_at("stage", "texts_on", "texts_agreed", "texts_since", "protocol", gists=(wishes, in_the_way))
def _routine(state: PlanState, gists: Gists) -> Asked:
    """The questions of the check-in schedule that belong to no session (SCH-3 … SCH-7)."""
    if not texts_flow(state):
        return ()
    protocol, since = state.protocol, state.texts_since
    asked = (protocol, gists[wishes], gists[in_the_way])
    turns = earliest_questions(*asked)
    if since is not None and turns and min(turns).at < since:
        turns = routine_questions(*asked)  # put off to one instant, they stand in order of their keys
    first = min(_questions(protocol, turns, since), default=None)
    return Unfolding(first, lambda: sorted(_questions(protocol, routine_questions(*asked), since))[1:])


def _questions(protocol: Protocol, turns: Iterable[Turn], since: datetime | None) -> list[Entry]:
    quiet = quiet_of(protocol.hours)
    return [_question(quiet, turn, since) for turn in turns]


@lru_cache(maxsize=256)
def _question(quiet: Quiet, turn: Turn, since: datetime | None) -> Entry:
    """The same turn is the same item: most steps of a plan move one question's turn or none."""
    (zone, quiet_start, quiet_end), (at, rule, question) = quiet, turn
    item = AgendaItem.of(
        key=f"q:{question}:{calendar_day(zone, at).isoformat()}",
        kind=_QUESTION,
        due=moved_out_of_quiet(zone, quiet_start, quiet_end, max(at, since or at)),
        expires=at + _ROUTINE_LIFE,
        rule=rule,
        owner=SYSTEM,
        subject=question,
    )
    return item.due, item.key, item


@looks_at_each("prompts", "stage", "texts_on", "texts_agreed", "texts_since", "protocol")
def _prompts(state: PlanState, prompt: Prompt) -> Iterator[AgendaItem]:
    """A routine question unanswered: remind once, then note the silence (missing-answer ladder, AL-12)."""
    if prompt.routine and not prompt.reasked and texts_flow(state):
        remind = allowed(state, prompt.asked_at + state.protocol.remind_after)
        if remind < prompt.expires_at:
            yield _prompt_item(prompt, _REMIND, "remind", remind, prompt.expires_at)
    if prompt.routine or prompt.kind is _WHICH:
        yield _prompt_item(prompt, _EXPIRE, "expire", prompt.expires_at, None)


def _prompt_item(
    prompt: Prompt, kind: AgendaKind, what: str, due: datetime, expires: datetime | None
) -> AgendaItem:
    return AgendaItem.of(
        key=f"p:{prompt.key}:{what}",
        kind=kind,
        due=due,
        expires=expires,
        rule="AL-12",
        owner=SYSTEM,
        session_no=prompt.session_no,
        subject=prompt.key,
    )


TEXT_SOURCES = (_after_sessions, _routine, _prompts)
