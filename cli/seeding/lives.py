"""A simulated plan's life, remembered step by step so that it can be put on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from care.answers import reply_question
from care.driving import Recording, Sent
from care.finding import finding
from care.simulation.life import THERAPIST, Life
from care.simulation.person import Person
from care.simulation.world import World
from schemas.commands import CLIENT, Actor, Command, DischargePlan, ReceiveText, Refusal, Withdraw
from schemas.plan import Approval, PlanState
from schemas.protocol import ApprovalKind
from schemas.transition import Placement, ReplyFinding, SlotConflict, Transition


@dataclass(frozen=True)
class Words:
    """Something that staff wrote."""

    id: str
    author_id: str
    at: datetime


@dataclass(frozen=True)
class Reply:
    """A text that the client wrote."""

    id: str
    at: datetime
    body: str


@dataclass(frozen=True)
class Ending:
    """When care ends at the latest, and whether the therapist or the client ends it."""

    after: timedelta
    by_client: bool


class RememberedLife(Life):
    """A life among others that share its therapists: a slot that somebody has is not free."""

    def __init__(
        self,
        state: PlanState,
        now: datetime,
        person: Person,
        world: World,
        *,
        taken: list[Placement],
        ending: Ending | None,
        undecided_since: datetime,
    ) -> None:
        self.history: list[Recording | Sent | Words | Reply] = []
        self._taken = taken
        self._undecided_since = undecided_since
        self._written = 0
        super().__init__(state, now, person, world)
        if ending is not None:
            self._in(ending.after, lambda: self._end(ending.by_client))

    def recorded(self, step: Recording) -> None:
        """Remember it, and claim its slots."""
        self.history.append(step)
        self._taken.extend(step.transition.place)
        super().recorded(step)

    def texted(self, text: Sent) -> None:
        """Remember it."""
        self.history.append(text)
        super().texted(text)

    def refused(self, transition: Transition) -> tuple[SlotConflict, ...]:
        """The slots that somebody else has."""
        return tuple(
            SlotConflict(session_no=wanted.session_no, starts_at=wanted.starts_at, reason="therapist is busy")
            for wanted in transition.place
            if any(_clash(wanted, one) for one in self._taken)
        )

    def ask(self, command: Command, by: Actor, finding: ReplyFinding | None = None) -> Refusal | None:
        """Ask as the plan's own therapist, with words of their own where the command refers to some."""
        plan_id = self.state.plan_id
        who = by.but(id=self.state.protocol.therapist_id) if by is THERAPIST else by
        names = [name for name in ("reason_id", "note_id") if getattr(command, name, None)]
        self._written += 1
        written = {name: f"{plan_id}-{name}-{self._written}" for name in names}
        before = len(self.history)
        refusal = super().ask(command.but(**written), who, finding)
        if refusal is None:  # what is referred to is on record first
            self.history[before:before] = [Words(one, who.id, self.now) for one in written.values()]
        return refusal

    def _wait_for_decision(self, approval: Approval) -> None:
        """A change of step that was proposed lately still waits for its therapist."""
        if approval.kind is not ApprovalKind.taper or self.now < self._undecided_since:
            super()._wait_for_decision(approval)

    def _says(self, words: str) -> None:
        if self.state.closed or not self.person.texts:
            return
        inbound = f"{self.state.plan_id}-in-{self.commands}"
        self.history.append(Reply(inbound, self.now, words))
        asked = reply_question(self.state, inbound)
        read = finding(self.world.pack, words, asked, self.world.read)
        self.ask(ReceiveText(inbound_id=inbound), CLIENT, read)

    def _end(self, by_client: bool) -> None:
        if not self.state.closed:
            self.ask(Withdraw(), CLIENT) if by_client else self.ask(
                DischargePlan(reason_id="goal"), THERAPIST
            )


def _clash(wanted: Placement, taken: Placement) -> bool:
    shared = wanted.therapist_id == taken.therapist_id or wanted.room_id == taken.room_id
    return shared and wanted.starts_at < taken.ends_at and taken.starts_at < wanted.ends_at
