"""One answer, two questions it fits: the client is asked which one was meant, once; then a person asks (F33)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from care.draft import Draft
from care.fitting import matter, when_asked
from care.local_time import out_of_quiet
from care.number_noted import ask_for_a_person, rank
from schemas.alerts import AlertReason
from schemas.messages import TextPurpose
from schemas.number_alerts import NumberAlert
from schemas.prompts import Prompt, PromptKind, Undecided
from schemas.screening import Urgency
from schemas.transition import ReplyFinding

ASKED_BACK = "REPLY-WHICH"
"""The rule by which a client is asked which of two an answer was meant for (`sms.md`, precedence)."""

_WAITED_FOR = timedelta(hours=4)
_CONFIRM, _WHICH = PromptKind.confirm_session, PromptKind.which
_TEMPLATES = {
    (_CONFIRM, PromptKind.score): "which_visit_or_question",
    (_CONFIRM, _CONFIRM): "which_visit",
    (PromptKind.score, PromptKind.score): "which_question",
}


def asked_which(draft: Draft) -> Prompt | None:
    """The open question which of two was meant, if the client has been asked."""
    for prompt in draft.state.prompts:
        if prompt.kind is _WHICH and prompt.expires_at > draft.now:
            return prompt
    return None


def ask_which(draft: Draft, inbound_id: str, finding: ReplyFinding, fitting: Sequence[Prompt]) -> bool:
    """Ask which of two matters an answer is about and keep it until then; False where a person must ask.

    A visit comes before a question, an earlier visit before a later one, a question asked first before one asked
    later: A and B of the text, which tells questions apart by when they were asked.
    """
    matters = _one_each(fitting, questions_apart=finding.questions_apart)
    template = _TEMPLATES.get(tuple([one.kind for one in matters]))  # type: ignore[arg-type]
    if template is None or asked_which(draft) is not None or draft.tells_client:
        return False
    told = _told_apart(draft, matters)
    if not told:
        return False
    reading = finding.reading
    draft.add_prompt(
        Prompt.of(
            key=f"which:{inbound_id}",
            kind=_WHICH,
            asked_at=draft.now,
            expires_at=out_of_quiet(draft.protocol.hours, draft.now) + _WAITED_FOR,
            undecided=Undecided.of(
                inbound_id=inbound_id,
                options=tuple([one.key for one in matters]),
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
        rule=ASKED_BACK,
        starts_at=told,
        life=_WAITED_FOR * 4,
    )
    return True


def alert_at_best(finding: ReplyFinding, fitting: Sequence[Prompt]) -> NumberAlert | None:
    """The alert that a number raises whichever question it was meant for: of each one's gravest, the mildest.

    None where one of the questions would raise nothing that must be called back, or where a visit may be meant.
    """
    gravest = []
    for one in _one_each(fitting, questions_apart=finding.questions_apart):
        raised = finding.alerts.get(one.question or "", ())
        if not raised:
            return None
        gravest.append(min(raised, key=rank))
    mildest = max(gravest, key=rank)
    return mildest if mildest.urgency is not Urgency.E3 else None


def never_told_which(draft: Draft, inbound_id: str, alerts: Mapping[str, Sequence[NumberAlert]]) -> None:
    """A person reads what nobody could place; until then it counts as the gravest that it may have meant."""
    draft.raise_alert(AlertReason.unread_reply, Urgency.E3, ASKED_BACK, subject=inbound_id)
    gravest = min(chain.from_iterable(alerts.values()), key=rank, default=None)
    if gravest is not None and gravest.urgency is not Urgency.E3:
        ask_for_a_person(draft, gravest, inbound_id, say=f"in:{inbound_id}:callback")


def _told_apart(draft: Draft, matters: Sequence[Prompt]) -> tuple[datetime, ...]:
    """The times that tell the matters apart: of visits their start, of questions alone when each was asked."""
    visits = [one.session_no or 0 for one in matters if _of_a_visit(one)]
    if not visits:
        return tuple([one.asked_at for one in matters])
    sessions = [draft.state.session(number) for number in visits]
    return tuple([session.starts_at for session in sessions if session is not None])


def _one_each(fitting: Sequence[Prompt], *, questions_apart: bool) -> list[Prompt]:
    """Of each matter the prompt asked last, in order of time, visits first; beside a visit all questions are one."""
    apart = questions_apart and not any(_of_a_visit(p) for p in fitting)
    in_order = sorted(fitting, key=when_asked)
    last = {matter(prompt, questions_apart=apart): prompt for prompt in in_order}
    visits = [p for p in last.values() if _of_a_visit(p)]
    questions = [p for p in last.values() if not _of_a_visit(p)]
    return [*sorted(visits, key=lambda p: p.session_no or 0), *sorted(questions, key=when_asked)]


def _of_a_visit(prompt: Prompt) -> bool:
    return prompt.kind is _CONFIRM
