"""What holds at the next session: time, discomfort, stops, techniques with their doses, and why not others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from care.held_regions import kept_out
from care.technique_limits import (
    allowed_techniques,
    allows,
    cover,
    defaults_of,
    named_defaults,
    region_of,
    rules_out,
)
from schemas.base import Frozen
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_delivery import Condition, Profile, SessionRules, StopRule
from schemas.screening import Disposition, Finding, Hold, Restriction

_LIGHT = frozenset({"R-LOWFORCE", "R-FEEDBACK-UNRELIABLE"})
_OLDER = "older_adult"
_DISCOMFORT = ("discomfort_cap", "pressure_cap_nrs")
_AVOIDED = "to be avoided for this client"
_NOT_THEIRS = "not among the techniques for this client"
_NOT_READ = "only if the surgical protocol says so, and nobody has recorded that it does"


class Allowed(Frozen):
    """A technique that may be used, its usual dose, its hard caps, and which restrictions to mind with it.

    `look_first` are the questions that the technique wants looked at (`check_first`) and where something was found.
    """

    technique: str
    what: str
    dose: dict[str, float | str]
    caps: dict[str, float | str]
    mind: tuple[str, ...] = ()
    look_first: tuple[str, ...] = ()


class LeftOut(Frozen):
    """A technique that may not be used, by which rule, and why in words."""

    technique: str
    rule: str
    why: str
    region: str | None = None
    side: str | None = None


class SessionSheet(Frozen):
    """One page for the treatment room.

    `kept_out` are the parts of what is treated that nobody may touch; `not_yet` is what must be so before the first
    session (`start_condition`) and what nobody has confirmed.
    """

    minutes: int
    shortest_minutes: int
    longest_minutes: int
    discomfort_cap: float
    discomfort_rule: str
    conduct: tuple[str, ...]
    stops: tuple[StopRule, ...]
    allowed: tuple[Allowed, ...]
    left_out: tuple[LeftOut, ...]
    kept_out: tuple[Restriction, ...]
    restrictions: tuple[dict[str, str | None], ...]
    movements_to_avoid: tuple[str, ...]
    stop_and_review_if: tuple[str, ...]
    only_if_protocol_says: tuple[str, ...]
    pair_with: tuple[str, ...]
    to_expect: tuple[str, ...]
    before_start: tuple[str, ...]
    not_yet: tuple[str, ...]
    each_visit: tuple[str, ...]
    timing: tuple[str, ...]
    asked_first: tuple[dict[str, str], ...]
    assessment: str | None
    not_clear: tuple[str, ...] = ()
    """Questions that the condition wants clear (`must_be_clear`) and that were not."""
    waits_for: tuple[str, ...] = ()
    """What came up since the last visit and keeps the next one waiting (MID-2, MID-4, adverse events, gaps)."""


def session_sheet(
    pack: RulePack,
    protocol: Protocol,
    assessment: str | None = None,
    findings: Iterable[Finding] = (),
    *,
    unmet: Iterable[Hold] = (),
    waits_for: Iterable[str] = (),
) -> SessionSheet:
    """The sheet of a plan: techniques = profile ∩ condition − restrictions, as the therapist narrowed them.

    `unmet` are its start conditions that nobody has confirmed, `waits_for` why nobody may be treated now.
    """
    rules = pack.session_rules
    found = {one.item for one in findings if one.disposition is not Disposition.clear}
    profile = pack.profiles[protocol.profile]
    codes = {one.code for one in protocol.restrictions}
    light = bool(codes & _LIGHT) or protocol.profile == _OLDER
    cap = rules.discomfort_cap_nrs
    discomfort = cap.older_or_lowforce if light else cap.default
    defaults = defaults_of(pack, protocol.profile, protocol.condition)
    return SessionSheet(
        minutes=protocol.session_minutes,
        shortest_minutes=rules.duration.min_minutes,
        longest_minutes=rules.duration.max_minutes,
        discomfort_cap=discomfort,
        discomfort_rule=f"session_rules.discomfort_cap_nrs.{'older_or_lowforce' if light else 'default'}",
        conduct=rules.conduct,
        stops=rules.stops,
        allowed=tuple(_allowed(pack, protocol, codes, _capped(rules, codes, discomfort), found)),
        left_out=tuple(_left_out(pack, protocol)),
        kept_out=kept_out(pack, protocol),
        restrictions=tuple(_told(pack, one) for one in protocol.restrictions),
        movements_to_avoid=_together(one.avoid_movements for one in defaults),
        stop_and_review_if=_together(
            one.stop_if if isinstance(one, Condition) else one.stop_and_call_team for one in defaults
        ),
        only_if_protocol_says=_unread(defaults, protocol.surgical_techniques),
        pair_with=_together(one.pair_with for one in defaults),
        to_expect=tuple(one.expected for one in defaults if one.expected),
        before_start=_together((one.start_condition,) for one in defaults if one.start_condition),
        not_yet=tuple(one.until for one in unmet),
        each_visit=profile.extra,
        timing=tuple(f"{name.replace('_', ' ')}: {said}" for name, said in profile.timing.items()),
        asked_first=tuple({"id": one.id, "q": one.q} for one in pack.screening.session_day_check),
        assessment=assessment,
        not_clear=_not_clear(pack, protocol, found),
        waits_for=tuple(waits_for),
    )


def _not_clear(pack: RulePack, protocol: Protocol, found: set[str]) -> tuple[str, ...]:
    if protocol.condition is None:
        return ()
    return tuple(item for item in pack.conditions[protocol.condition].must_be_clear if item in found)


def _together(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What the profile and the condition say, each thing once."""
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _unread(defaults: Iterable[Profile | Condition], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """What only a surgical protocol can allow, less what one does."""
    asked = _together(one.allowed_only_if_protocol_says for one in defaults)
    return tuple(one for one in asked if one not in allowed)


def _capped(rules: SessionRules, codes: set[str], discomfort: float) -> dict[str, float]:
    """What the restrictions in force cap; of several caps the minimum (ALG-5)."""
    caps = dict.fromkeys(_DISCOMFORT, discomfort)
    for one in rules.restriction_caps:
        if one.code in codes:
            caps |= {name: min(number, caps.get(name, number)) for name, number in one.caps.items()}
    return caps


def _within(numbers: Mapping[str, float | str], caps: Mapping[str, float]) -> dict[str, float | str]:
    return {
        name: min(number, caps[name]) if name in caps and not isinstance(number, str) else number
        for name, number in numbers.items()
    }


def _allowed(
    pack: RulePack, protocol: Protocol, codes: set[str], caps: Mapping[str, float], found: set[str]
) -> Iterable[Allowed]:
    """A restriction that came after the plan's approval rules its techniques out at once."""
    unrestricted = allowed_techniques(
        pack,
        profile=protocol.profile,
        condition=protocol.condition,
        restrictions=protocol.restrictions,
        target_regions=protocol.target_regions,
        surgical=protocol.surgical_techniques,
    )
    for name in protocol.techniques:
        technique = pack.techniques.get(name)
        if technique is not None and name in unrestricted:
            older = technique.older_adult if protocol.profile == _OLDER else {}
            yield Allowed(
                technique=name,
                what=technique.what,
                dose=_within({**technique.default, **older}, caps),
                caps=_within(technique.hard_cap, caps),
                mind=tuple(code for code in technique.caution_if if code in codes),
                look_first=tuple(item for item in technique.check_first if item in found),
            )


def _left_out(pack: RulePack, protocol: Protocol) -> Iterable[LeftOut]:
    """Every reason for every technique that is not allowed; on one region only, also for those that are."""
    sources = named_defaults(pack, protocol.profile, protocol.condition)
    for name, technique in pack.techniques.items():
        found = [
            LeftOut(technique=name, rule=source, why=_why_not(defaults, name))
            for source, defaults in sources.items()
            if not allows(defaults, name, protocol.surgical_techniques)
        ]
        for restriction in protocol.restrictions:
            if rules_out(restriction, name, technique):
                whole = cover(pack, (restriction,), protocol.target_regions)
                found.append(
                    LeftOut(
                        technique=name,
                        rule=restriction.code,
                        why=_why(pack, restriction),
                        region=None if whole else region_of(restriction),
                        side=None if whole else restriction.side,
                    )
                )
        if not found and name not in protocol.techniques:
            found.append(LeftOut(technique=name, rule="P1", why="left out by the physiotherapist"))
        yield from dict.fromkeys(found)


def _why_not(defaults: Profile | Condition, name: str) -> str:
    return _NOT_READ if name in defaults.allowed_only_if_protocol_says else _NOT_THEIRS


def _why(pack: RulePack, restriction: Restriction) -> str:
    """A restriction that names its technique says only that; the others say what they ask for."""
    return _AVOIDED if restriction.technique else pack.restrictions[restriction.code].effect


def _told(pack: RulePack, restriction: Restriction) -> dict[str, str | None]:
    return {
        "code": restriction.code,
        "effect": pack.restrictions[restriction.code].effect,
        "region": restriction.region,
        "side": restriction.side,
        "technique": restriction.technique,
    }
