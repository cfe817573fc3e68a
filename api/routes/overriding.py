"""ALG-10: a physiotherapist sets aside what is theirs to judge; everything else stays."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import answer
from api.asked_overriding import OverrideAsked
from api.clinic import TheClinic
from api.commanding import Ask
from api.identity import Who
from api.plan_at_hand import ThePlan
from api.problems import FieldProblem, invalid
from care.overriding import liftable, overridable, rules_behind, techniques_without
from schemas.commands import Command, CommandReply, OverrideHold, OverrideRestriction
from schemas.plan import PlanState
from schemas.rules import RulePack

router = APIRouter(prefix="/api/v1/plans/{plan_id}/overrides", tags=["overriding"])


@router.get("", summary="What may be overridden, and what may not")
async def get_overrides(clinic: TheClinic, _who: Who, plan: ThePlan) -> Response:
    """Open holds and restrictions in force; `may` says whether ALG-10 leaves them to the physiotherapist."""
    pack = await clinic.pack_by_hash(plan.state.protocol.pack_hash)
    state = plan.state
    result = state.screening.result
    return answer(
        {
            "holds": [
                {"hold": held.key, "rule": held.hold.rule, "may": overridable(held.hold)}
                for held in state.screening.holds
                if held.discharged_at is None
            ],
            "restrictions": [
                {
                    "restriction": one,
                    "rules": rules_behind(pack, result, one),
                    "effect": pack.restrictions[one.code].effect if one.code in pack.restrictions else None,
                    "may": liftable(pack, result, one),
                }
                for one in state.protocol.restrictions
            ],
        },
        plan.zone,
    )


@router.post("", summary="Override a hold or a restriction", response_model=CommandReply)
async def post_override(asked: OverrideAsked, plan: ThePlan, ask: Ask) -> Response:
    """Treating or lead physiotherapist, with a reason as long as the plan's pack asks; 409 says why it stays."""
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    shortest = pack.disposition_algebra.override.reason_min_characters
    if len(asked.reason) < shortest:
        raise invalid([FieldProblem("reason", f"Write at least {shortest} characters.")])
    reason_id = await ask.note(plan.id, "override", asked.reason) or ""
    return await plan.told(ask, override(asked, plan.state, pack, reason_id))


def override(asked: OverrideAsked, state: PlanState, pack: RulePack, reason_id: str) -> Command:
    """The plan's command; what a lifted restriction frees comes from the plan's own pack."""
    if asked.restriction is None:
        return OverrideHold(hold_key=asked.hold or "", reason_id=reason_id)
    one = asked.restriction
    return OverrideRestriction(
        restriction=one,
        rules=rules_behind(pack, state.screening.result, one),
        techniques=techniques_without(pack, state.protocol, one),
        reason_id=reason_id,
    )
