"""A therapist's changes to a protocol, checked against the clinic: people, rooms and techniques must exist."""

from __future__ import annotations

from api.asked import EditAsked
from api.clinic import Clinic
from api.problems import FieldProblem, invalid
from database.sites import site
from database.staff import all_staff
from schemas.commands import ProtocolEdit, Role
from schemas.protocol import Protocol


async def protocol_edit(clinic: Clinic, protocol: Protocol, asked: EditAsked, field: str) -> ProtocolEdit:
    """The edit with the therapist's id; Problem 422 that names what does not exist at the plan's site."""
    problems: list[FieldProblem] = []
    therapist_id = await _therapist(clinic, protocol.site_id, asked.therapist)
    if asked.therapist is not None and therapist_id is None:
        reason = "No physiotherapist at this plan's site has this id or e-mail."
        problems.append(FieldProblem(f"{field}.therapist", reason))
    if asked.room_id is not None:
        rooms = {room.id: room.name for room in (await site(clinic.engine, protocol.site_id)).rooms}
        if asked.room_id not in rooms:
            reason = (
                f"No such room; the site has {', '.join(f'{name} ({id_})' for id_, name in rooms.items())}."
            )
            problems.append(FieldProblem(f"{field}.room_id", reason))
    for technique in asked.techniques or ():
        if technique not in clinic.pack.techniques:
            reason = f"{technique[:40]!r} is not one of: {', '.join(clinic.pack.techniques)}."
            problems.append(FieldProblem(f"{field}.techniques", reason))
    if problems:
        raise invalid(problems)
    return ProtocolEdit(therapist_id=therapist_id, **asked.model_dump(exclude={"therapist"}))


async def _therapist(clinic: Clinic, site_id: str, who: str | None) -> str | None:
    if who is None:
        return None
    wanted = who.strip().lower()
    there = await all_staff(clinic.engine, site_id=site_id, role=Role.treating_physiotherapist)
    return next((one.id for one in there if wanted in (one.id, one.email.lower())), None)
