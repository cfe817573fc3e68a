"""What the plan's workflow hands to its activities. Each is one model, so that fields can be added safely."""

from __future__ import annotations

from schemas.base import Frozen, Instant
from schemas.messages import TextOrder
from schemas.plan import AgendaItem
from schemas.taper import TaperInputs, TaperPolicy
from schemas.transition import Transition


class RecordOrder(Frozen):
    """Commit this transition; `next_item` is what the board shows as next for the plan afterwards."""

    transition: Transition
    next_item: AgendaItem | None = None


class SendOrder(Frozen):
    """Send this text once. `now` is the workflow's clock at the hand-over: plans run in virtual time."""

    order: TextOrder
    next_item: AgendaItem | None = None
    now: Instant


class TaperOrder(Frozen):
    """Ask the taper policy what it proposes."""

    policy: TaperPolicy
    inputs: TaperInputs
