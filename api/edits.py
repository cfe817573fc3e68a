"""A therapist's changes to a protocol, checked against the clinic: what they name must exist."""

from __future__ import annotations

from api.asked import EditAsked
from api.clinic import Clinic
from api.plan_at_hand import PlanAtHand
from api.problems import FieldProblem, invalid
from care.goals import goal, goal_faults
from care.local_time import local_day
from care.regions import judged_for
from care.start_condition import only_by_protocol
from care.technique_limits import techniques_under
from database.calendar import propose_first
from database.forms import latest_form
from database.sites import site
from database.staff import all_staff
from schemas.commands import NewRegions, ProtocolEdit, Role, SurgicalTechniques
from schemas.protocol import Protocol


async def protocol_edit(clinic: Clinic, protocol: Protocol, asked: EditAsked, field: str) -> ProtocolEdit:
    """The edit with ids for names; Problem 422 that names what does not exist at the plan's site.

    Another therapist brings their own room, unless the edit names one.
    """
    problems: list[FieldProblem] = []
    therapist_id = await _therapist(clinic, protocol.site_id, asked.therapist)
    if asked.therapist is not None and therapist_id is None:
        reason = "No physiotherapist at this plan's site has this id or e-mail."
        problems.append(FieldProblem(f"{field}.therapist", reason))
    rooms = {room.id: room.name for room in (await site(clinic.engine, protocol.site_id)).rooms}
    if asked.room_id is not None and asked.room_id not in rooms:
        listed = ", ".join(f"{name} ({room_id})" for room_id, name in rooms.items())
        problems.append(FieldProblem(f"{field}.room_id", f"No such room; the site has {listed}."))
    for technique in asked.techniques or ():
        if technique not in clinic.pack.techniques:
            reason = f"{technique[:40]!r} is not one of: {', '.join(clinic.pack.techniques)}."
            problems.append(FieldProblem(f"{field}.techniques", reason))
    surgical = asked.surgical_techniques
    if surgical is not None and (asked.techniques is not None or asked.target_regions is not None):
        reason = "Change this by itself; then the techniques or the parts of the body."
        problems.append(FieldProblem(f"{field}.surgical_techniques", reason))
    pack = await clinic.pack_by_hash(protocol.pack_hash) if asked.primary is not None else clinic.pack
    if asked.primary is not None:
        faults = goal_faults(pack, asked.primary)
        problems += [FieldProblem(f"{field}.primary.{part}", reason) for part, reason in faults]
    if problems:
        raise invalid(problems)
    edit = ProtocolEdit(
        therapist_id=therapist_id,
        primary=goal(pack, asked.primary) if asked.primary is not None else None,
        **asked.model_dump(exclude={"therapist", "target_regions", "primary"}),
    )
    read = await surgical_techniques(clinic, protocol, surgical, f"{field}.surgical_techniques")
    if read is not None:
        edit = edit.but(surgical_techniques=read.allowed, techniques=read.techniques)
    if therapist_id is None or therapist_id == protocol.therapist_id or asked.room_id is not None:
        return edit
    return edit.but(room_id=await _room_of(clinic, protocol, therapist_id))


async def new_regions(clinic: Clinic, plan: PlanAtHand, wanted: tuple[str, ...], field: str) -> NewRegions:
    """Other regions for a plan, as its own pack judges them; Problem 422 for one that the pack does not know."""
    pack = await clinic.pack_by_hash(plan.state.protocol.pack_hash)
    unknown = [one for one in wanted if one not in pack.enums.regions]
    if unknown:
        listed = ", ".join(pack.enums.regions)
        raise invalid([FieldProblem(field, f"{one[:40]!r} is not one of: {listed}.") for one in unknown])
    form = await latest_form(clinic.engine, plan.id)
    today = local_day(plan.state.protocol.hours, clinic.clock())
    return judged_for(pack, plan.state, form["screening"], tuple(dict.fromkeys(wanted)), today)


async def surgical_techniques(
    clinic: Clinic, protocol: Protocol, read: tuple[str, ...] | None, field: str
) -> SurgicalTechniques | None:
    """What a surgical protocol allows, and the plan's techniques with it; None where nothing is said of it.

    Problem 422 for a technique that no protocol can allow this client.
    """
    if read is None:
        return None
    pack = await clinic.pack_by_hash(protocol.pack_hash)
    possible = only_by_protocol(pack, protocol.profile, protocol.condition)
    if beyond := [one for one in read if one not in possible]:
        listed = ", ".join(possible) or "none for this client"
        reason = f"not a technique that a protocol can allow; there is {listed}."
        raise invalid(FieldProblem(field, f"{one[:40]!r} is {reason}") for one in beyond)
    allowed = tuple(one for one in possible if one in read)
    techniques = techniques_under(
        pack, protocol, protocol.restrictions, protocol.target_regions, surgical=allowed
    )
    return SurgicalTechniques(allowed=allowed, techniques=techniques)


async def _room_of(clinic: Clinic, protocol: Protocol, therapist_id: str) -> str | None:
    """Where the therapist works next; None, which changes nothing, if they have no free time at all."""
    slot = await propose_first(
        clinic.engine,
        protocol.site_id,
        therapist_id,
        minutes=protocol.session_minutes,
        not_before=clinic.clock(),
    )
    return slot.room_id if slot else None


async def _therapist(clinic: Clinic, site_id: str, who: str | None) -> str | None:
    if who is None:
        return None
    wanted = who.strip().lower()
    there = await all_staff(clinic.engine, site_id=site_id, role=Role.treating_physiotherapist)
    return next((one.id for one in there if wanted in (one.id, one.email.lower())), None)
