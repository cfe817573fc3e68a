"""The taper policy's verdict, as a recorded result: a later change of the policy's code breaks no replay."""

from __future__ import annotations

from temporalio import activity

from care.taper import evaluate
from schemas import names
from schemas.orders import TaperOrder
from schemas.taper import TaperDecision


@activity.defn(name=names.EVALUATE_TAPER)
async def evaluate_taper(order: TaperOrder) -> TaperDecision:
    """What the policy proposes for this trend; a named physiotherapist decides about it."""
    return evaluate(order.policy, order.inputs)
