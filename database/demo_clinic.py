"""A believable clinic to try the service with. All people and numbers are invented.

Telephone numbers come from Ofcom's range for drama (07700 900000 to 900999), which reaches nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.sites import Room, Site
from database.tables import availability, rooms, sites, staff, staff_roles
from schemas.commands import Role
from schemas.protocol import OpeningSpan, SiteHours

LOGINS_FILE: Final = "demo-logins.json"
ZONE: Final = "Europe/London"


def _id(what: str) -> str:
    """The same id in every demo clinic, so that examples can name it."""
    return str(uuid5(NAMESPACE_URL, f"limber demo {what}"))


SITE_ID: Final = _id("site")
ROOM_IDS: Final = tuple(_id(f"room {number}") for number in range(1, 6))
_ROOM_NAMES: Final = ("Room 1", "Room 2", "Room 3", "Room 4", "Stretch studio")

HOURS: Final = SiteHours(
    zone=ZONE,
    spans=(
        *(OpeningSpan(weekday=day, opens=time(8), closes=time(19)) for day in range(5)),
        OpeningSpan(weekday=5, opens=time(9), closes=time(13)),
    ),
    closed_on=(
        date(2026, 12, 25),
        date(2026, 12, 28),
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 3, 29),
    ),
)

SITE: Final = Site(
    id=SITE_ID,
    clinic_name="Riverside Physio",
    name="Riverside",
    phone="020 7946 0018",
    zone=ZONE,
    hours=HOURS,
    rooms=tuple(map(Room, ROOM_IDS, _ROOM_NAMES)),
)

_MORNING = (time(8), time(12, 30))
_AFTERNOON = (time(13, 15), time(17, 15))
_EVENING = (time(15), time(19))
_SATURDAY = (time(9), time(13))


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the demo clinic's staff; `room` counts from 1; `week` maps a weekday to shifts."""

    number: int
    name: str
    initials: str
    roles: tuple[Role, ...]
    hcpc_number: str | None = None
    room: int | None = None
    week: tuple[tuple[int, tuple[time, time]], ...] = ()

    @property
    def id(self) -> str:
        """Their id in every demo clinic."""
        return _id(f"staff {self.number}")

    @property
    def email(self) -> str:
        """An address under a domain that RFC 2606 keeps for examples."""
        return f"{self.name.lower().replace(' ', '.')}@riverside.example"

    @property
    def mobile(self) -> str:
        """In E.164, from the range for drama."""
        return f"+447700900{100 + self.number}"


def _days(
    days: range | tuple[int, ...], *shifts: tuple[time, time]
) -> tuple[tuple[int, tuple[time, time]], ...]:
    return tuple((day, shift) for day in days for shift in shifts)


LEAD: Final = Person(
    1,
    "Amara Okafor",
    "AO",
    (Role.lead_physiotherapist, Role.treating_physiotherapist),
    "PH104512",
    1,
    _days(range(4), _MORNING, _AFTERNOON),
)
DUTY: Final = Person(
    2,
    "Tom Hughes",
    "TH",
    (Role.duty_physiotherapist, Role.treating_physiotherapist),
    "PH098377",
    2,
    _days(range(5), _MORNING, _AFTERNOON),
)
THERAPIST: Final = Person(
    3,
    "Priya Nair",
    "PN",
    (Role.treating_physiotherapist,),
    "PH112904",
    3,
    (*_days(range(5), _MORNING, _AFTERNOON), *_days((5,), _SATURDAY)),
)
EVENING_THERAPIST: Final = Person(
    4,
    "Ewan MacLeod",
    "EM",
    (Role.treating_physiotherapist,),
    "PH087215",
    4,
    _days(range(1, 5), _EVENING),
)
PRACTITIONER: Final = Person(
    5, "Lena Fischer", "LF", (Role.stretch_practitioner,), None, 5, _days(range(5), _MORNING, _AFTERNOON)
)
MANAGER: Final = Person(6, "Grace Adeyemi", "GA", (Role.clinic_manager,))
FRONT_DESK: Final = Person(7, "Sam Whitfield", "SW", (Role.front_desk,))
OPERATIONS: Final = Person(8, "Noor Rahman", "NR", (Role.operations, Role.admin))

STAFF: Final = (LEAD, DUTY, THERAPIST, EVENING_THERAPIST, PRACTITIONER, MANAGER, FRONT_DESK, OPERATIONS)
_HCPC_CHECKED_ON: Final = date(2026, 5, 1)


async def seed(
    engine: AsyncEngine, data_dir: Path, *, now: datetime, hash_password: Callable[[str], str]
) -> bool:
    """Set the demo clinic up in an empty database and write its log-ins into `data_dir`, for the owner only.

    Returns False, and changes nothing, if there is a site already.
    """
    async with engine.begin() as connection:
        if (await connection.execute(select(sites.c.id).limit(1))).first() is not None:
            return False
        passwords = {person.id: secrets.token_urlsafe(9) for person in STAFF}
        hashes = {staff_id: hash_password(password) for staff_id, password in passwords.items()}
        await insert_clinic(connection, hashes, now)
        # Before the commit: log-ins that nobody can read would lock everyone out.
        _write_logins(data_dir / LOGINS_FILE, passwords)
    return True


async def insert_clinic(connection: AsyncConnection, password_hashes: dict[str, str], now: datetime) -> None:
    """The rows of the demo clinic; `password_hashes` by id of the person."""
    site = {
        "id": SITE.id,
        "clinic_name": SITE.clinic_name,
        "name": SITE.name,
        "phone": SITE.phone,
        "zone": SITE.zone,
        "hours": SITE.hours,
        "created_at": now,
    }
    await connection.execute(insert(sites), site)
    await connection.execute(
        insert(rooms),
        [{"id": room.id, "site_id": SITE.id, "name": room.name} for room in SITE.rooms],
    )
    await connection.execute(insert(staff), [_member(person, password_hashes) for person in STAFF])
    await connection.execute(
        insert(staff_roles),
        [
            {"staff_id": person.id, "site_id": SITE_ID, "role": role}
            for person in STAFF
            for role in person.roles
        ],
    )
    await connection.execute(insert(availability), [shift for person in STAFF for shift in _shifts(person)])


def _member(person: Person, password_hashes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "initials": person.initials,
        "email": person.email,
        "mobile": person.mobile,
        "hcpc_number": person.hcpc_number,
        "hcpc_checked_on": _HCPC_CHECKED_ON if person.hcpc_number else None,
        "password_hash": password_hashes.get(person.id),
        "active": True,
    }


def _shifts(person: Person) -> list[dict[str, Any]]:
    if person.room is None:
        return []
    return [
        {
            "id": _id(f"shift {person.number} {place}"),
            "staff_id": person.id,
            "site_id": SITE_ID,
            "room_id": ROOM_IDS[person.room - 1],
            "weekday": weekday,
            "starts": starts,
            "ends": ends,
        }
        for place, (weekday, (starts, ends)) in enumerate(person.week)
    ]


def _write_logins(path: Path, passwords: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    logins = [
        {
            "name": person.name,
            "role": person.roles[0],
            "email": person.email,
            "password": passwords[person.id],
        }
        for person in STAFF
    ]
    path.write_bytes(orjson.dumps(logins, option=orjson.OPT_INDENT_2))
