"""ALG-6: a held region is left out of the work for as long as it is held, and no longer."""

from __future__ import annotations

from care.body import reach_of, touching
from care.draft import Draft
from schemas.plan import PlanState
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.screening import EXCLUDE_REGION, Restriction, Scope


def leave_out_held_regions(draft: Draft) -> None:
    """What is left out follows the holds: in with a hold that opens, out with the document that ends the last one."""
    before = draft.protocol.restrictions
    now = _excluded(draft.state)
    left = tuple(one for one in before if not one.held or one in now)
    after = (*left, *(one for one in now if one not in left))
    if after != before:
        draft.set(protocol=draft.protocol.but(revision=draft.protocol.revision + 1, restrictions=after))


def _excluded(state: PlanState) -> tuple[Restriction, ...]:
    """Of every region that is held now, and of its parts."""
    return tuple(
        dict.fromkeys(
            Restriction(code=EXCLUDE_REGION, region=part, side=held.hold.side, held=True)
            for held in state.screening.holds
            if held.discharged_at is None and held.hold.scope is Scope.region and held.hold.region
            for part in (held.hold.region, *held.hold.parts)
        )
    )


def kept_out(pack: RulePack, protocol: Protocol) -> tuple[Restriction, ...]:
    """The parts of what a plan treats that are left out of the work: held, or left out by a rule.

    What lies in a larger region that is left out on the same side is not named again.
    """
    at_work = touching(pack, protocol.target_regions)
    left_out = [
        one for one in protocol.restrictions if one.code == EXCLUDE_REGION and one.region in {None, *at_work}
    ]
    told = {(part, one.side) for one in left_out if one.region for part in _smaller(pack, one.region)}
    return tuple(one for one in left_out if (one.region, one.side) not in told)


def _smaller(pack: RulePack, region: str) -> set[str]:
    return reach_of(pack, (region,)) - {region}
