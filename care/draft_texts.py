"""The beginning of a draft: its state, its story, and the texts it orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import Actor
from schemas.events import EventKind, Fact, PlanEvent
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import PlanState, Session, Stage
from schemas.protocol import Protocol

_TEXT_LIFE = timedelta(hours=24)
_ORDERED, _CLIENT = EventKind.text_ordered, Audience.client


class TextingDraft:
    """What every draft can do: change the state, tell the story, order texts and take them back.

    `follows` is the number of the step before this one.
    """

    def __init__(self, state: PlanState, now: datetime, cause: str, actor: Actor) -> None:
        self.state = state
        self.follows = state.seq
        self.now = now
        self.cause = cause
        self.actor = actor
        self._sealing: dict[str, Any] = {"seq": state.seq + 1}
        self._events: tuple[PlanEvent, ...] = ()
        self._texts: tuple[TextOrder, ...] = ()
        self._withdraw: int | None = None

    @property
    def protocol(self) -> Protocol:
        """The plan's resolved protocol."""
        return self.state.protocol

    def set(self, /, **changes: Any) -> None:
        """Replace fields of the state. It bears this step's number from then on: sealing needs no copy of its own."""
        changes |= self._sealing
        self.state = self.state.with_these(changes)

    def progress(self, /, **changes: Any) -> None:
        """Replace fields of the plan's progress."""
        self.set(progress=self.state.progress.with_these(changes))

    def event(self, kind: EventKind, rule: str | None = None, /, **facts: Fact) -> None:
        """Tell the story; facts are codes, ids and numbers only."""
        event = PlanEvent.of(kind=kind, at=self.now, rule=rule, actor=self.actor.id, facts=facts)
        self._events += (event,)

    def stage(self, stage: Stage, rule: str | None = None) -> None:
        """Move the plan to another stage."""
        if self.state.stage is stage:
            return
        self.event(EventKind.stage_changed, rule, was=self.state.stage, now=stage)
        self.set(stage=stage)
        if stage is Stage.active:
            self.set(texts_since=self.now)

    def new_serial(self) -> str:
        """A fresh id inside this plan, the same again when a workflow task is replayed."""
        serial = self.state.serial + 1
        self.set(serial=serial)
        return f"{self.state.plan_id}-{serial}"

    # -- texts ------------------------------------------------------------------------------------

    def text(
        self,
        key: str,
        *,
        template: str,
        purpose: TextPurpose,
        rule: str,
        audience: Audience = Audience.client,
        recipient_id: str | None = None,
        session: Session | None = None,
        starts_at: tuple[datetime, ...] = (),
        life: timedelta = _TEXT_LIFE,
    ) -> None:
        """Order a text; it enters the outbox with this transition and is sent once."""
        order = TextOrder.of(
            key=key if key.startswith(self.state.plan_id) else f"{self.state.plan_id}:{key}",
            plan_id=self.state.plan_id,
            audience=audience,
            recipient_id=recipient_id or self.state.client_id,
            purpose=purpose,
            template=template,
            rule=rule,
            ordered_at=self.now,
            expires_at=self.now + life,
            session_no=session.no if session else None,
            session_revision=session.revision if session else None,
            starts_at=starts_at or ((session.starts_at,) if session else ()),
            therapist_id=self.protocol.therapist_id,
            by=self._taken_back_by(audience, purpose),
        )
        self._texts += (order,)
        self.event(_ORDERED, rule, key=order.key, template=template, purpose=purpose)

    def _taken_back_by(self, audience: Audience, purpose: TextPurpose) -> str | None:
        """Who may take the text back: a person at a screen, and never what is about safety."""
        staff = bool(self.actor.roles) and audience is _CLIENT
        return self.actor.id if staff and purpose is not TextPurpose.safety else None

    @property
    def tells_client(self) -> bool:
        """Whether this step already sends the client something: one text gets one automatic answer (F30)."""
        return any(order.audience is _CLIENT for order in self._texts)

    def untell(self, session: Session) -> None:
        """The calendar refused this session's time: nothing written in this step may promise it to the client."""
        kept: list[TextOrder] = []
        for order in self._texts:
            others = tuple(at for at in order.starts_at if at != session.starts_at)
            if not _promises(order, session):
                kept.append(order)
            elif order.session_no is None and others:
                kept.append(order.but(starts_at=others))
            else:
                self.event(EventKind.text_withdrawn, order.rule, key=order.key)
        self._texts = tuple(kept)

    def take_back_texts_of(self, session_no: int) -> None:
        """Take back what was to be texted about a session; about several: every routine text of the plan."""
        self._withdraw = session_no if self._withdraw in (None, session_no) else 0

    def withdraw_texts(self) -> None:
        """Take back every routine text of the plan that has not gone yet (F04, F14)."""
        self._withdraw = 0


def _promises(order: TextOrder, session: Session) -> bool:
    about = order.session_no == session.no
    return order.audience is _CLIENT and (about or session.starts_at in order.starts_at)
