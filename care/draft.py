"""A step of a plan while it is being written: the new state and everything that goes with it.

Functions of `care` take a draft and add to it; `finish` seals it as a `Transition`. Nothing outside the
draft changes until the database has recorded it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from care.alerts import deadlines, freezes, open_alert_like, page_again, raised_to, same_day_or_next
from care.done_keys import keys_done
from care.draft_texts import TextingDraft
from care.local_time import after_staffed
from schemas.alerts import Alert, AlertReason
from schemas.commands import SERVICE, Actor
from schemas.events import EventKind
from schemas.messages import Audience, TextPurpose
from schemas.plan import AHEAD, Approval, PlanState, Proposal, Session, with_turn
from schemas.prompts import Prompt
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.transition import ClosedAlert, ClosedApproval, Placement, Transition

_SESSIONS_KEPT = 16
_COMMANDS_KEPT = 64
_SETTLED_KEPT = 12
_PUT_OFF_KEPT = 20
_number = attrgetter("no")


class Draft(TextingDraft):
    """One transition being written. Not shared, not stored; `state` is the state so far."""

    def __init__(
        self,
        state: PlanState,
        now: datetime,
        cause: str,
        actor: Actor = SERVICE,
        command_id: str | None = None,
    ) -> None:
        """`command_id` is the command carried out; the state will know it again (Temporal forgets its id)."""
        super().__init__(state, now, cause, actor)
        if command_id is not None:
            # Not unpacked: every id would be copied twice more.
            known = state.recent_commands[1 - _COMMANDS_KEPT :] + (command_id,)  # noqa: RUF005
            self._sealing["recent_commands"] = known
        self._sessions_before = state.sessions
        self.evaluate_taper = False
        self._place: dict[int, Placement] = {}
        self._release: tuple[int, ...] = ()
        self._closed_alerts: tuple[ClosedAlert, ...] = ()
        self._closed_approvals: tuple[ClosedApproval, ...] = ()
        self._texts_allowed: bool | None = None
        self._answers_inbound: str | None = None

    # -- sessions ---------------------------------------------------------------------------------

    def put_session(self, session: Session) -> None:
        """Add a session, or replace the one with its number; they stand in the order of their numbers."""
        sessions = self.state.sessions
        place = bisect_left(sessions, session.no, key=_number)
        later = bisect_right(sessions, session.no, lo=place, key=_number)
        self.set(sessions=(*sessions[:place], session, *sessions[later:]))

    def claim_slot(self, session: Session) -> None:
        """Ask the calendar for the session's slot; the database refuses an overlap."""
        self._place[session.no] = Placement.of(
            session_no=session.no,
            starts_at=session.starts_at,
            ends_at=session.starts_at + timedelta(minutes=session.minutes),
            therapist_id=self.protocol.therapist_id,
            room_id=self.protocol.room_id,
        )

    def release_slot(self, session_no: int) -> None:
        """Give the slot back, and take back what was to be texted about it."""
        self._place.pop(session_no, None)
        self._release = (*self._release, session_no)
        self.take_back_texts_of(session_no)

    # -- people -----------------------------------------------------------------------------------

    def raise_alert(
        self,
        reason: AlertReason,
        urgency: Urgency,
        rule: str,
        *,
        session_no: int | None = None,
        subject: str | None = None,
        screening_items: tuple[str, ...] = (),
        not_asked: tuple[str, ...] = (),
    ) -> Alert | None:
        """Ask for a person, once for the same matter while the first alert about it is open.

        A more urgent one raises the open alert. None: a person has been asked already.
        """
        acknowledge_by, latest = deadlines(self.protocol, urgency, self.now)
        same_day = same_day_or_next(self.protocol, rule, self.now)
        alert = Alert.of(
            id=f"{self.state.plan_id}-{self.state.serial + 1}",
            urgency=urgency,
            reason=reason,
            rule=rule,
            opened_at=self.now,
            acknowledge_by=acknowledge_by,
            page_again_at=page_again(self.protocol, urgency, self.now, acknowledge_by),
            contact_by=latest if same_day is None else min(latest, same_day),
            session_no=session_no,
            subject=subject,
            screening_items=screening_items,
            not_asked=not_asked,
        )
        same = open_alert_like(self.state, alert)
        if same is None:
            self.set(serial=self.state.serial + 1, alerts=(*self.state.alerts, alert))
        elif same.urgency.rank <= urgency.rank:
            return None
        else:
            alert = raised_to(same, alert)
            self.set(alerts=(*(a for a in self.state.alerts if a is not same), alert))
        self.event(
            EventKind.alert_raised,
            rule,
            alert=alert.id,
            urgency=urgency,
            reason=reason,
            session=session_no,
            rules=_mid_plan(alert),
        )
        if self.protocol.alert_terms[urgency].pages:
            self.page_staff(alert)
        return alert

    def page_staff(self, alert: Alert) -> None:
        """Text the person who owns the alert now; the text names the plan, never the client."""
        chain = self.protocol.chain
        owner = chain[min(alert.chain_position, len(chain) - 1)].staff_id
        self.text(
            f"{alert.id}:page:{alert.urgency}:{alert.escalations}",
            template="staff_page",
            purpose=TextPurpose.page,
            rule=alert.rule,
            audience=Audience.staff,
            recipient_id=owner,
        )

    def close_alert(self, alert: Alert, outcome: str, note_id: str | None = None) -> None:
        """An alert ends with an outcome."""
        self.set(alerts=tuple(a for a in self.state.alerts if a.id != alert.id))
        closed = ClosedAlert.of(alert_id=alert.id, outcome=outcome, closed_by=self.actor.id, note_id=note_id)
        self._closed_alerts = (*self._closed_alerts, closed)
        self.event(EventKind.alert_closed, alert.rule, alert=alert.id, outcome=outcome, reason=alert.reason)

    def close_alerts(self, reason: AlertReason, outcome: str, session_no: int | None = None) -> None:
        """Close every open alert of a reason whose cause has gone."""
        for alert in self.state.alerts:
            if alert.reason is reason and session_no in (None, alert.session_no):
                self.close_alert(alert, outcome)

    def open_approval(self, kind: ApprovalKind, rule: str, proposal: Proposal) -> Approval:
        """Put a decision before the treating therapist, with a deadline in staffed time."""
        minutes = self.protocol.approval_minutes[kind]
        hours = self.protocol.hours
        approval = Approval.of(
            id=self.new_serial(),
            kind=kind,
            opened_at=self.now,
            remind_at=after_staffed(hours, self.now, minutes // 2),
            due_at=after_staffed(hours, self.now, minutes),
            proposal=proposal,
        )
        self.set(approvals=(*self.state.approvals, approval))
        self.event(
            EventKind.approval_opened, rule, approval=approval.id, decision_on=kind, reasons=proposal.reasons
        )
        return approval

    def close_approval(self, approval: Approval, decision: str, reason_id: str | None = None) -> None:
        """A decision was taken, or its question has lapsed."""
        self.set(approvals=tuple(a for a in self.state.approvals if a.id != approval.id))
        closed = ClosedApproval.of(
            approval_id=approval.id, decision=decision, decided_by=self.actor.id, reason_id=reason_id
        )
        self._closed_approvals = (*self._closed_approvals, closed)
        kind = EventKind.approval_lapsed if decision == "lapsed" else EventKind.approval_decided
        self.event(
            kind,
            None,
            approval=approval.id,
            decision_on=approval.kind,
            decision=decision,
            reason_id=reason_id,
        )

    def lapse_approvals(self, *kinds: ApprovalKind) -> None:
        """Close open approvals whose question no longer stands."""
        for approval in self.state.approvals:
            if not kinds or approval.kind in kinds:
                self.close_approval(approval, "lapsed")

    # -- the client ---------------------------------------------------------------------------------

    def allow_texts(self, allowed: bool) -> None:
        """The client opted out of texts, or back in; applies to the person, not just this plan."""
        self._texts_allowed = allowed
        self.set(texts_on=allowed, texts_since=self.now)

    def add_prompt(self, prompt: Prompt) -> None:
        """A text now waits for an answer."""
        self.set(prompts=(*[p for p in self.state.prompts if p.key != prompt.key], prompt))

    def heard(self, answered: Prompt | None = None, **measures: Any) -> None:
        """The client was heard from, which ends a silence: by the answer to a prompt, if it was one.

        `measures` is what else of the plan's progress it changes.
        """
        progress = self.state.progress.but(silent_run=0, last_contact_at=self.now, **measures)
        if answered is None:
            self.set(progress=progress)
        else:
            left = tuple([p for p in self.state.prompts if p.key != answered.key])
            self.set(progress=progress, prompts=left)

    def drop_prompt(self, key: str) -> None:
        """A prompt is answered, expired or pointless."""
        left = tuple([p for p in self.state.prompts if p.key != key])
        if len(left) < len(self.state.prompts):
            self.set(prompts=left)

    def drop_session_prompts(self, session_no: int) -> None:
        """A session is over or moved: nothing waits for an answer about it."""
        prompts = self.state.prompts
        left = tuple([p for p in prompts if p.session_no != session_no or p.question == "CHK-SORE"])
        if len(left) < len(prompts):
            self.set(prompts=left)

    def answers(self, inbound_id: str) -> None:
        """This transition is what an inbound text led to."""
        self._answers_inbound = inbound_id

    def put_off(self, key: str, until: datetime) -> None:
        """A question whose turn passed unused gets another."""
        others = [(k, at) for k, at in self.state.put_off if k != key]
        self.set(put_off=(*others, (key, until))[-_PUT_OFF_KEPT:])

    def settle(self, what: str) -> None:
        """A verdict or a rule that a person has just looked at: it is not put to them again for a while."""
        self.set(settled=(*self.state.settled, (what, self.now))[-_SETTLED_KEPT:])

    def mark_done(self, key: str) -> None:
        """An agenda key has had its turn and does not come back."""
        done = self.state.done
        if key not in keys_done(done):
            self.set(done=with_turn(done, key))

    def finish(self) -> Transition:
        """Seal the draft under the next sequence number. The draft itself may still be changed and sealed again."""
        sessions = self._kept(self.state.sessions)
        if self.state.seq == self.follows or sessions is not self.state.sessions:
            self.set(sessions=sessions)
        return Transition.of(
            cause=self.cause,
            state=self.state,
            events=self._events,
            place=tuple(self._place.values()),
            release=self._release,
            texts=self._texts,
            withdraw_texts=self._withdraw,
            closed_alerts=self._closed_alerts,
            closed_approvals=self._closed_approvals,
            texts_allowed=self._texts_allowed,
            answers_inbound=self._answers_inbound,
        )

    def _kept(self, sessions: tuple[Session, ...]) -> tuple[Session, ...]:
        """The latest sessions, and every earlier one that waits for its time or its outcome, or got it just now."""
        if len(sessions) <= _SESSIONS_KEPT:
            return sessions
        older, latest = sessions[:-_SESSIONS_KEPT], sessions[-_SESSIONS_KEPT:]
        open_before = {s.no for s in self._sessions_before if s.status in AHEAD}
        still_open = [s for s in older if s.status in AHEAD or s.no in open_before]
        return (*still_open, *latest) if len(still_open) < len(older) else sessions


def _mid_plan(alert: Alert) -> tuple[str, ...]:
    """What an alert of E2 does to a running plan: no session before it closes, nor before its questions are asked."""
    if alert.urgency is not Urgency.E2 or not freezes(alert):
        return ()
    return ("MID-2", "MID-4") if alert.screening_items else ("MID-2",)
