"""What was changed about whose account, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from api.console import words
from api.console.moments import SiteClock
from api.identity import LOG_INS
from database.sites import all_sites
from database.staff import staff_names
from database.staff_changes import StaffChanged, changes
from schemas.commands import Role
from schemas.staff_changes import StaffChange as C

SENTENCES: Final[Mapping[C, str]] = MappingProxyType(
    {
        C.account_made: "{by} made an account for {whom}, who is {roles} at {site}.",
        C.roles_changed: "{by} changed what {whom} is at {site}: {roles} now, {before} before.",
        C.password_reset: "{by} gave {whom} a new first password.",
        C.password_changed: "{whom} chose a new password.",
        C.account_closed: "{by} closed the account of {whom}.",
        C.account_reopened: "{by} opened the account of {whom} again.",
        C.token_made: "{by} made a token that speaks for {whom}: {label} ({scopes}), until {until}.",
        C.token_ended: "{by} ended {what} of {whom}: {label}.",
        C.log_ins_ended: "{by} signed {whom} out: {count} at once.",
        C.leave_set: "{by} set leave for {whom}, {begins_at} to {ends_at}; {delegate} stands in.",
        C.leave_ended: "{by} ended the leave of {whom}.",
        C.events_exported: "{by} exported the events of all plans, since {since}.",
    }
)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change as a page says it. `id` is its place in the story."""

    id: int
    at: datetime
    sentence: str


async def told_changes(
    engine: AsyncEngine,
    *,
    clock: SiteClock,
    limit: int,
    staff_id: str | None = None,
    before: int | None = None,
) -> tuple[ChangeLine, ...]:
    """The last changes, newest first, in words; of one person's account if asked."""
    found = await changes(engine, staff_id=staff_id, before=before, limit=limit)
    ids = {one for each in found for one in (each.staff_id, each.changed_by, each.facts.get("delegate"))}
    names = await staff_names(engine, ids)
    sites = {one.id: one.name for one in await all_sites(engine)}
    return tuple(ChangeLine(one.id, one.at, _sentence(one, names, sites, clock)) for one in found)


def _sentence(one: StaffChanged, names: Mapping[str, str], sites: Mapping[str, str], clock: SiteClock) -> str:
    said = {
        "by": names.get(one.changed_by, f"The {one.changed_by}"),
        "whom": names.get(one.staff_id, one.staff_id) if one.staff_id else "nobody",
        **{name: _said(name, fact, names, sites, clock) for name, fact in one.facts.items()},
    }
    if one.kind is C.token_ended:
        said["what"] = "a token" if LOG_INS.isdisjoint(one.facts["scopes"]) else "a log-in"
    return SENTENCES[one.kind].format_map(said)


def _said(name: str, fact: Any, names: Mapping[str, str], sites: Mapping[str, str], clock: SiteClock) -> str:
    match name:
        case "roles" | "before":
            return ", ".join(words.ROLES[Role(role)] for role in fact) or "nothing"
        case "site":
            return sites.get(fact, fact)
        case "delegate":
            return names.get(fact, fact)
        case "until":
            return clock.at(datetime.fromisoformat(fact)) if fact else "it is revoked"
        case "since":
            return clock.date(date.fromisoformat(fact)) if fact else "the beginning"
        case "begins_at":
            return clock.day(datetime.fromisoformat(fact))
        case "ends_at":  # the first moment after the last day
            return clock.day(datetime.fromisoformat(fact) - timedelta(seconds=1))
        case "scopes":
            return ", ".join(words.plain(scope) for scope in fact)
        case _:
            return str(fact)
