"""What a client's text does: safety first, then the answer it gives, then a person.

The words were read in an activity (`care.replies`); here the reading meets the plan's open prompts. A safety
word counts even inside "STOP" or next to a number; whatever is not understood reaches a person; ambiguity
never cancels (F33).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from care.draft import Draft
from care.fitting import asked_last, change_told, fits, matters, open_prompts, session_asked
from care.local_time import next_opening
from care.number_noted import ask_for_a_person, kept_as, note_number, rank
from care.pausing import suspend
from care.sessions import ask_for_change, cancelled_by_reply, confirm
from care.told import by_question
from care.which import alert_at_best, ask_which, asked_which, never_told_which
from schemas.alerts import AlertReason
from schemas.commands import ReceiveText
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import PlanState
from schemas.prompts import Prompt, PromptKind
from schemas.replies import Reading
from schemas.screening import URGENT, Urgency
from schemas.transition import ReplyFinding, ReplyQuestion

_PAIN, _GOAL = "CHK-PAIN", "CHK-GOAL"
_STIFFNESS = "STIFF"
_CLOSED, _PARSER = "MSG-OOH", "sms_checkins.parser"
_READ, _RECORDED, _SILENT = EventKind.reply_read, EventKind.answer_recorded, AlertReason.silent_client

Fitting = tuple[Prompt, ...]
"""The open prompts that a text could answer."""


def reply_question(
    state: PlanState, inbound_id: str, questions: tuple[str, ...] | None = None
) -> ReplyQuestion:
    """What the reading activity must know: the questions, and the scores to compare with.

    `questions` are those that an answer is given to; None for a text: it may answer any that is open.
    """
    progress, protocol = state.progress, state.protocol
    if questions is None:
        questions = tuple(dict.fromkeys([p.question for p in state.prompts if p.question]))
    told = by_question(progress.answers)
    goals = told.get(_GOAL, ()) if _GOAL in questions else ()
    day3 = _day3(state) if _PAIN in questions else None
    primary = protocol.primary
    return ReplyQuestion.of(
        inbound_id=inbound_id,
        pack_hash=protocol.pack_hash,
        questions=questions,
        baseline=protocol.pain_baseline,
        previous={question: told[question][-1].value for question in questions if question in told},
        best_goal=max([goal.value for goal in goals]) if goals else None,
        pre_session=None if day3 is None else _pain_before(state, day3),
        day3=day3 is not None,
        stiffness_baseline=primary.baseline if primary.code == _STIFFNESS else protocol.stiffness_baseline,
    )


def _day3(state: PlanState) -> Prompt | None:
    """The open question of the third day after a visit (SCH-2)."""
    for prompt in reversed(state.prompts):
        if prompt.key.endswith(":day3"):
            return prompt
    return None


def _pain_before(state: PlanState, day3: Prompt) -> float | None:
    """The pain before the visit that is asked about, which need not be the latest (AL-04)."""
    for score in reversed(state.progress.scores):
        if score.session_no == day3.session_no:
            return score.pain
    return None


def could_answer(state: PlanState, reading: Reading, now: datetime) -> bool:
    """Whether something is open in this plan that the reading answers."""
    draft = Draft(state, now, "look")
    return bool(fits(draft, reading)) or _says_which(draft, reading)


def receive_text(draft: Draft, command: ReceiveText, finding: ReplyFinding) -> None:
    """One text, one effect: the first line of the precedence table that applies, after safety."""
    reading = finding.reading
    if command.sender_unsure:
        _safety(draft, command, reading)
        return
    draft.answers(command.inbound_id)
    draft.close_alerts(_SILENT, "client answered")
    draft.event(
        _READ,
        reading.group,
        inbound=command.inbound_id,
        value=reading.value,
        choice=reading.choice,
        urgency=reading.urgency,
        rules=reading.rules,
        opt_out=reading.opt_out,
    )
    change = change_told(draft, reading)
    raised = _safety(draft, command, reading)
    fitting = fits(draft, reading)
    act = _first_that_applies(draft, reading, fitting)
    if act is not _answer:  # which notes it together with what the client says
        draft.heard()
    if act is not None:
        act(draft, command, finding, fitting)
    elif change is not None:
        _note_change(draft, command, change, changed=True)
        if raised in {None, Urgency.E3}:
            draft.drop_prompt(change.key)
            _health_changed(draft, command, reading)
    elif raised is None:
        _unread(draft, command)


_Act = Callable[[Draft, ReceiveText, ReplyFinding, Fitting], None]


def _first_that_applies(draft: Draft, reading: Reading, fitting: Fitting) -> _Act | None:
    """After safety words: opt-out, START and HELP, which was meant, the open prompt's answer, then odd replies."""
    if reading.opt_out:
        return _opt_out
    if reading.opt_in and not draft.state.texts_on:
        return _opt_in
    if reading.help:
        return _help
    if _says_which(draft, reading):
        return _decided
    if fitting:
        return _answer
    return _reask if reading.unreadable and _can_ask_again(draft) else None


def _safety(draft: Draft, command: ReceiveText, reading: Reading) -> Urgency | None:
    """Keyword groups: one text at once, an alert of this urgency, for E0/E1 a suspension (MID-1). None for none."""
    if not reading.groups or reading.group is None:
        return None
    urgency = reading.urgency or Urgency.E3
    if reading.message is not None:
        draft.text(
            f"in:{command.inbound_id}:safety",
            template=reading.message,
            purpose=TextPurpose.safety,
            rule=reading.group,
        )
    draft.raise_alert(
        AlertReason.safety_words,
        urgency,
        reading.group,
        subject=command.inbound_id,
        screening_items=reading.screening_items,
    )
    if urgency in URGENT:
        suspend(draft, reading.group, reading.screening_items)
    return urgency


def _opt_out(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """STOP: nothing routine is texted any more; the clinic rings instead. A bare CANCEL also cancels."""
    draft.event(EventKind.opted_out, "opt_out", inbound=command.inbound_id)
    draft.allow_texts(False)
    draft.withdraw_texts()
    if not draft.state.closed:
        draft.raise_alert(AlertReason.opted_out, Urgency.E3, "opt_out")
    asked = [p for p in fitting if p.kind is PromptKind.confirm_session]
    session = session_asked(draft, asked) if matters(asked) == 1 else None
    if finding.reading.choice == 3 and session is not None:
        cancelled_by_reply(draft, session)
    draft.set(prompts=())


def _opt_in(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    draft.event(EventKind.opted_in, "opt_out", inbound=command.inbound_id)
    draft.allow_texts(True)
    if draft.state.texts_agreed:
        draft.close_alerts(AlertReason.opted_out, "opted in again")


def _help(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """The provider answers HELP itself; a person sees that it was asked."""
    _for_a_person(draft, command)


def _answer(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """The prompt is answered; of two about one matter, the one asked last."""
    if len(fitting) > 1 and matters(fitting, questions_apart=finding.questions_apart) > 1:
        draft.heard()
        _ask_which(draft, command, finding, fitting)
        return
    prompt = asked_last(fitting)
    _BY_PROMPT[prompt.kind](draft, command, finding, prompt)


def _session_answer(draft: Draft, command: ReceiveText, finding: ReplyFinding, prompt: Prompt) -> None:
    draft.heard(prompt)
    session = session_asked(draft, (prompt,))
    choice = finding.reading.choice
    if session is None or choice is None:
        _unread(draft, command)
        return
    {1: confirm, 2: ask_for_change, 3: cancelled_by_reply}[choice](draft, session)


def _change_answer(draft: Draft, command: ReceiveText, finding: ReplyFinding, prompt: Prompt) -> None:
    """NO to "any change in your health?" closes the question; anything else is a change (MID-4)."""
    draft.heard(prompt)
    changed = finding.reading.yes_no
    _note_change(draft, command, prompt, changed)
    if changed:
        _health_changed(draft, command, finding.reading)


def _note_change(draft: Draft, command: ReceiveText, asked: Prompt, changed: bool | None) -> None:
    """What was said the day before is on the sheet of its session; the text is kept with it."""
    draft.event(
        _RECORDED,
        "SCH-8",
        question="CHK-CHANGE",
        changed=changed,
        session=asked.session_no,
        inbound=command.inbound_id,
    )


def _score_answer(draft: Draft, command: ReceiveText, finding: ReplyFinding, prompt: Prompt) -> None:
    reading, question = finding.reading, prompt.question
    value = reading.value
    if value is None or question is None:
        draft.heard(prompt)
        _unread(draft, command)
        return
    note_number(draft, question, value, prompt)
    draft.event(
        _RECORDED,
        question,
        question=question,
        value=value,
        prompt=prompt.key,
        **kept_as(draft.protocol, question, value),
    )
    for alert in sorted(finding.alerts.get(question, ()), key=rank):
        ask_for_a_person(draft, alert, command.inbound_id, say=f"in:{command.inbound_id}:callback")
    if reading.imprecise:
        _unread(draft, command)


def _ask_which(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """Two open questions fit the same answer: ask which, once, then a person; nothing happens on a guess (F33).

    What the number would mean at its best is no guess: that is raised at once, whichever was meant.
    """
    inbound = command.inbound_id
    if not ask_which(draft, inbound, finding, fitting):
        never_told_which(draft, inbound, finding.alerts)
    elif (at_best := alert_at_best(finding, fitting)) is not None:
        ask_for_a_person(draft, at_best, inbound)


def _says_which(draft: Draft, reading: Reading) -> bool:
    return reading.option is not None and asked_which(draft) is not None


def _decided(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """The answer that waited goes to the prompt it was meant for, if that still waits too."""
    which, option = asked_which(draft), finding.reading.option
    if which is None or which.undecided is None or option is None:
        _unread(draft, command)
        return
    draft.drop_prompt(which.key)
    meant, held = which.undecided.options[option - 1], which.undecided
    prompt = next((p for p in open_prompts(draft) if p.key == meant), None)
    if prompt is None:
        never_told_which(draft, held.inbound_id, held.alerts)
        return
    reading = Reading.of(value=held.value, choice=held.choice, imprecise=held.imprecise)
    said = ReplyFinding.of(reading=reading, alerts=held.alerts)
    _BY_PROMPT[prompt.kind](draft, command, said, prompt)


def _can_ask_again(draft: Draft) -> bool:
    return any(p.kind is PromptKind.score and not p.reasked for p in open_prompts(draft))


def _reask(draft: Draft, command: ReceiveText, finding: ReplyFinding, fitting: Fitting) -> None:
    """An odd answer to a score: ask for the number once, then a person (MSG-REASK, F30)."""
    draft.set(
        prompts=tuple(p.but(reasked=True) if p.kind is PromptKind.score else p for p in draft.state.prompts)
    )
    draft.text(
        f"in:{command.inbound_id}:reask", template="MSG-REASK", purpose=TextPurpose.question, rule="MSG-REASK"
    )


def _health_changed(draft: Draft, command: ReceiveText, reading: Reading) -> None:
    """A change before a visit: a physiotherapist closes it before anyone treats, with what was named (MID-4, MID-2).

    A mild safety word says what changed; by itself it would hold no visit back.
    """
    draft.raise_alert(
        AlertReason.health_change,
        Urgency.E2,
        "MID-4",
        subject=command.inbound_id,
        screening_items=reading.screening_items,
    )


def _unread(draft: Draft, command: ReceiveText) -> None:
    """A person reads it at the next opening; while nobody does, the client hears so, once (HAZ-03, MSG-OOH)."""
    if not draft.tells_client and not _told_that_nobody_reads(draft):
        draft.text(
            f"in:{command.inbound_id}:closed", template=_CLOSED, purpose=TextPurpose.safety, rule=_CLOSED
        )
    _for_a_person(draft, command)


def _for_a_person(draft: Draft, command: ReceiveText) -> None:
    draft.raise_alert(AlertReason.unread_reply, Urgency.E3, _PARSER, subject=command.inbound_id)


def _told_that_nobody_reads(draft: Draft) -> bool:
    """Whether somebody reads now, or the client was told otherwise since the site closed."""
    hours, now = draft.protocol.hours, draft.now
    opens = next_opening(hours, now)
    return opens == now or any(
        alert.rule == _PARSER and next_opening(hours, alert.opened_at) == opens
        for alert in draft.state.alerts
    )


_BY_PROMPT: dict[PromptKind, Callable[[Draft, ReceiveText, ReplyFinding, Prompt], None]] = {
    PromptKind.confirm_session: _session_answer,
    PromptKind.health_change: _change_answer,
    PromptKind.score: _score_answer,
}
