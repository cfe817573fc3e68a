"""Which open question an answer fits: a reply belongs to the prompt it fits, even after later texts (F31)."""

from __future__ import annotations

from collections.abc import Iterable

from care.draft import Draft
from schemas.plan import AHEAD, Session
from schemas.prompts import Prompt, PromptKind
from schemas.replies import Reading
from schemas.transition import ReplyFinding

_HIGHEST = {"CHK-FLARE": 7, "CHK-HOME": 7}


def open_prompts(draft: Draft) -> tuple[Prompt, ...]:
    """The prompts a text arriving now may answer."""
    return tuple(p for p in draft.state.prompts if p.expires_at > draft.now)


def fitting_choice(draft: Draft, reading: Reading) -> tuple[Prompt, ...]:
    """The open questions about a visit that 1, 2 or 3 answers."""
    if reading.choice is None:
        return ()
    return tuple(p for p in open_prompts(draft) if p.kind is PromptKind.confirm_session)


def _fitting_score(draft: Draft, reading: Reading) -> tuple[Prompt, ...]:
    value = reading.value
    if value is None:
        return ()
    return tuple(
        p
        for p in open_prompts(draft)
        if p.kind is PromptKind.score and value <= _HIGHEST.get(p.question or "", 10)
    )


def _fitting_change(draft: Draft, reading: Reading) -> tuple[Prompt, ...]:
    if reading.yes_no is None:
        return ()
    return tuple(p for p in open_prompts(draft) if p.kind is PromptKind.health_change)


def fits(draft: Draft, reading: Reading) -> tuple[Prompt, ...]:
    """Every open prompt this reading could answer."""
    return (
        *fitting_choice(draft, reading),
        *_fitting_score(draft, reading),
        *_fitting_change(draft, reading),
    )


def matters(prompts: Iterable[Prompt], *, questions_apart: bool = True) -> int:
    """How many things these prompts are about: each visit is one, and each question, however often it was asked.

    Without `questions_apart` all questions together are one, and an answer goes to the one asked last.
    """
    return len({matter(prompt, questions_apart=questions_apart) for prompt in prompts})


def matter(prompt: Prompt, *, questions_apart: bool) -> tuple[PromptKind, int | str | None]:
    """What a prompt is about, the same for every prompt about it."""
    if prompt.kind is PromptKind.confirm_session:
        return prompt.kind, prompt.session_no
    return prompt.kind, prompt.question if questions_apart else None


def one_fits(draft: Draft, finding: ReplyFinding) -> bool:
    """Whether it is clear what this answer is about."""
    return _matters(draft, finding) == 1


def several_fit(draft: Draft, finding: ReplyFinding) -> bool:
    """Whether this answer could be about several things."""
    return _matters(draft, finding) > 1


def _matters(draft: Draft, finding: ReplyFinding) -> int:
    return matters(fits(draft, finding.reading), questions_apart=finding.questions_apart)


def session_asked(draft: Draft, prompts: Iterable[Prompt]) -> Session | None:
    """The session the latest of these prompts is about, if it is still to come."""
    latest = max(prompts, key=lambda p: (p.asked_at, p.key), default=None)
    session = draft.state.session(latest.session_no) if latest and latest.session_no else None
    return session if session is not None and session.status in AHEAD else None
