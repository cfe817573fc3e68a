"""Every reference inside a pack must lead somewhere, and to the right kind of thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from care import pack_measures, pack_sense, pack_wording
from care.body import reach_of
from care.form_references import form_references, owners, rings_of_items
from care.number_alerts import ConditionError, compile_condition
from care.pack_names import Found, must, some, walk
from care.pack_shape import shape_reason
from care.pack_text import PackText, Path, Problem
from care.silence import unreadable
from care.taper import ORDER, policy_from
from schemas.rules import RulePack
from schemas.rules_delivery import Condition, Profile
from schemas.screening import Disposition, Urgency


def reference_problems(pack: RulePack, text: PackText) -> Iterator[Problem]:
    """Everything in `pack` that points at nothing, or at the wrong kind of thing."""
    for check in _CHECKS:
        for path, reason in check(pack, text.raw):
            yield text.problem(path, reason)


def _ids(_pack: RulePack, raw: dict[str, Any]) -> Found:
    seen: set[str] = set()
    for path, entry in walk(raw):
        name = entry.get("id")
        if path and isinstance(name, str):
            if name in seen:
                yield path, f"the id {name!r} is used twice; every id names one thing"
            seen.add(name)


def _sources(pack: RulePack, raw: dict[str, Any]) -> Found:
    for path, entry in walk(raw):
        named = entry.get("src")
        if isinstance(named, list):
            yield from must((*path, "src"), "source", [str(one) for one in named], pack.sources)


def resolves(raw: dict[str, Any], target: str) -> bool:
    """Whether a dotted name such as `meta.P6` or `SCR-07` leads to something in the pack."""
    here: list[Any] = [raw]
    for part in target.split("."):
        here = [found for place in here for found in _named(place, part)]
    return bool(here)


def _named(place: Any, part: str) -> list[Any]:
    if isinstance(place, dict) and part in place:
        return [place[part]]
    return [entry for _, entry in walk(place) if entry.get("id") == part]


def _seeds(pack: RulePack, raw: dict[str, Any]) -> Found:
    for place, seed in enumerate(pack.seed_rules):
        path: Path = ("seed_rules", place)
        if not seed.where:
            yield path, "has no target; name in `where` the rule that puts it in force"
        for target in seed.where:
            if not resolves(raw, target):
                yield path, f"its target {target!r} is not in the pack; correct `where` or restore the rule"


def _enums(pack: RulePack, _raw: dict[str, Any]) -> Found:
    order = tuple(disposition.value for disposition in Disposition)
    if pack.enums.disposition_order != order:
        yield (
            ("enums", "disposition_order"),
            f"the engine's order is {', '.join(order)}; it cannot be changed",
        )
    levels = [urgency.value for urgency in Urgency]
    yield from must(("enums", "urgency"), "urgency", pack.enums.urgency, levels)
    yield from must(("enums", "urgency"), "urgency (the pack leaves out)", levels, pack.enums.urgency)
    for whole, parts in pack.enums.region_contains.items():
        path = ("enums", "region_contains", whole)
        yield from must(path, "region", (whole, *parts), pack.enums.regions)
        if whole in reach_of(pack, parts):
            yield path, f"{whole} would lie in itself; a region contains only smaller ones"
    periods = pack.disposition_algebra.expiry.full_screening_valid_days
    if not any(isinstance(days, int) for days in periods.values()):
        yield ("disposition_algebra", "expiry", "full_screening_valid_days"), "gives no number of days"
    for place, gap in enumerate(pack.disposition_algebra.expiry.gap_rules):
        yield from must(
            ("disposition_algebra", "expiry", "gap_rules", place), "screening item", gap.items, pack.items
        )


def _plans(pack: RulePack, raw: dict[str, Any]) -> Found:
    for name, technique in pack.techniques.items():
        path: Path = ("techniques", name)
        named = (*technique.avoid_if, *technique.caution_if)
        yield from must(path, "restriction", named, pack.restrictions)
        yield from must(path, "screening item", technique.check_first, pack.items)
    yield from must(("technique_ids",), "technique", raw.get("technique_ids", ()), pack.techniques)
    for name, profile in pack.profiles.items():
        yield from _defaults(pack, profile, ("profiles", name))
        yield from _start_unsaid(profile, raw, ("profiles", name))
        yield from must(("profiles", name), "measure", profile.goal_measures, pack.measures)
    for name, condition in pack.conditions.items():
        yield from _defaults(pack, condition, ("conditions", name))
        yield from _start_unsaid(condition, raw, ("conditions", name))
        yield from must(("conditions", name), "screening item", condition.must_be_clear, pack.items)


def _defaults(pack: RulePack, defaults: Profile | Condition, path: Path) -> Found:
    wanted = (*defaults.allowed, *defaults.allowed_only_if_protocol_says)
    avoided = tuple(ref.technique for ref in defaults.avoid)
    yield from must(path, "technique", (*wanted, *avoided), pack.techniques)
    regions = tuple(ref.region for ref in defaults.avoid if ref.region)
    yield from must(path, "region", regions, pack.enums.regions)
    yield from must(path, "restriction", defaults.restrictions, pack.restrictions)
    yield from _start(pack, defaults, path)


def _start(pack: RulePack, defaults: Profile | Condition, path: Path) -> Found:
    """A start condition holds the plan: in words for people, and in `start_needs` for the engine."""
    said, needs = defaults.start_condition, defaults.start_needs
    if needs is None:
        if said:
            yield (
                (*path, "start_condition"),
                f"nothing would hold {path[-1]} until this is so; add `start_needs: {{clearance, …}}`",
            )
        return
    here = (*path, "start_needs")
    yield from must((*here, "clearance"), "owner", (needs.clearance.owner,), owners(pack))
    yield from must(
        (*here, "clearance"), "document", (needs.clearance.document,), pack.enums.clearance_documents
    )
    yield from must((*here, "holds_of"), "screening item", needs.holds_of, pack.items)
    if any(not one.strip() for one in needs.confirm) or len(set(needs.confirm)) < len(needs.confirm):
        yield (
            (*here, "confirm"),
            f"{path[-1]} has something to confirm that is blank or said twice; say each once, in words",
        )


def _start_unsaid(defaults: Profile | Condition, raw: dict[str, Any], path: tuple[str, str]) -> Found:
    """What the pack itself writes into `start_needs` holds nothing without the sentence that people read."""
    table, name = path
    if not defaults.start_condition and "start_needs" in raw[table][name]:
        yield (
            (*path, "start_needs"),
            f"the start_needs of {name} say nothing to people; add `start_condition` in words",
        )


def _texting(pack: RulePack, raw: dict[str, Any]) -> Found:
    sms = pack.sms_checkins
    top = "sms_checkins"
    for place, rule in enumerate(sms.schedule):
        asked = (*some(rule.ask), *rule.gap_hours)
        yield from must((top, "schedule", place), "question", asked, pack.questions)
    for place, alert in enumerate(sms.number_alerts):
        path: Path = (top, "number_alerts", place)
        yield from must(path, "message", some(alert.message), pack.messages)
        if alert.applies_to == ("any",):
            yield from (((*path, "if"), why) for why in some(unreadable(alert.id, alert.condition)))
            continue
        yield from must(path, "question", alert.applies_to, pack.questions)
        try:
            compile_condition(alert.condition)
        except ConditionError as error:
            yield (*path, "if"), str(error)
    for place, group in enumerate(sms.keyword_groups):
        path = (top, "keyword_groups", place)
        yield from must(path, "message", some(group.message), pack.messages)
        yield from must(path, "screening item", group.scr, pack.items)
        for pattern in group.patterns:
            yield from _pattern((*path, "patterns"), pattern)
    yield from _pattern((top, "opt_out"), sms.opt_out.match)
    own = raw.get("messages", {}).get("nation_overrides", {})
    for nation, words in own.items():
        yield from must(
            ("messages", "nation_overrides", nation), "message", words.get("texts", {}), pack.messages
        )
    for name, message in pack.messages.items():
        yield from _plain_frequency(("messages", name), message.text)
    for place, question in enumerate(sms.questions):
        yield from _plain_frequency((top, "questions", place), question.text)


def _pattern(path: Path, pattern: str) -> Found:
    try:
        re.compile(pattern)
    except re.error as error:
        yield path, f"the pattern {pattern!r} is not a regular expression: {error}"


def _plain_frequency(path: Path, words: str) -> Found:
    if re.search(r"\bbi-?(week|month)ly\b", words, re.IGNORECASE):
        yield path, f"{words[:40]!r} is ambiguous; say 'every 2 weeks' or 'twice a week'"


def _taper(pack: RulePack, _raw: dict[str, Any]) -> Found:
    policy = pack.taper_policy
    if policy.order != ORDER:
        yield ("taper_policy", "order"), f"the engine's order is {', '.join(ORDER)}; it cannot be changed"
    for place, rung in enumerate(policy.ladder):
        yield from _plain_frequency(("taper_policy", "ladder", place), rung.label)
    intervals = [rung.interval_days for rung in policy.ladder]
    steps = [rung.step for rung in policy.ladder]
    if intervals != sorted(set(intervals)) or steps != sorted(set(steps)):
        yield (
            ("taper_policy", "ladder"),
            "steps must run from S0 up, each with a longer interval than the last",
        )
    try:
        policy_from(pack)
    except ValidationError as error:
        for detail in error.errors():
            yield ("taper_policy", "params", *detail["loc"]), shape_reason(detail)
    except ValueError as error:
        yield ("taper_policy", "params"), str(error)


_CHECKS = (
    _ids,
    _sources,
    _seeds,
    _enums,
    form_references,
    rings_of_items,
    _plans,
    _texting,
    _taper,
    pack_sense.needed,
    pack_sense.hours,
    pack_sense.people,
    pack_sense.amounts,
    pack_measures.measures,
    pack_sense.ladder,
    pack_sense.taper_numbers,
    pack_sense.adherence,
    pack_wording.ringing,
    pack_wording.texts,
)
