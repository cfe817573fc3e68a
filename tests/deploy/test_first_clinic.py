"""The example of a clinic's own data opens a clinic that can take its first intake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from database.calendar import propose_first
from database.sites import all_sites
from database.staff import all_staff, escalation_chain
from schemas.commands import CLINICIANS
from tests.conftest import NOW


async def _load(engine: AsyncEngine, root: Path) -> None:
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.exec_driver_sql((root / "deploy/clinic.example.sql").read_text())


async def test_the_example_clinic_can_propose_a_first_visit_and_escalate(
    engine: AsyncEngine, root: Path
) -> None:
    await _load(engine, root)

    (site,) = await all_sites(engine)
    people = {member.email: member for member in await all_staff(engine)}
    therapist = people["ravi@clinic.example"].id
    chain = await escalation_chain(engine, site.id, therapist)
    slot = await propose_first(engine, site.id, therapist, minutes=45, not_before=NOW + timedelta(days=1))

    assert set(people["jo@clinic.example"].actor.roles) >= CLINICIANS
    assert [link.staff_id for link in chain] == [
        people[f"{name}@clinic.example"].id for name in ("ravi", "jo", "kit")
    ]
    assert slot is not None


async def test_loading_it_again_changes_nothing(engine: AsyncEngine, root: Path) -> None:
    await _load(engine, root)
    before = (await all_sites(engine), await all_staff(engine))
    await _load(engine, root)
    assert (await all_sites(engine), await all_staff(engine)) == before
