"""Which telephone numbers a text may go to.

Twilio takes UK landlines and may read the text aloud to whoever picks up, so the clinic refuses them itself
(`sms.md`, rules of the road). Numbers are stored as E.164 and read in the clinic's own region.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NewType

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

E164 = NewType("E164", str)
"""A telephone number as `+` and digits, country code first."""


class Refusal(StrEnum):
    """Why a number cannot receive the clinic's texts."""

    NOT_A_NUMBER = "not_a_number"
    LETTERS = "letters"
    EXTENSION = "extension"
    IMPOSSIBLE = "impossible"
    LANDLINE = "landline"
    PREMIUM = "premium"
    PERSONAL = "personal"
    PAGER = "pager"
    NOT_A_MOBILE = "not_a_mobile"
    FICTIONAL = "fictional"
    UNASSIGNED = "unassigned"


_SENTENCES: Final[dict[Refusal, str]] = {
    Refusal.NOT_A_NUMBER: "This is not a telephone number. Enter a mobile number, for example 07911 123456.",
    Refusal.LETTERS: "This number contains letters. Enter it in digits, for example 07911 123456.",
    Refusal.EXTENSION: "A text cannot reach an extension. Enter a mobile number without one.",
    Refusal.IMPOSSIBLE: "This number has too few or too many digits. Check it with the client.",
    Refusal.LANDLINE: "This is a landline, which might read a text aloud. Ask for a mobile, or ring instead.",
    Refusal.PREMIUM: "This is a premium-rate number. Ask the client for their own mobile number.",
    Refusal.PERSONAL: "A 070 personal number looks like a mobile and is not one. Ask for a mobile number.",
    Refusal.PAGER: "This is a pager number. Ask the client for a mobile number, or ring instead.",
    Refusal.NOT_A_MOBILE: "This is a company or freephone number, not a mobile. Ask for a mobile number.",
    Refusal.FICTIONAL: "Ofcom keeps this number for drama: nobody owns it. Ask for the client's real one.",
    Refusal.UNASSIGNED: "No phone has a number like this. Check it with the client.",
}


class NumberRefused(ValueError):  # noqa: N818 - a refusal is an answer, not a fault
    """A number the clinic does not text. `sentence` can be shown to staff; it never repeats the number."""

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        self.sentence = _SENTENCES[reason]
        super().__init__(f"{reason.value}: {self.sentence}")


_REFUSED_TYPES: Final = {
    PhoneNumberType.FIXED_LINE: Refusal.LANDLINE,
    PhoneNumberType.PREMIUM_RATE: Refusal.PREMIUM,
    PhoneNumberType.SHARED_COST: Refusal.PREMIUM,
    PhoneNumberType.PERSONAL_NUMBER: Refusal.PERSONAL,
    PhoneNumberType.PAGER: Refusal.PAGER,
    PhoneNumberType.TOLL_FREE: Refusal.NOT_A_MOBILE,
    PhoneNumberType.UAN: Refusal.NOT_A_MOBILE,
    PhoneNumberType.VOIP: Refusal.NOT_A_MOBILE,
    PhoneNumberType.VOICEMAIL: Refusal.NOT_A_MOBILE,
    PhoneNumberType.UNKNOWN: Refusal.UNASSIGNED,
}
_UK_GEOGRAPHIC: Final = re.compile(r"\+44[12]\d{8,9}")
_OFCOM_DRAMA_MOBILE: Final = re.compile(r"\+447700900\d{3}")
_EXTENSION_MARK: Final = re.compile(r"(?:;?\s*ext\w*\.?|x|#)[\s=.:]*\d+\s*$", re.IGNORECASE)


def mobile(raw: str, region: str = "GB", *, allow_drama: bool = False) -> E164:
    """`raw` as E.164, if a text can reach a person there.

    `region` (ISO 3166) is where a number without country code belongs. `allow_drama` lets Ofcom's mobile
    drama range 07700 900000-900999 through; it is for the local gateway, where no real phone may ring.
    Raises NumberRefused with the reason and a sentence for staff.
    """
    if any(ch.isalpha() for ch in _EXTENSION_MARK.sub("", raw).removeprefix("tel:")):
        raise NumberRefused(Refusal.LETTERS)
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException as error:
        raise NumberRefused(Refusal.NOT_A_NUMBER) from error
    if number.extension or _EXTENSION_MARK.search(raw):
        raise NumberRefused(Refusal.EXTENSION)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    reason = _refusal(number, e164, allow_drama=allow_drama)
    if reason:
        raise NumberRefused(reason)
    return E164(e164)


def _refusal(number: phonenumbers.PhoneNumber, e164: str, *, allow_drama: bool) -> Refusal | None:
    if not phonenumbers.is_possible_number(number):
        return Refusal.IMPOSSIBLE
    if _UK_GEOGRAPHIC.fullmatch(e164):  # before the plan's own view: drama landlines are unknown to it
        return Refusal.LANDLINE
    if _OFCOM_DRAMA_MOBILE.fullmatch(e164):
        return None if allow_drama else Refusal.FICTIONAL
    return _REFUSED_TYPES.get(phonenumbers.number_type(number))
