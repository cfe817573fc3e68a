"""What must be true of a played plan, whatever happened in it; the demo fails loudly where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cli.playing.people import PhoneText
from cli.playing.script import Script
from schemas.plan import PlanState, Stage
from schemas.taper import Step

_ON_THEIR_WAY = frozenset({"pending", "sending"})
_ARRIVED = frozenset({"sent", "delivered", "undelivered"})


def general_faults(
    state: PlanState, messages: Sequence[dict[str, Any]], phone: Sequence[PhoneText], chain: dict[str, Any]
) -> Iterator[str]:
    """Sentences about what is wrong: a text lost, doubled or left behind, an event changed, an orphan."""
    ours = [message for message in messages if message["direction"] == "out"]
    to_client = [message for message in ours if message["audience"] == "client"]
    for key, count in Counter(message["key"] for message in ours).items():
        if count > 1:
            yield f"{key} was ordered {count} times"
    for message in ours:
        if message["status"] in _ON_THEIR_WAY:
            yield f"{message['key']} never ended: it is {message['status']}"
    sent = sum(message["status"] in _ARRIVED for message in to_client)
    shown = sum(not text.mine for text in phone)
    if sent != shown:
        yield f"{sent} texts are on record as sent, the phone shows {shown}"
    read = sum(message["direction"] == "in" for message in messages)
    written = sum(text.mine for text in phone)
    if read != written:
        yield f"the client wrote {written} texts, {read} are on record"
    if not chain["whole"]:
        yield f"the audit chain is broken at {chain['broken_at']}"
    if state.closed and (state.approvals or state.alerts):
        yield "the plan has ended with something still open"


def script_faults(state: PlanState, script: Script, events: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the script asks for and did not happen."""
    kinds = Counter(event["kind"] for event in events)
    outcomes = Counter(e["facts"]["outcome"] for e in events if e["kind"] == "session.outcome_recorded")
    if state.stage is not Stage.discharged:
        yield f"the plan should end in discharge; it is {state.stage}"
    visits = sum(outcomes.values())
    if not 12 <= visits <= 16:
        yield f"12 to 16 visits were expected, there were {visits}"
    for missed in set(script.missed.values()):
        if not outcomes[missed]:
            yield f"a {missed} was expected, there was none"
    steps = [(e["facts"]["was"], e["facts"]["now"]) for e in events if e["kind"] == "taper.step_changed"]
    if script.flare_after_session is not None and not any(_up(was, now) for was, now in steps):
        yield "the flare should have stepped the plan up again; it did not"
    if script.red_flag is not None and not (kinds["plan.paused"] and kinds["plan.resumed"]):
        yield "the red-flag text should have suspended the plan until cleared; it did not"


def _up(was: str, now: str) -> bool:
    steps = list(Step)
    return steps.index(Step(now)) < steps.index(Step(was))
