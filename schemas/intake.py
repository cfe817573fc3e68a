"""The intake form: what a new client tells the clinic (rule pack: INT-01 … INT-10, SCR-01 … SCR-25).

The shape is checked here. What depends on the clinic (its staff, its rule pack, today's date, which
telephones can be texted) is asked of `IntakeChecks`, so that one reading names every wrong field at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.base import Strict

TARGET_BY_DEFAULT = 8.0
"""The goal on the 0-10 scale of what the client can do, unless the form sets another (PSFS)."""


class Check(StrEnum):
    """Something only the clinic can say about a value on the form."""

    birthday = "birthday"
    past = "past"
    mobile = "mobile"
    region = "region"
    profile = "profile"
    condition = "condition"
    duration = "duration"
    therapist = "therapist"
    site = "site"
    first_day = "first_day"


IntakeChecks = Mapping[Check, Callable[[Any], Any]]
"""For each check a function that gives the value to keep, or raises ValueError with a sentence for staff."""


def _asked(check: Check) -> AfterValidator:
    def ask(value: Any, info: ValidationInfo) -> Any:
        checks: IntakeChecks | None = info.context
        if checks is None:
            raise TypeError("an intake form is read with IntakeForm.read, which knows the clinic")
        return checks[check](value)

    return AfterValidator(ask)


def _field_error(field: str, sentence: str) -> PydanticCustomError:
    """An error that a check over several fields lays at one of them: `ctx.field`."""
    return PydanticCustomError("field", "{sentence}", {"field": field, "sentence": sentence})


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Story = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
"""What a client tells in their own words: long answers are kept whole."""
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"),
]
Telephone = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?\d[\d ()-]{5,18}\d$", max_length=20)
]
"""Any telephone that a person rings; only the client's own mobile is ever texted."""
ZeroToTen = Annotated[float, Field(ge=0, le=10)]
Birthday = Annotated[date, _asked(Check.birthday)]
Mobile = Annotated[str, _asked(Check.mobile)]
Region = Annotated[str, _asked(Check.region)]
PastInstant = Annotated[AwareDatetime, _asked(Check.past)]
Profile = Annotated[str, _asked(Check.profile)]
Condition = Annotated[str, _asked(Check.condition)]
TherapistId = Annotated[str, _asked(Check.therapist)]
SiteId = Annotated[str, _asked(Check.site)]


class ClientDetails(Strict):
    """Who the client is."""

    given_name: Name
    family_name: Name
    date_of_birth: Birthday
    mobile: Mobile | None = None
    email: Email | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en-GB"


class ConsentHow(StrEnum):
    """How consent to texts was given."""

    in_person = "in_person"
    online = "online"
    phone = "phone"
    paper = "paper"


class TextConsent(Strict):
    """Whether the clinic may text: the wording shown, how it was agreed, when (`sms_checkins.consent`).

    `email`: whether it may write to the client's e-mail address instead where a text does not arrive.
    """

    texts: bool
    email: bool = False
    wording: Words = ""
    how: ConsentHow | None = None
    given_at: PastInstant | None = None

    @model_validator(mode="after")
    def _said_how(self) -> Self:
        if self.texts and not (self.wording and self.how):
            raise _field_error(
                "consent", "Consent to texts needs the wording the client agreed to, and how they agreed."
            )
        return self


class ContactPreference(StrEnum):
    """How the client likes to be reached."""

    text = "text"
    phone = "phone"
    email = "email"


class Contact(Strict):
    """How to reach the client, and whether others read the telephone (INT-10)."""

    preference: ContactPreference = ContactPreference.text
    others_read_mobile: bool = False


class GeneralPractitioner(Strict):
    """The client's GP, and whether the clinic may write to them (INT-08)."""

    practice: Name
    name: Name | None = None
    may_write: bool = False


class EmergencyContact(Strict):
    """Whom to ring in an emergency (INT-09)."""

    name: Name
    telephone: Telephone
    relationship: Name | None = None


class Activity(Strict):
    """Something that is hard now, and how well it goes today: 0 cannot, 10 as before (INT-01, INT-02)."""

    activity: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
    now: ZeroToTen


class Weekday(StrEnum):
    """A day of the week by name."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday up to 6 for Sunday."""
        return list(Weekday).index(self)


FirstDay = Annotated[date, _asked(Check.first_day)]
WallTime = time


class PreferredTime(Strict):
    """When the client would like to come: local wall time at the site."""

    weekday: Weekday | None = None
    time: WallTime | None = None
    from_date: FirstDay | None = Field(None, alias="from")


class IntakeForm(Strict):
    """A whole intake form. `screening` holds the answers by item id, as the rule pack asks them."""

    client: ClientDetails
    consent: TextConsent
    contact: Contact = Contact()
    gp: GeneralPractitioner | None = None
    emergency_contact: EmergencyContact | None = None
    goals: tuple[Activity, ...] = Field(min_length=1, max_length=3)
    goal_target: float = Field(TARGET_BY_DEFAULT, gt=0, le=10)
    pain: ZeroToTen
    stiffness: ZeroToTen | None = None
    target_regions: tuple[Region, ...] = Field(min_length=1, max_length=6)
    duration: Annotated[str, _asked(Check.duration)]
    normal_day: Story = ""
    medicines: tuple[Name, ...] = Field((), max_length=40)
    earlier_treatment: Story = ""
    profile: Profile
    condition: Condition | None = None
    therapist: TherapistId | None = None
    site: SiteId | None = None
    preferred: PreferredTime = PreferredTime()
    screening: dict[str, Any]

    @classmethod
    def read(cls, body: Any, checks: IntakeChecks) -> Self:
        """The form in `body`; raises pydantic's ValidationError, which names every wrong field."""
        return cls.model_validate(body, context=checks)

    @property
    def goal_baseline(self) -> float:
        """The mean of what the client can do today, 0-10 (PSFS), to one decimal."""
        return round(sum(goal.now for goal in self.goals) / len(self.goals), 1)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.goals and self.goal_baseline >= self.goal_target:
            raise _field_error(
                "goals",
                f"The activities score {self.goal_baseline:g} already and the goal is {self.goal_target:g}. "
                "Name activities that are hard now, or set a higher goal_target.",
            )
        if self.consent.texts and self.client.mobile is None:
            raise _field_error("client.mobile", "The client agreed to texts, so a mobile number is needed.")
        return self
