"""What the pack says of silence: AL-12 and AL-13, whose `if` is a sentence with one number in it."""

from __future__ import annotations

import re
from typing import Final

from schemas.rules import RulePack

_SENTENCES: Final = {
    "AL-12": (
        re.compile(r"^(\d+) routine check-ins? in a row unanswered$"),
        "2 routine check-ins in a row unanswered",
    ),
    "AL-13": (
        re.compile(r"^E0 or E1 text sent and no staff-confirmed contact in (\d+(?:\.\d+)?) staffed hours?$"),
        "E0 or E1 text sent and no staff-confirmed contact in 4 staffed hours",
    ),
}
"""Each rule's sentence, and the draft pack's own, which a pack that leaves the rule out is taken to say."""


def unreadable(rule: str, condition: str) -> str | None:
    """Why a rule's `if` cannot be followed; None where it can, or where the engine follows no rule of that name."""
    sentence, example = _SENTENCES.get(rule, (None, ""))
    if sentence is None or sentence.match(condition):
        return None
    return f"cannot read the condition {condition!r}; say {example!r} with another number"


def silent_phone_after(pack: RulePack) -> int:
    """AL-12: after how many unanswered check-ins in a row somebody rings."""
    return int(_number(pack, "AL-12"))


def contact_minutes_at_most(pack: RulePack) -> int:
    """AL-13: within how many staffed minutes of an E0 or E1 somebody has spoken to the client."""
    return round(_number(pack, "AL-13") * 60)


def _number(pack: RulePack, rule: str) -> float:
    sentence, said = _SENTENCES[rule]
    said = next((one.condition for one in pack.sms_checkins.number_alerts if one.id == rule), said)
    found = sentence.match(said)
    if found is None:
        raise ValueError(f"{rule}: {unreadable(rule, said)}")
    return float(found.group(1))
