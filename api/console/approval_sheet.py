"""A decision on one screen: the claim, its evidence, its consequence, and what the plan would say to a yes now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from api.console import words
from api.console.asked_ahead import supposed
from api.console.moments import SiteClock
from api.console.planned_words import Ahead, PlannedWords
from api.console.two_ways import TwoWays, two_ways
from api.rule_words import About
from care.booking import first_start
from care.deciding import decide
from care.guards import refuse
from care.preview import preview
from care.start_condition import to_confirm
from care.texts_agreed import reaches_client
from database.approvals import ApprovalView
from schemas.commands import Actor, DecideApproval, Decision, Refusal, Role
from schemas.plan import Approval, PlanState
from schemas.protocol import ApprovalKind
from schemas.taper import TaperVerdict

WEEKS: Final = 6
_VALID_FOR: Final = timedelta(days=90)
"""How long the preview takes a document to be valid; the therapist states the real date."""
_ONE_QUESTION: Final[Mapping[ApprovalKind, frozenset[ApprovalKind]]] = MappingProxyType(
    dict.fromkeys(
        (ApprovalKind.taper, ApprovalKind.discharge), frozenset({ApprovalKind.taper, ApprovalKind.discharge})
    )
)
"""Kinds that ask the same: how often visits are. As it is, none of them is answered."""


@dataclass(frozen=True)
class Consequence:
    """Six weeks as they are and after a yes, week by week. `refusal`: why there can be no yes yet."""

    rhythm_now: str
    rhythm_then: str | None
    weeks: tuple[TwoWays, ...]
    ahead: tuple[Ahead, ...]
    refusal: Refusal | None


def claim(approval: ApprovalView, state: PlanState, clock: SiteClock, about: About) -> str:
    """What is proposed, in one sentence; `about` has the words for what a hold is about."""
    return _CLAIMS[approval.kind](approval, state, clock, about)


def _start(approval: ApprovalView, state: PlanState, clock: SiteClock, _about: About) -> str:
    step = approval.proposal.step or state.protocol.start_step
    first = first_session(approval, state, clock.now)
    return f"Start: {words.rhythm(state.protocol, step)}, first session {clock.at(first)}"


def first_session(approval: ApprovalView, state: PlanState, now: datetime) -> datetime:
    """When the plan's first session would be after a yes now: as proposed, or later if that has come too near."""
    proposed = approval.proposal.first_session_at or state.protocol.first_session_at
    if approval.decided_at is not None:
        return proposed
    return first_start(state.protocol.but(first_session_at=proposed), now)


def _taper(approval: ApprovalView, state: PlanState, _clock: SiteClock, _about: About) -> str:
    proposal = approval.proposal
    way = "Step up" if proposal.verdict is TaperVerdict.PROPOSE_STEP_UP else "Step down"
    now = words.rhythm(state.protocol, state.progress.step)
    then = words.rhythm(state.protocol, proposal.step) if proposal.step else "–"
    return f"{way}: {now} → {then}"


def _clearance(approval: ApprovalView, state: PlanState, _clock: SiteClock, about: About) -> str:
    held = state.held(approval.proposal.hold_key)
    if held is None:
        return "Clear a hold from screening"
    document = words.plain(held.hold.document or "written note")
    topic = about(held.hold.rule) or held.hold.rule
    return f"{words.headline(topic)}: clear with a {document} from {words.plain(held.hold.owner)}"


_CLAIMS: Final[Mapping[ApprovalKind, Callable[[ApprovalView, PlanState, SiteClock, About], str]]] = (
    MappingProxyType(
        {
            ApprovalKind.start: _start,
            ApprovalKind.taper: _taper,
            ApprovalKind.clearance: _clearance,
            ApprovalKind.rescreen: lambda *_: "The screening questions are asked again",
            ApprovalKind.resume: lambda *_: "Resume: visits go on after the hold",
            ApprovalKind.discharge: lambda *_: "Discharge: care has reached its goal",
        }
    )
)


def consequence(
    state: PlanState, approval: Approval, actor: Actor, clock: SiteClock, told: PlannedWords
) -> Consequence:
    """The plan played forward as it is and from a yes, by the decision and agenda that a real yes leads to."""
    now = clock.now
    until = (now + _VALID_FOR).date() if approval.kind is ApprovalKind.clearance else None
    command = DecideApproval(
        approval_id=approval.id,
        decision=Decision.approve,
        document_valid_until=until,
        confirmed=to_confirm(state, approval),
    )
    therapist = Actor(id=state.protocol.therapist_id, roles=(Role.treating_physiotherapist,))
    envelope = supposed(therapist, command)
    refusal = refuse(state, envelope.but(actor=actor), now)
    lines: tuple[Ahead, ...] = ()
    if refuse(state, envelope, now) is None:
        yes = decide(state, envelope, now).finish()
        at_once = (told.ordered(order) for order in yes.texts if reaches_client(yes.state, order))
        lines = (*at_once, *(told.ahead(line) for line in preview(yes.state, now, WEEKS)))
    as_it_is = preview(
        state, now, WEEKS, undecided=_ONE_QUESTION.get(approval.kind, frozenset({approval.kind}))
    )
    return Consequence(
        rhythm_now=words.rhythm(state.protocol, state.progress.step),
        rhythm_then=_rhythm_then(state, approval),
        weeks=two_ways(tuple(told.ahead(line) for line in as_it_is), lines, now, clock),
        ahead=lines,
        refusal=refusal,
    )


def _rhythm_then(state: PlanState, approval: Approval) -> str | None:
    if approval.kind is ApprovalKind.discharge:
        return "no more visits"
    step = approval.proposal.step
    return words.rhythm(state.protocol, step) if step else None
