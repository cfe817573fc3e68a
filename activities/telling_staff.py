"""Staff are told by e-mail what waits for them, each of one thing once; and in the morning what the day brings.

The same protocol as for texts: claimed and committed before the mail is handed in, settled after it. A notice that
certainly did not go, or may not have, is followed by one to the next of the plan's chain; when nobody is left it
needs attention. Urgent alerts are texted as well, by the plan itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.handing_in import fate_of
from care.local_time import instant, local, local_day
from database import digests, staff_notices
from database.digests import Waits
from database.leave import StandIns, stand_ins
from database.sites import Site, all_sites
from database.staff_notices import NewNotice, Notice
from database.tables.staff_notices import NoticeKind
from messaging.channel import OutgoingText, Sender
from messaging.staff_words import Letter, StaffWords
from schemas.messages import MessageStatus
from schemas.protocol import SiteHours

DIGEST_AT: Final = time(7, 30)
DIGEST_UNTIL: Final = time(12)
"""A digest that could not go in the morning does not go at all: the day has told its own story by then."""

_PAGES: Final = {NoticeKind.approval: "approvals", NoticeKind.alert: "alerts"}
_NOTHING_WAITS: Final = "nothing_waits"

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class _Round:
    """What one round asks the record once: who stands in for whom, and what waits for everybody at a site."""

    engine: AsyncEngine
    now: datetime
    standing: StandIns
    _waits: dict[str, dict[str, Waits]] = field(default_factory=dict)

    async def waits(self, site: Site) -> dict[str, Waits]:
        """What waits for whom at this site today."""
        if site.id not in self._waits:
            begins = instant(site.hours.zone, local_day(site.hours, self.now), time())
            today = (begins, begins + timedelta(days=1))
            found = await digests.what_waits(self.engine, site.id, today, self.standing, self.now)
            self._waits[site.id] = found
        return self._waits[site.id]


class StaffMail:
    """Mails to staff. Safe to run in several places at once. `console` is where the console is reached."""

    def __init__(self, engine: AsyncEngine, sender: Sender, words: StaffWords, console: str) -> None:
        self._engine = engine
        self._sender = sender
        self._words = words
        self._console = console.rstrip("/")

    async def round(self, now: datetime) -> None:
        """See who has to be told what, and tell them."""
        this = _Round(self._engine, now, await stand_ins(self._engine, now))
        sites = {site.id: site for site in await all_sites(self._engine)}
        await staff_notices.give_up_lost(self._engine, now)
        await staff_notices.enter_what_waits(self._engine, this.standing, now)
        for site in sites.values():
            await self._enter_digests(site, this)
        for notice in await staff_notices.waiting_notices(self._engine):
            await self._send(notice, sites[notice.site_id], this)

    async def _enter_digests(self, site: Site, this: _Round) -> None:
        """Once in the morning of a day on which the site opens; those for whom nothing waits get none."""
        now, here = this.now, local(site.hours.zone, this.now)
        if not (_opens(site.hours, here.date()) and DIGEST_AT <= here.time() < DIGEST_UNTIL):
            return
        occasion = f"digest:{site.id}:{here.date()}"
        people = await digests.without_digest(self._engine, site.id, occasion)
        if not people:
            return
        waits = await this.waits(site)
        ends = instant(site.hours.zone, here.date(), DIGEST_UNTIL)
        new = {
            person: NewNotice(NoticeKind.digest, occasion, str(here.date()), site.id, person, ends)
            for person in people
        }
        told = [one for person, one in new.items() if waits.get(person, Waits()).anything]
        quiet = [one for person, one in new.items() if not waits.get(person, Waits()).anything]
        await staff_notices.enter(self._engine, told, now)
        await staff_notices.enter(self._engine, quiet, now, MessageStatus.suppressed, _NOTHING_WAITS)

    async def _send(self, notice: Notice, site: Site, this: _Round) -> None:
        now = this.now
        if notice.moot or now >= notice.expires_at:
            ended = MessageStatus.suppressed if notice.moot else MessageStatus.expired
            reason = _NOTHING_WAITS if notice.moot else "no_mail_server"
            await staff_notices.settle_notice(self._engine, notice.key, ended, reason, now)
            return
        letter = await self._letter(notice, site, this)
        if not await staff_notices.claim_notice(self._engine, notice.key, letter.subject, letter.body):
            return
        mail = OutgoingText(
            notice.email, letter.body, notice.key, notice.expires_at - now, f"[Limber] {letter.subject}"
        )
        fate = fate_of(await asyncio.to_thread(self._sender.send, mail))
        await staff_notices.settle_notice(self._engine, notice.key, fate.status, fate.reason, now)
        _log.info("notice settled", staff_id=notice.staff_id, kind=notice.kind, status=fate.status)

    async def _letter(self, notice: Notice, site: Site, this: _Round) -> Letter:
        values = {"name": notice.name.partition(" ")[0], "clinic": site.clinic_name, "site": site.name}
        if notice.kind is NoticeKind.digest:
            waits = (await this.waits(site)).get(notice.staff_id, Waits())
            return self._words.letter("digest", values | self._counted(waits, site, this.now))
        return self._words.letter(
            notice.kind,
            values
            | {
                "what": self._words.what(notice.kind, notice.what or ""),
                "due": _clock(site, notice.deadline or this.now),
                "whose": self._whose(notice, this.standing),
                "link": f"{self._console}/{_PAGES[notice.kind]}/{notice.subject_id}",
            },
        )

    def _whose(self, notice: Notice, standing: StandIns) -> str:
        owner = notice.owner or ""
        if notice.in_place_of is not None:
            stands_in = standing.acting(notice.in_place_of) == notice.staff_id
            return self._words.sentence("stands_in" if stands_in else "not_reached", owner=owner)
        return self._words.sentence("passed_on" if notice.escalations else "yours")

    def _counted(self, waits: Waits, site: Site, now: datetime) -> dict[str, str]:
        here = local(site.hours.zone, now)
        counts = [(name, getattr(waits, name)) for name in Waits.__dataclass_fields__]
        said = [self._words.count(name, count) for name, count in counts if count]
        return {
            "lines": "; ".join(said) + "." if said else "Nothing waits any more.",
            "summary": said[0] if said else "all quiet",
            "day": f"{here:%a} {here.day} {here:%b}",
            "link": f"{self._console}/attention?whose=mine",
            "today": f"{self._console}/today",
        }


def _opens(hours: SiteHours, day: date) -> bool:
    return day not in hours.closed_on and any(span.weekday == day.weekday() for span in hours.spans)


def _clock(site: Site, moment: datetime) -> str:
    there = local(site.hours.zone, moment)
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"
