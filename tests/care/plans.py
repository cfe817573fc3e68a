"""Plans to play with: Anna's, at a clinic in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from care import pack as packs
from care.opening import new_plan
from care.protocol import resolve
from care.screening import screen
from schemas.goals import Measure
from schemas.plan import PlanState
from schemas.protocol import ChainLink, OpeningSpan, SiteHours
from schemas.rules import RulePack

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

ALL_CLEAR: dict[str, dict[str, object]] = {
    "SCR-01": {"value": "no"},
    "SCR-02": {"value": "no"},
    "SCR-03": {"value": "no", "risk": ["none"], "breathless": "no"},
    "SCR-04": {"value": "no"},
    "SCR-05": {"value": ["none"]},
    "SCR-06": {"value": ["none"]},
    "SCR-07": {"value": "no"},
    "SCR-08": {"value": "no"},
    "SCR-09": {"value": "no"},
    "SCR-10": {"value": "no"},
    "SCR-11": {"value": ["none"]},
    "SCR-12": {"value": ["none"]},
    "SCR-13": {"value": ["none"]},
    "SCR-14": {"value": ["none"]},
    "SCR-15": {"value": "no"},
    "SCR-16": {"value": 5, "worst_24h": 6, "sharp": "no"},
    "SCR-17": {"value": ["none"]},
    "SCR-18": {"value": ["none"]},
    "SCR-19": {"value": "no", "side_effects": ["none"]},
    "SCR-20": {"value": "no", "problems": ["none"]},
    "SCR-21": {"value": "no"},
    "SCR-22": {"value": ["none"]},
    "SCR-23": {"value": ["none"]},
    "SCR-24": {"value": 40},
    "SCR-25": {"value": ["can_say_stop"]},
}

HOURS = SiteHours(
    zone="Europe/London",
    spans=tuple(OpeningSpan(weekday=day, opens=time(8), closes=time(18)) for day in range(5)),
    closed_on=(date(2026, 4, 3), date(2026, 4, 6)),
)


def plan_for(
    answers: dict[str, dict[str, object]],
    now: datetime = NOW,
    targets: tuple[str, ...] = ("lumbar",),
    *,
    rules: RulePack | None = None,
    profile: str = "chronic_tension",
    condition: str | None = "back_pain",
    **changes: object,
) -> PlanState:
    """A plan from a form that differs from the all-clear one by `answers`; `changes` are of its protocol.

    `rules` are the pack's unless a clinic has its own.
    """
    pack = rules or packs.builtin()
    screening = screen(
        pack, {**ALL_CLEAR, **answers}, now.date(), targets, profile=profile, condition=condition
    )
    chain = tuple(
        ChainLink(role=role, staff_id=f"staff-{place}")
        for place, role in enumerate(pack.enums.escalation_chain)
    )
    protocol = resolve(
        pack,
        profile=profile,
        condition=condition,
        screening=screening,
        site_id="site-1",
        hours=HOURS,
        therapist_id="staff-0",
        room_id="room-1",
        chain=chain,
        first_session_at=datetime(2026, 3, 10, 10, 0, tzinfo=UTC),
        primary=Measure(code="PSFS", baseline=3.5, target=8, mcid=2),
        pain_baseline=5,
        target_regions=targets,
    )
    return new_plan("plan-1", "client-1", protocol.but(**changes), screening, now)
