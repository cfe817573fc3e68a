"""Playing a plan: time moves to whatever comes next, then people do what their script says."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from care.agenda import agenda
from care.goal_scores import TAKEN_AS
from care.goals import FIRST_GOAL
from care.local_time import after_staffed, is_quiet, out_of_quiet
from cli.playing.clinic import PlayedClinic
from cli.playing.people import Phone, PhoneText, RequestRefused
from cli.playing.script import AlertWork, Feeling, Script, answer_to, asks_about_flares
from cli.playing.staff_work import StaffWork
from cli.playing.story import Line, Story
from cli.playing.watch import NotSettled
from schemas.plan import PlanState, Session, SessionStatus, Stage

Act = Callable[[], Awaitable[None]]

_ANSWERS_AFTER = timedelta(minutes=20)
_LONGEST = timedelta(days=730)
_INTO_THE_MORNING = timedelta(minutes=1)
_STILL_ASKED = timedelta(hours=48)
_SILENT_FROM = 3
_ACTIVITY = (4.0, 8.0)
"""What the client can do of the form's activity, 0-10, first and last, where the goal is in another measure."""
_NOTHING_NEW = {"DAY-01": False, "DAY-02": False, "DAY-03": False, "DAY-05": True}
"""What the client says before each session; the pain of DAY-04 is the outcome's own."""
_LOST = frozenset({"undelivered", "failed"})


class Play:
    """One plan from its intake to its end, or to where it waits for somebody outside the clinic."""

    def __init__(self, clinic: PlayedClinic, phone: Phone, script: Script, story: Story) -> None:
        self.plan_id = clinic.watch.plan_id
        self.story = story
        self._staff = clinic.staff
        self._watch = clinic.watch
        self._clock = clinic.clock
        self._phone = phone
        self._script = script
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = itertools.count()
        self._seen: set[str] = set()
        self._visits = 0
        self._flare_from: datetime | None = None
        self._stage: Stage | None = None
        self._step: str | None = None
        self._work = StaffWork(clinic, script, story, self._plan_act)

    async def run(self) -> PlanState:
        """Play until care has ended, or nothing more happens without a letter from outside."""
        begun = await self._clock.now()
        while (moment := await self.next_moment()) is not None and moment - begun <= _LONGEST:
            await self.live_to(moment)
        return await self._watch.state()

    async def join(self) -> None:
        """Come to a plan that has lived already: only a fresh last question is still to be answered.

        Who has left every one of several texts unanswered goes on so.
        """
        await self._watch.catch_up()
        texts = await self._phone.texts()
        silent = len(texts) >= _SILENT_FROM and not any(text.mine for text in texts)
        fresh = texts[-1:] if texts and await self._clock.now() - texts[-1].at < _STILL_ASKED else []
        self._seen |= {text.sid for text in texts if silent or text not in fresh}

    async def next_moment(self) -> datetime | None:
        """When something happens next, once all that is due is done and seen; None if nothing ever does.

        Raises NotSettled if something is due and does not happen.
        """
        state, now = await self._settled()
        await self._notice(state, now)
        if await self._watch.over():
            return None
        moment = self._next_moment(state, now)
        if moment is not None and moment <= now and not self._acts:
            raise NotSettled(f"plan {self.plan_id}: {agenda(state)[0].key} is due and does not happen")
        return moment

    async def live_to(self, moment: datetime) -> None:
        """Let time pass until `moment`, and people do what they do by then."""
        await self._clock.advance_to(moment)
        await self._act_until(moment)

    def _plan_act(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (at, next(self._order), act))

    def _next_moment(self, state: PlanState, now: datetime) -> datetime | None:
        """When something happens next; None when only somebody outside could make it happen."""
        moments = [self._acts[0][0]] if self._acts else []
        waiting = self._work.waits_outside(state) and not self._script.goes_on_waiting
        if not waiting:
            moments += [item.due for item in agenda(state)[:1]]
        if not moments and is_quiet(state.protocol.hours, now):
            # A text may still wait for the morning; past its first second, so that it has been let go.
            return out_of_quiet(state.protocol.hours, now) + _INTO_THE_MORNING
        return max(min(moments), now) if moments else None

    async def _act_until(self, moment: datetime) -> None:
        while self._acts and self._acts[0][0] <= moment:
            _, _, act = heapq.heappop(self._acts)
            await self._settled()
            await act()

    async def _settled(self) -> tuple[PlanState, datetime]:
        """The plan and its present, once it has done what is due and every text has gone."""
        await self._watch.settled()
        return await self._watch.state(), await self._clock.now()

    # -- noticing what is new ---------------------------------------------------------------------------

    async def _notice(self, state: PlanState, now: datetime) -> None:
        self._notice_stage(state, now)
        await self._notice_texts(state, now)
        self._work.notice(state, now)
        for session in state.sessions:
            if session.status is SessionStatus.booked:
                self._expect_visit(session)

    def _notice_stage(self, state: PlanState, now: datetime) -> None:
        if state.stage is not self._stage:
            self._stage = state.stage
            self.story.tell(now, Line.plan, f"The plan is {state.stage.replace('_', ' ')}.")
        if state.stage is Stage.active and state.progress.step != self._step:
            label = state.protocol.taper.rung(state.progress.step).label
            self._step = state.progress.step
            self.story.tell(now, Line.plan, f"Visits {label} ({state.progress.step}).")

    async def _notice_texts(self, state: PlanState, now: datetime) -> None:
        for text in await self._phone.texts():
            if text.sid in self._seen:
                continue
            self._seen.add(text.sid)
            line = Line.from_client if text.mine else Line.to_client
            self.story.tell(now, line, text.body)
            if not text.mine:
                self._think_of_answer(text, state, now)

    def _think_of_answer(self, text: PhoneText, state: PlanState, now: datetime) -> None:
        body = answer_to(text.body, self._feeling(state, now))
        if asks_about_flares(text.body) and self._flare_from is not None and now >= self._flare_from:
            self._flare_from = None  # told once
        if body is not None and self._script.answers:
            self._plan_act(now + _ANSWERS_AFTER, lambda: self._answer(text.sid, body))

    async def _answer(self, question: str, body: str) -> None:
        """Answer, unless the text never arrived or somebody has written meanwhile."""
        texts = await self._phone.texts()
        asked = next(place for place, text in enumerate(texts) if text.sid == question)
        if texts[asked].status not in _LOST and not any(text.mine for text in texts[asked:]):
            await self._write(body)

    async def _write(self, body: str) -> None:
        await self._phone.write(body)
        self._watch.texts_written += 1

    def _feeling(self, state: PlanState, now: datetime) -> Feeling:
        started = state.progress.started_at or now
        primary = state.protocol.primary
        begun, hoped = (primary.baseline, primary.target) if primary.code == FIRST_GOAL else _ACTIVITY
        share = min(1.0, max(0.0, (now - started) / timedelta(weeks=self._script.weeks_to_goal)))
        in_flare = self._flare_from is not None and now >= self._flare_from
        baseline = state.protocol.pain_baseline
        worse = self._script.flare_pain if in_flare else None
        return Feeling(
            share=share,
            pain=worse or max(1, round(baseline - (baseline - 1) * min(1.0, 3 * share))),
            goal=round(begun + (hoped - begun) * share),
            flare_days=self._script.flare_days if in_flare else 0,
        )

    # -- visits -------------------------------------------------------------------------------------------

    def _expect_visit(self, session: Session) -> None:
        key = f"visit {session.no} {session.revision}"
        if key not in self._seen:
            self._seen.add(key)
            ends = session.starts_at + timedelta(minutes=session.minutes)
            self._plan_act(ends, lambda: self._visit(session))

    async def _visit(self, expected: Session) -> None:
        """The visit took place, unless it was moved, held or cancelled meanwhile."""
        state = await self._watch.state()
        session = state.session(expected.no)
        if (
            session is None
            or session.status is not SessionStatus.booked
            or session != expected.but(confirmed=session.confirmed)
        ):
            self._seen.discard(f"visit {expected.no} {expected.revision}")
            return
        self._visits += 1
        now = await self._clock.now()
        body = self._outcome(state, now)
        try:
            await self._staff.record(state.protocol.therapist_id, self.plan_id, session, body)
        except RequestRefused as refused:
            if self._script.alerts is AlertWork.settled:
                raise
            # An alert that staff let stand keeps the visit from being written up.
            self.story.tell(now, Line.staff, f"Visit {self._visits} could not be recorded: {refused}")
            return
        told = ", ".join(f"{name} {body[name]}" for name in ("pain", "primary") if name in body)
        words = body["outcome"].replace("_", " ")
        self.story.tell(now, Line.plan, f"Visit {self._visits}: {words}{f' ({told})' if told else ''}.")
        self._after_visit(session, state)

    def _outcome(self, state: PlanState, now: datetime) -> dict[str, Any]:
        outcome = self._script.missed.get(self._visits, "attended")
        if outcome != "attended":
            return {"outcome": outcome}
        feeling, primary = self._feeling(state, now), state.protocol.primary
        value = primary.baseline + (primary.target - primary.baseline) * feeling.share
        measured = {} if primary.code in TAKEN_AS else {"primary": round(value, 1)}
        techniques = [name for name in self._script.techniques if name in state.protocol.techniques]
        return {
            "outcome": outcome,
            "pain": feeling.pain,
            "stiffness": max(1, feeling.pain - 1),
            **measured,
            "techniques": techniques,
            "day_check": _NOTHING_NEW,
            "note": "Tolerated well. Home plan shown again.",
        }

    def _after_visit(self, session: Session, state: PlanState) -> None:
        flag = self._script.red_flag
        if flag is not None and flag.after_session == self._visits:
            at = session.starts_at + timedelta(hours=flag.hours_later)
            self._plan_act(at, lambda: self._write(flag.words))
        if self._script.flare_after_session == self._visits:
            self._flare_from = after_staffed(state.protocol.hours, session.starts_at, 60)
