"""A new version of the rules and a running plan: what it would judge more strictly, and that nothing ever relaxes.

`disposition_algebra.expiry.on_rule_pack_change`: under a new major version the stored answers are judged again. What
comes out more restrictive is put before the physiotherapist; a milder finding changes nothing in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from care.draft import Draft
from care.overriding import rules_behind
from care.screening import screen_again
from schemas.alerts import AlertReason
from schemas.commands import RulesChanged
from schemas.events import EventKind
from schemas.plan import PlanState
from schemas.rules import RulePack
from schemas.screening import Disposition, Finding, Hold, HoldKind, ScreeningResult, Urgency

RULE: Final = "disposition_algebra.expiry.on_rule_pack_change"


def major(version: str) -> str:
    """The part of a version whose change means that answers are judged again: `1` of `1.4.0`."""
    return version.partition(".")[0]


def stricter(before: ScreeningResult, after: ScreeningResult) -> tuple[Finding, ...]:
    """The findings that ask for more than the plan was told: a new one that holds or limits, or a graver one."""
    told = {_place(one): one for one in before.findings}
    return tuple(one for one in after.findings if _asks_more(one, told.get(_place(one))))


def _place(one: Finding) -> tuple[str, str | None]:
    return one.rule, one.region


def _asks_more(now: Finding, was: Finding | None) -> bool:
    if was is None:
        return now.disposition is not Disposition.clear
    graver = now.disposition.severity > was.disposition.severity
    return graver or Urgency.most_urgent((now.urgency, was.urgency)) is not was.urgency


def tightened(pack: RulePack, before: ScreeningResult, after: ScreeningResult) -> tuple[str, ...]:
    """The rules that find what they found before and ask for more: a hold, a later date, a limit on the work."""
    told = {(one.rule, one.kind, one.region, one.side): one for one in before.holds}
    held = [
        one.rule
        for one in after.holds
        if _holds_longer(one, told.get((one.rule, one.kind, one.region, one.side)))
    ]
    limits = [one for one in after.restrictions if not one.held and one not in before.restrictions]
    limiting = [rule for one in limits for rule in rules_behind(pack, after, one)]
    return tuple(dict.fromkeys((*held, *limiting)))


def _holds_longer(now: Hold, was: Hold | None) -> bool:
    if was is None or (now.owner, now.document) != (was.owner, was.document):
        return True
    later = now.not_before is not None and (was.not_before is None or now.not_before > was.not_before)
    sooner_old = now.valid_days is not None and (was.valid_days is None or now.valid_days < was.valid_days)
    return later or sooner_old


def judged_under(pack: RulePack, state: PlanState, answers: Mapping[str, Any], today: date) -> RulesChanged:
    """What the plan is told of a new pack: the rules by which its answers would now be judged more strictly."""
    after = screen_again(pack, answers, today, state.protocol)
    before = state.screening.result
    more = set(tightened(pack, before, after)).union(one.rule for one in stricter(before, after))
    found = [one for one in after.findings if one.rule in more]
    at_start = [one.rule for one in after.holds if one.kind is HoldKind.start and one.rule in more]
    return RulesChanged(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        overall=after.overall,
        rules=tuple(dict.fromkeys([*(one.rule for one in found), *at_start])),
        items=tuple(dict.fromkeys(one.item for one in found)),
    )


def rules_changed(draft: Draft, command: RulesChanged) -> None:
    """Note the judgement; what became stricter is the physiotherapist's to look at (E3)."""
    draft.set(judged_under=command.pack_hash)
    draft.event(
        EventKind.judged_again,
        RULE,
        pack=command.pack_version,
        overall=command.overall,
        rules=command.rules,
    )
    if command.rules:
        draft.raise_alert(
            AlertReason.rules_changed,
            Urgency.E3,
            RULE,
            subject=command.pack_version,
            screening_items=command.items,
        )
