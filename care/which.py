"""One answer, two questions it fits: the client is asked which one was meant, once; then a person asks (F33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from care.draft import Draft
from care.local_time import out_of_quiet
from schemas.messages import TextPurpose
from schemas.plan import Prompt, PromptKind, Undecided
from schemas.transition import ReplyFinding

_WAITED_FOR = timedelta(hours=4)
_TEMPLATES = {
    (PromptKind.confirm_session, PromptKind.score): "which_visit_or_question",
    (PromptKind.confirm_session, PromptKind.confirm_session): "which_visit",
}


def asked_which(draft: Draft) -> Prompt | None:
    """The open question which of two was meant, if the client has been asked."""
    open_now = (p for p in draft.state.prompts if p.expires_at > draft.now)
    return next((p for p in open_now if p.kind is PromptKind.which), None)


def ask_which(draft: Draft, inbound_id: str, finding: ReplyFinding, fitting: Sequence[Prompt]) -> bool:
    """Ask which of two matters an answer is about and keep it until then; False where a person must ask.

    A visit comes before a question, an earlier visit before a later one: A and B of the text.
    """
    matters = _one_each(fitting)
    template = _TEMPLATES.get(tuple(one.kind for one in matters))  # type: ignore[arg-type]
    sessions = [draft.state.session(one.session_no or 0) for one in matters]
    visits = tuple(session.starts_at for session in sessions if session is not None)
    if template is None or not visits or asked_which(draft) is not None or draft.tells_client:
        return False
    reading = finding.reading
    draft.add_prompt(
        Prompt(
            key=f"which:{inbound_id}",
            kind=PromptKind.which,
            asked_at=draft.now,
            expires_at=out_of_quiet(draft.protocol.hours, draft.now) + _WAITED_FOR,
            undecided=Undecided(
                inbound_id=inbound_id,
                options=tuple(one.key for one in matters),
                value=reading.value,
                choice=reading.choice,
                imprecise=reading.imprecise,
                alerts=finding.alerts,
            ),
        )
    )
    draft.text(
        f"in:{inbound_id}:which",
        template=template,
        purpose=TextPurpose.question,
        rule="REPLY-WHICH",
        starts_at=visits,
        life=_WAITED_FOR * 4,
    )
    return True


def _one_each(fitting: Sequence[Prompt]) -> list[Prompt]:
    """Of each matter the prompt asked last, visits in order of time first."""
    last = {}
    for prompt in sorted(fitting, key=lambda p: (p.asked_at, p.key)):
        about = prompt.session_no if prompt.kind is PromptKind.confirm_session else None
        last[prompt.kind, about] = prompt
    return sorted(last.values(), key=lambda p: (p.kind is not PromptKind.confirm_session, p.session_no or 0))
