"""What a therapist reads beside the policy's conditions: measures that corroborate, and how far pain has come.

None of it decides: the taper policy looks at none of these lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.console import goal_words
from api.console.moments import SiteClock
from care.goal_scores import counts_now
from care.protocol import recoded
from care.told import by_question
from schemas.plan import PlanState
from schemas.rules import RulePack

_PAIN: Final = "NRS"
_CAVEAT: Final = "recoding not validated"


@dataclass(frozen=True)
class Beside:
    """One line: what it is, its value, and how to read it."""

    what: str
    value: str
    hint: str


def beside(pack: RulePack, state: PlanState, clock: SiteClock) -> tuple[Beside, ...]:
    """The lines for which something is known."""
    return (*ratings(pack, state, clock), *_pain(pack, state), *_assessors(state))


def ratings(pack: RulePack, state: PlanState, clock: SiteClock) -> Iterator[Beside]:
    """The client's last rating of change, as it is kept and as it was told: `+3 (8 of 10; …)`."""
    told = by_question(state.progress.answers)
    for asked, added in recoded(pack):
        question, given = pack.questions[asked], told.get(asked, ())
        if not given:
            continue
        yield Beside(
            what=question.measure or "",
            value=f"{given[-1].value + added:+g} ({given[-1].value} of {question.range[1]}; {_CAVEAT})",
            hint=f"Told {clock.day(given[-1].at)}. Corroborates, never decides alone.",
        )


def _pain(pack: RulePack, state: PlanState) -> Iterator[Beside]:
    """The raw change of pain, with its share of the baseline beside it."""
    measure, baseline = pack.measures.get(_PAIN), state.protocol.pain_baseline
    now = next((one.pain for one in reversed(state.progress.scores) if one.pain is not None), None)
    if measure is None or measure.mcid is None or now is None:
        return
    change = baseline - now
    share = f", {100 * abs(change) / baseline:.0f} %" if baseline else ""
    way = "no change" if not change else f"{abs(change):g} {'lower' if change > 0 else 'higher'}{share}"
    hint = f"A fall of {measure.mcid:g} counts"
    if measure.mcid_pct is not None:
        hint += f"; from a high baseline it takes more, so {measure.mcid_pct:g} % is looked at too"
    yield Beside("Pain since the start", f"{baseline:g} → {now:g}: {way}", f"{hint}.")


def _assessors(state: PlanState) -> Iterator[Beside]:
    """Which change of an angle counts now, and why it is that one."""
    measure = state.protocol.primary
    if measure.mdc_between is None:
        return
    counts = counts_now(state)
    one, two = (goal_words.amount(measure, number) for number in (measure.mcid, measure.mdc_between))
    hint = (
        "Taken by one assessor throughout"
        if counts == measure.mcid
        else "Not all taken by one known assessor"
    )
    yield Beside(
        what=goal_words.name(measure),
        value=f"a change of {goal_words.amount(measure, counts)} counts",
        hint=f"{hint}: {one} by one, {two} between two.",
    )
