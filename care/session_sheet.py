"""What holds at the next session: time, discomfort, stops, techniques with their doses, and why not others."""

from __future__ import annotations

from collections.abc import Iterable

from care.technique_limits import allowed_techniques, covers, defaults_of, rules_out
from schemas.base import Frozen
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_delivery import Condition, Profile, StopRule
from schemas.screening import Disposition, Finding, Restriction

_LIGHT = frozenset({"R-LOWFORCE", "R-FEEDBACK-UNRELIABLE"})
_OLDER = "older_adult"


class Allowed(Frozen):
    """A technique that may be used, its usual dose, its hard caps, and which restrictions to mind with it."""

    technique: str
    what: str
    dose: dict[str, float | str]
    caps: dict[str, float | str]
    mind: tuple[str, ...] = ()


class LeftOut(Frozen):
    """A technique that may not be used, by which rule, and why in words."""

    technique: str
    rule: str
    why: str
    region: str | None = None


class SessionSheet(Frozen):
    """One page for the treatment room."""

    minutes: int
    shortest_minutes: int
    longest_minutes: int
    discomfort_cap: float
    discomfort_rule: str
    conduct: tuple[str, ...]
    stops: tuple[StopRule, ...]
    allowed: tuple[Allowed, ...]
    left_out: tuple[LeftOut, ...]
    restrictions: tuple[dict[str, str | None], ...]
    movements_to_avoid: tuple[str, ...]
    stop_and_review_if: tuple[str, ...]
    only_if_protocol_says: tuple[str, ...]
    pair_with: tuple[str, ...]
    to_expect: tuple[str, ...]
    asked_first: tuple[dict[str, str], ...]
    assessment: str | None
    not_clear: tuple[str, ...] = ()
    """Questions that the condition wants clear (`must_be_clear`) and that were not."""


def session_sheet(
    pack: RulePack,
    protocol: Protocol,
    assessment: str | None = None,
    findings: Iterable[Finding] = (),
) -> SessionSheet:
    """The sheet of a plan: techniques = profile ∩ condition − restrictions, as the therapist narrowed them."""
    rules = pack.session_rules
    codes = {one.code for one in protocol.restrictions}
    light = bool(codes & _LIGHT) or protocol.profile == _OLDER
    cap = rules.discomfort_cap_nrs
    defaults = defaults_of(pack, protocol.profile, protocol.condition)
    return SessionSheet(
        minutes=protocol.session_minutes,
        shortest_minutes=rules.duration.min_minutes,
        longest_minutes=rules.duration.max_minutes,
        discomfort_cap=cap.older_or_lowforce if light else cap.default,
        discomfort_rule=f"session_rules.discomfort_cap_nrs.{'older_or_lowforce' if light else 'default'}",
        conduct=rules.conduct,
        stops=rules.stops,
        allowed=tuple(_allowed(pack, protocol, codes)),
        left_out=tuple(_left_out(pack, protocol)),
        restrictions=tuple(_told(pack, one) for one in protocol.restrictions),
        movements_to_avoid=_together(one.avoid_movements for one in defaults),
        stop_and_review_if=_together(
            one.stop_if if isinstance(one, Condition) else one.stop_and_call_team for one in defaults
        ),
        only_if_protocol_says=_together(one.allowed_only_if_protocol_says for one in defaults),
        pair_with=_together(one.pair_with for one in defaults),
        to_expect=tuple(one.expected for one in defaults if one.expected),
        asked_first=tuple({"id": one.id, "q": one.q} for one in pack.screening.session_day_check),
        assessment=assessment,
        not_clear=_not_clear(pack, protocol, findings),
    )


def _not_clear(pack: RulePack, protocol: Protocol, findings: Iterable[Finding]) -> tuple[str, ...]:
    if protocol.condition is None:
        return ()
    found = {one.item for one in findings if one.disposition is not Disposition.clear}
    return tuple(item for item in pack.conditions[protocol.condition].must_be_clear if item in found)


def _together(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What the profile and the condition say, each thing once."""
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _allowed(pack: RulePack, protocol: Protocol, codes: set[str]) -> Iterable[Allowed]:
    """A restriction that came after the plan's approval rules its techniques out at once."""
    unrestricted = allowed_techniques(
        pack,
        profile=protocol.profile,
        condition=protocol.condition,
        restrictions=protocol.restrictions,
        target_regions=protocol.target_regions,
    )
    for name in protocol.techniques:
        technique = pack.techniques.get(name)
        if technique is not None and name in unrestricted:
            older = technique.older_adult if protocol.profile == _OLDER else {}
            yield Allowed(
                technique=name,
                what=technique.what,
                dose={**technique.default, **older},
                caps=technique.hard_cap,
                mind=tuple(code for code in technique.caution_if if code in codes),
            )


def _left_out(pack: RulePack, protocol: Protocol) -> Iterable[LeftOut]:
    """Every reason for every technique that is not allowed; on one region only, also for those that are."""
    sources: dict[str, Profile | Condition] = {
        "profiles." + protocol.profile: pack.profiles[protocol.profile]
    }
    if protocol.condition is not None:
        sources["conditions." + protocol.condition] = pack.conditions[protocol.condition]
    for name, technique in pack.techniques.items():
        found = [
            LeftOut(technique=name, rule=source, why="not among the techniques for this client")
            for source, defaults in sources.items()
            if name not in defaults.allowed
        ]
        for restriction in protocol.restrictions:
            if rules_out(restriction, name, technique):
                whole = covers(pack, restriction, protocol.target_regions)
                found.append(
                    LeftOut(
                        technique=name,
                        rule=restriction.code,
                        why=pack.restrictions[restriction.code].effect,
                        region=None if whole else restriction.region,
                    )
                )
        if not found and name not in protocol.techniques:
            found.append(LeftOut(technique=name, rule="P1", why="left out by the physiotherapist"))
        yield from dict.fromkeys(found)


def _told(pack: RulePack, restriction: Restriction) -> dict[str, str | None]:
    return {
        "code": restriction.code,
        "effect": pack.restrictions[restriction.code].effect,
        "region": restriction.region,
        "side": restriction.side,
        "technique": restriction.technique,
    }
