"""Where a plan stands once its holds have changed: still while they hold it, and asking for what ends them."""

from __future__ import annotations

from care.draft import Draft
from care.opening import NOT_STARTED, ask_for_clearances, await_next, blocking
from care.pausing import ask_to_resume, suspend
from schemas.plan import Stage


def follow_holds(draft: Draft, rule: str, *, stop: str | None = None) -> None:
    """A plan that is held stands still, and what ends each hold is asked for; it goes on by approval only (MID-3).

    `stop` is the rule by which it stands still in any case.
    """
    if draft.state.stage in NOT_STARTED:
        await_next(draft)
        return
    held = blocking(draft.state)
    because = held[0].hold.rule if held else stop
    if because is not None:
        suspend(draft, because, ())
    ask_for_clearances(draft)
    pause = draft.state.pause
    if draft.state.stage is Stage.suspended and pause is not None and pause.safety:
        ask_to_resume(draft, rule)
