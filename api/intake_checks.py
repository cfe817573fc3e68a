"""What the clinic says about the values on an intake form; each refusal is a sentence for the front desk."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from database.sites import Site
from database.staff import StaffMember
from messaging.numbers import NumberRefused, mobile
from schemas.intake import Check, IntakeChecks
from schemas.rules import RulePack

_OLDEST_YEARS: Final = 120
_FURTHEST_DAYS: Final = 180
_DURATION_FIELD: Final = "INT-04"


@dataclass(frozen=True)
class House:
    """What a form is read against. `therapists` are the physiotherapists who may be given a plan."""

    pack: RulePack
    sites: tuple[Site, ...]
    therapists: tuple[StaffMember, ...]
    now: datetime
    today: date
    fictional_numbers: bool

    @property
    def checks(self) -> IntakeChecks:
        """The table that the form asks."""
        durations = next((one.options for one in self.pack.intake.fields if one.id == _DURATION_FIELD), ())
        return {
            Check.birthday: self._birthday,
            Check.past: self._past,
            Check.first_day: self._first_day,
            Check.mobile: self._mobile,
            Check.region: _one_of("body region", self.pack.enums.regions),
            Check.profile: _one_of("profile", self.pack.profiles),
            Check.condition: _one_of("condition", self.pack.conditions),
            Check.duration: _one_of("duration", durations),
            Check.therapist: self._therapist,
            Check.site: self._site,
        }

    def _birthday(self, day: date) -> date:
        if day > self.today:
            raise ValueError("The date of birth lies in the future.")
        if day.year < self.today.year - _OLDEST_YEARS:
            raise ValueError(f"The date of birth is more than {_OLDEST_YEARS} years ago.")
        return day

    def _past(self, moment: datetime) -> datetime:
        if moment > self.now:
            raise ValueError("This lies in the future; give the time at which it happened.")
        return moment

    def _first_day(self, day: date) -> date:
        if day < self.today:
            raise ValueError("This day has passed; choose a day to come.")
        if day > self.today + timedelta(days=_FURTHEST_DAYS):
            raise ValueError(f"This is more than {_FURTHEST_DAYS} days ahead; take the intake nearer to it.")
        return day

    def _mobile(self, raw: str) -> str:
        try:
            return mobile(raw, allow_drama=self.fictional_numbers)
        except NumberRefused as refused:
            raise ValueError(refused.sentence) from None

    def _therapist(self, who: str) -> str:
        found = [one.id for one in self.therapists if who.strip().lower() in (one.id, one.email.lower())]
        if not found:
            raise ValueError(
                "No physiotherapist here has this id or e-mail. Leave it out to have one assigned."
            )
        return found[0]

    def _site(self, site_id: str) -> str:
        if site_id not in {site.id for site in self.sites}:
            raise ValueError("The clinic has no site with this id. Leave it out for the first one.")
        return site_id


def _one_of(what: str, known: Collection[str]) -> Callable[[Any], Any]:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value[:40]!r} is not a {what} of the rule pack: {', '.join(known)}.")
        return value

    return check
