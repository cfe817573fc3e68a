"""The clients of the demo clinic: who they are, when they came, how they get on. All invented.

Their numbers are from Ofcom's range for drama, which reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from cli.playing.script import ALL_GOES_WELL, AlertWork, RedFlag, Script
from schemas.protocol import ApprovalKind

_CARED_FOR: Final = replace(ALL_GOES_WELL, goes_on_waiting=True)


class Happens(StrEnum):
    """What staff or the world do to a plan besides its daily care; the steering commands by their own names."""

    hold = "hold"
    discharge = "discharge"
    phone_off = "phone_off"


@dataclass(frozen=True)
class Event:
    """Something that happens so long before the demo's present. `until` ends a hold, so long after it."""

    what: Happens
    before: timedelta
    reason: str = ""
    until: timedelta | None = None


@dataclass(frozen=True)
class CastMember:
    """A client. `came` is how many days before the demo's present, at `hour`; `form` is what differs from the
    usual intake form, `screening` what differs in its answers."""

    given_name: str
    family_name: str
    born: str
    line: int
    came: int
    form: Mapping[str, Any]
    hour: time = time(9, 30)
    screening: Mapping[str, Any] = field(default_factory=dict)
    script: Script = _CARED_FOR
    events: tuple[Event, ...] = ()

    @property
    def mobile(self) -> str:
        """In E.164."""
        return f"+447700900{self.line}"


_PRIYA, _TOM, _AMARA, _EWAN = (
    f"{name}@riverside.example" for name in ("priya.nair", "tom.hughes", "amara.okafor", "ewan.macleod")
)


def _wants(
    therapist: str, weekday: str, at: str, goal: str, regions: tuple[str, ...], *, now: int = 4, **more: Any
) -> Mapping[str, Any]:
    """A form of somebody who would like to do one thing better, on this day of the week."""
    return MappingProxyType(
        {
            "therapist": therapist,
            "preferred": {"weekday": weekday, "time": at},
            "goals": [{"activity": goal, "now": now}],
            "target_regions": list(regions),
            **more,
        }
    )


CAST: Final = (
    CastMember(
        "Helena",
        "Marsh",
        "1984-02-19",
        401,
        27,
        _wants(_PRIYA, "monday", "09:00", "Carry the shopping up two floors", ("lumbar", "hip")),
        script=replace(_CARED_FOR, weeks_to_goal=3),
        events=(
            Event(
                Happens.discharge,
                timedelta(days=1),
                "Goal reached after three visits. Home plan gone through; she knows how to come back.",
            ),
        ),
    ),
    CastMember(
        "Tobias",
        "Okoro",
        "1979-06-08",
        402,
        26,
        _wants(_TOM, "tuesday", "11:00", "Sit through a whole rehearsal", ("lumbar", "hip")),
        script=replace(_CARED_FOR, weeks_to_goal=3.5, alerts=AlertWork.left),
    ),
    CastMember(
        "Rosa",
        "Almeida",
        "1990-11-27",
        403,
        25,
        _wants(
            _PRIYA,
            "wednesday",
            "11:00",
            "Hang the washing without a pause",
            ("neck", "shoulder"),
            condition="neck_shoulder",
        ),
        script=replace(
            _CARED_FOR,
            flare_after_session=3,
            flare_days=5,
            flare_pain=8,
            alerts=AlertWork.taken_on,
            undecided=frozenset({ApprovalKind.taper}),
        ),
    ),
    CastMember(
        "Lionel",
        "Brandt",
        "1968-01-30",
        404,
        22,
        _wants(_TOM, "thursday", "14:00", "Drive to Leeds and back", ("lumbar", "hip")),
        script=replace(_CARED_FOR, answers=False, alerts=AlertWork.left),
    ),
    CastMember(
        "Yasmin",
        "Farouk",
        "1995-09-14",
        405,
        21,
        _wants(
            _AMARA,
            "monday",
            "11:00",
            "Sleep through the night",
            ("neck", "shoulder"),
            condition="neck_shoulder",
        ),
        events=(Event(Happens.hold, timedelta(days=2), "Away with family for ten days.", timedelta(days=9)),),
    ),
    CastMember(
        "Gwen",
        "Pritchard",
        "1973-04-03",
        406,
        20,
        _wants(
            _EWAN,
            "wednesday",
            "17:00",
            "Kneel in the allotment",
            ("hip", "knee"),
            profile="general_wellbeing",
            condition=None,
            pain=3,
        ),
        screening={"SCR-16": {"value": 3, "worst_24h": 4, "sharp": "no"}},
    ),
    CastMember(
        "Stefan",
        "Kovac",
        "1981-12-11",
        407,
        61,
        _wants(
            _TOM,
            "tuesday",
            "10:00",
            "Swim forty lengths",
            ("shoulder", "thoracic"),
            now=7,
            profile="general_wellbeing",
            condition=None,
            pain=2,
        ),
        screening={"SCR-16": {"value": 2, "worst_24h": 3, "sharp": "no"}},
        script=replace(
            _CARED_FOR,
            weeks_to_goal=0.5,
            start_edit={
                "edit": {"start_step": "S3"},
                "reason": "Comes back after last year's course; the home plan has held. Every four weeks is enough.",
            },
            undecided=frozenset({ApprovalKind.discharge}),
        ),
    ),
    CastMember(
        "Marianne",
        "Keane",
        "1986-07-22",
        408,
        15,
        _wants(_PRIYA, "wednesday", "10:15", "Lift my son out of the bath", ("lumbar", "hip")),
    ),
    CastMember(
        "Desmond",
        "Achterberg",
        "1951-05-16",
        409,
        14,
        _wants(
            _AMARA,
            "wednesday",
            "15:00",
            "Climb the stairs without a rest",
            ("hip", "knee"),
            profile="older_adult",
            condition=None,
            pain=3,
        ),
        screening={"SCR-16": {"value": 3, "worst_24h": 5, "sharp": "no"}},
    ),
    CastMember(
        "Nadia",
        "Petrov",
        "1992-03-05",
        410,
        5,
        _wants(_PRIYA, "monday", "14:00", "Bend to the lower shelves at work", ("lumbar", "hip")),
        script=replace(
            _CARED_FOR,
            alerts=AlertWork.taken_on,
            red_flag=RedFlag(
                after_session=1,
                hours_later=26,
                words="Since this morning my calf is hot and swollen and it hurts to walk",
                outcome="",
                note="",
                answers={},
            ),
        ),
    ),
    CastMember(
        "Winifred",
        "Osborne",
        "1948-10-09",
        411,
        9,
        _wants(
            _AMARA,
            "wednesday",
            "14:00",
            "Reach the top shelf",
            ("shoulder", "hip"),
            profile="older_adult",
            condition=None,
            pain=3,
        ),
        screening={
            "SCR-12": {"value": ["told_high_risk", "spine_fracture"]},
            "SCR-16": {"value": 3, "worst_24h": 4, "sharp": "no"},
        },
    ),
    CastMember(
        "Callum",
        "Reid",
        "1999-08-25",
        412,
        8,
        _wants(
            _EWAN,
            "thursday",
            "17:00",
            "Sprint starts without the pull",
            ("hip", "knee"),
            profile="athlete",
            condition=None,
            pain=2,
        ),
        screening={"SCR-16": {"value": 2, "worst_24h": 4, "sharp": "no"}},
        script=replace(_CARED_FOR, alerts=AlertWork.left),
        events=(Event(Happens.phone_off, timedelta(days=2)),),
    ),
    CastMember(
        "Ingrid",
        "Solberg",
        "1976-02-02",
        413,
        0,
        _wants(
            _PRIYA,
            "tuesday",
            "11:00",
            "Work a whole morning at the desk",
            ("neck", "shoulder"),
            condition="neck_shoulder",
        ),
        hour=time(9, 5),
        script=replace(_CARED_FOR, undecided=frozenset(ApprovalKind)),
    ),
    CastMember(
        "Joel",
        "Whitaker",
        "1983-06-17",
        414,
        0,
        _wants(_TOM, "friday", "10:00", "Tie my shoes", ("lumbar",), condition="sciatica_like", pain=7),
        hour=time(10, 10),
        screening={
            "SCR-02": {"value": "new_or_worse"},
            "SCR-16": {"value": 7, "worst_24h": 8, "sharp": "no"},
        },
        script=replace(_CARED_FOR, alerts=AlertWork.left, undecided=frozenset(ApprovalKind)),
    ),
)
