"""What Twilio's error codes mean to the clinic: who must act, and whether another attempt makes sense.

The table follows Twilio's error and warning dictionary; the same codes arrive in answers to a create
(2xxxx) and in status callbacks (3xxxx).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ErrorClass(StrEnum):
    """The kinds of refusal that need different people, and the codes nobody has classified yet."""

    OPT_OUT = "opt_out"
    BAD_NUMBER = "bad_number"
    BAD_ADDRESS = "bad_address"
    OUR_CONFIGURATION = "our_configuration"
    OUR_BUG = "our_bug"
    RETRY_LATER = "retry_later"
    FILTERED = "filtered"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error class asks for. `sentence` is for staff and names no number."""

    sentence: str
    try_again: bool = False


MEANINGS: Final[dict[ErrorClass, Meaning]] = {
    ErrorClass.OPT_OUT: Meaning("The client has opted out of texts. Ring them if this matters."),
    ErrorClass.BAD_NUMBER: Meaning("This number cannot receive texts. Ask the client for a mobile number."),
    ErrorClass.BAD_ADDRESS: Meaning("The mail server refused this address. Ask the client for another."),
    ErrorClass.OUR_CONFIGURATION: Meaning(
        "The clinic's Twilio account or sender is not set up for this. Check the Twilio settings."
    ),
    ErrorClass.OUR_BUG: Meaning("Limber built a text that Twilio cannot take. Report this to support."),
    ErrorClass.RETRY_LATER: Meaning("The network could not take the text just now.", try_again=True),
    ErrorClass.FILTERED: Meaning("The client's network blocked the text as unwanted. Ring the client."),
    ErrorClass.UNCLASSIFIED: Meaning("Twilio refused the text for a reason Limber does not know."),
}

_CODES: Final[dict[ErrorClass, tuple[int, ...]]] = {
    ErrorClass.OPT_OUT: (21610,),
    ErrorClass.BAD_NUMBER: (21211, 21614, 21635, 30005, 30006),
    ErrorClass.OUR_CONFIGURATION: (20003, 20404, 21212, 21408, 21606, 21612, 30002, 30034),
    ErrorClass.OUR_BUG: (21602, 21604, 21617),
    ErrorClass.RETRY_LATER: (20429, 21611, 30001, 30003, 30008, 30500),
    ErrorClass.FILTERED: (30004, 30007, 30450),
}
_CLASS_OF: Final = {code: error_class for error_class, codes in _CODES.items() for code in codes}


def classify(code: int | None) -> ErrorClass:
    """The class of a Twilio error code; UNCLASSIFIED, which a person looks at, for any other."""
    return _CLASS_OF.get(code, ErrorClass.UNCLASSIFIED) if code is not None else ErrorClass.UNCLASSIFIED
