"""Which open question an answer fits: a reply belongs to the prompt it fits, even after later texts (F31)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from care.draft import Draft
from schemas.plan import AHEAD, Session
from schemas.prompts import Prompt, PromptKind
from schemas.replies import Reading

when_asked = attrgetter("asked_at", "key")
"""What prompts are ordered by, the one asked first before the others."""

_CONFIRM, _CHANGE = PromptKind.confirm_session, PromptKind.health_change
_HIGHEST = {"CHK-FLARE": 7, "CHK-HOME": 7}


def open_prompts(draft: Draft) -> tuple[Prompt, ...]:
    """The prompts a text arriving now may answer."""
    now = draft.now
    return tuple([p for p in draft.state.prompts if p.expires_at > now])


def fits(draft: Draft, reading: Reading) -> tuple[Prompt, ...]:
    """Every open prompt this reading could answer."""
    now = draft.now
    return tuple([p for p in draft.state.prompts if p.expires_at > now and _ANSWERED[p.kind](p, reading)])


def change_told(draft: Draft, reading: Reading) -> Prompt | None:
    """The open question whether anything has changed, where words or an alarm answer it (MID-4)."""
    if not (reading.free_text or (reading.groups and reading.group is not None)):
        return None
    for prompt in reversed(open_prompts(draft)):
        if prompt.kind is _CHANGE:
            return prompt
    return None


def _in_range(prompt: Prompt, reading: Reading) -> bool:
    return reading.value is not None and reading.value <= _HIGHEST.get(prompt.question or "", 10)


_ANSWERED: dict[PromptKind, Callable[[Prompt, Reading], bool]] = {
    _CONFIRM: lambda _, reading: reading.choice is not None,
    PromptKind.score: _in_range,
    _CHANGE: lambda _, reading: reading.yes_no is not None,
    PromptKind.which: lambda _, __: False,
}
"""Whether a reading answers a prompt, by the prompt's kind. Which of two was meant is told by A or B alone."""


def matters(prompts: Sequence[Prompt], *, questions_apart: bool = True) -> int:
    """How many things these prompts are about: each visit is one, and each question, however often it was asked.

    Without `questions_apart` all questions together are one, and an answer goes to the one asked last.
    """
    if len(prompts) < 2:
        return len(prompts)
    return len({matter(prompt, questions_apart=questions_apart) for prompt in prompts})


def matter(prompt: Prompt, *, questions_apart: bool) -> tuple[PromptKind, int | str | None]:
    """What a prompt is about, the same for every prompt about it."""
    if prompt.kind is _CONFIRM:
        return prompt.kind, prompt.session_no
    return prompt.kind, prompt.question if questions_apart else None


def asked_last(prompts: Sequence[Prompt]) -> Prompt:
    """The one of these prompts that was asked last. ValueError for none."""
    return prompts[0] if len(prompts) == 1 else max(prompts, key=when_asked)


def session_asked(draft: Draft, prompts: Sequence[Prompt]) -> Session | None:
    """The session the latest of these prompts is about, if it is still to come."""
    number = asked_last(prompts).session_no if prompts else None
    session = draft.state.session(number) if number else None
    return session if session is not None and session.status in AHEAD else None
