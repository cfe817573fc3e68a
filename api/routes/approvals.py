"""The therapist's inbox, and decisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import answer, told
from api.asked import DecisionAsked
from api.clinic import TheClinic
from api.commanding import Ask
from api.document_note import decision_words
from api.edits import new_regions, protocol_edit, surgical_techniques
from api.identity import Who, find_member
from api.plan_at_hand import ones_own_plan
from database import approvals as approval_records
from database.plan_zones import zones_of_plans
from schemas.commands import CommandReply, DecideApproval
from schemas.protocol import ApprovalKind

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])


@router.get("", summary="Decisions that wait")
async def get_approvals(
    clinic: TheClinic,
    who: Who,
    owner: Annotated[str | None, Query(description="Id or e-mail of the person who has to decide.")] = None,
    kind: ApprovalKind | None = None,
) -> Response:
    """The earliest deadline first, of the sites where the asker works; a process sees all."""
    member = await find_member(clinic, owner) if owner else None
    owner_id = member.id if member else owner
    found = await approval_records.open_approvals(
        clinic.engine, owner_id=owner_id, kind=kind, sites=who.sites
    )
    zones = await zones_of_plans(clinic.engine, (one.plan_id for one in found))
    return answer({"approvals": [told(one, zones[one.plan_id]) for one in found]})


@router.post("/{approval_id}/decision", summary="Approve, edit or reject", response_model=CommandReply)
async def post_decision(approval_id: str, asked: DecisionAsked, ask: Ask) -> Response:
    """A named physiotherapist decides; 409 says why a decision cannot be taken, a second one included.

    A clearance is approved by its document; 422 names what is not said about it.
    """
    clinic = ask.clinic
    approval = await approval_records.approval(clinic.engine, approval_id)
    at_hand = await ones_own_plan(clinic, ask.who, approval.plan_id)
    edit = await protocol_edit(clinic, at_hand.state.protocol, asked.edit, "edit") if asked.edit else None
    wanted = asked.edit.target_regions if asked.edit else None
    regions = await new_regions(clinic, at_hand, wanted, "edit.target_regions") if wanted else None
    words = decision_words(approval.kind, asked, at_hand.present(clinic))
    # Without a named person the plan refuses the decision itself; there is no author to keep words under.
    words = words if ask.who.member else None
    decision = DecideApproval(
        approval_id=approval_id,
        decision=asked.decision,
        reason_id=await ask.note(at_hand.id, "decision", words),
        step=asked.step,
        edit=edit,
        regions=regions,
        document_valid_until=asked.document_valid_until,
        texts_agreed=asked.texts_agreed,
        confirmed=asked.confirmed,
        surgical=await surgical_techniques(
            clinic, at_hand.state.protocol, asked.surgical_techniques, "surgical_techniques"
        ),
    )
    return await at_hand.told(ask, decision)
