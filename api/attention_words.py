"""What needs a person, as a sentence and the step that helps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from database.attention import AttentionItem, AttentionKind
from schemas.alerts import AlertReason as A

ALERTS: Final[Mapping[A, tuple[str, str]]] = MappingProxyType(
    {
        A.safety_words: (
            "The client texted words that may mean danger.",
            "Read the text and ring the client.",
        ),
        A.number_alert: (
            "An answer to a check-in is worrying.",
            "Ring the client and write down what you found.",
        ),
        A.unread_reply: ("A text could not be read by rule.", "Read it and answer the client."),
        A.health_change: ("The client's health has changed.", "Ring, and repeat the screening questions."),
        A.change_requested: ("The client asks for another time.", "Offer a time and move the session."),
        A.silent_client: ("Check-ins stay unanswered.", "Ring the client."),
        A.outcome_missing: ("A session has no outcome yet.", "Record what happened at the session."),
        A.slot_needed: ("A session has no time.", "Choose one of the free times."),
        A.text_undelivered: ("A text did not arrive.", "Ring the client and check the number."),
        A.text_unknown: ("Nobody knows whether a text went out.", "Ring the client; it is not sent again."),
        A.opted_out: ("The client gets no texts.", "Arrange by telephone what texts would have said."),
        A.urgent_referral: (
            "Screening found something to act on.",
            "Ring the client and record the outcome.",
        ),
        A.review_due: ("A review is due.", "Review the plan with the client."),
        A.taper_escalation: ("The taper policy asks for the therapist.", "Look at the trend and decide."),
        A.screening_expires: ("The screening runs out.", "Repeat the screening questions."),
        A.short_course: ("The first few sessions are done.", "Decide: enough, carry on, or change."),
        A.assessment_missing: (
            "Hands-on work began without a physical assessment.",
            "Record the assessment, or say why there was none.",
        ),
        A.not_suitable: (
            "The physical assessment says that hands-on work is not suitable.",
            "Agree the next step with the client: assess again, refer on, or end the plan.",
        ),
        A.adverse_event: ("An unwanted effect was reported.", "Ring the client, examine, and follow it up."),
        A.adverse_follow_up: ("A client is to be called after an unwanted effect.", "Ring and record it."),
        A.duty_of_candour: (
            "Something went wrong with care.",
            "Tell the client openly what happened, in words and in writing.",
        ),
        A.software_contributed: (
            "The software may have contributed to harm.",
            "Tell the clinical safety officer within one working day; update the hazard log.",
        ),
        A.rules_changed: (
            "New rules would judge this client's answers more strictly.",
            "Look at what changed; repeat the screening questions if in doubt.",
        ),
        A.day_not_asked: (
            "A session took place without all of the day's questions.",
            "Ask the client before the next hands-on session.",
        ),
        A.paused_plan: ("A paused plan waits.", "Agree with the client how to go on."),
    }
)

KINDS: Final[Mapping[AttentionKind, tuple[str, str]]] = MappingProxyType(
    {
        AttentionKind.approval_overdue: (
            "A decision on {reason} was not taken in time.",
            "Decide, or ask who can.",
        ),
        AttentionKind.text_unknown: (
            "Nobody knows whether a text went out.",
            "Ring the client; it is not sent again.",
        ),
        AttentionKind.text_failed: ("A text did not arrive.", "Ring the client and check the number."),
        AttentionKind.text_stuck: ("A text hangs in the outbox.", "Look at the worker and the SMS provider."),
        AttentionKind.inbound_unmatched: (
            "A text fits no plan, or several.",
            "Read it and find out who sent it.",
        ),
        AttentionKind.inbound_waiting: ("A text waits to be routed.", "Look at the worker and the engine."),
        AttentionKind.plan_without_next: ("A plan has nothing next.", "Look at the plan's workflow."),
        AttentionKind.plan_late: ("What is next in a plan is late.", "Look at the worker and the engine."),
        AttentionKind.worker_asleep: (
            "No worker is at work: nothing is sent and no plan moves.",
            "Start a worker, or look at the engine.",
        ),
        AttentionKind.form_link_failed: (
            "The link to a form did not reach the client.",
            "Ring, and fill the form in together.",
        ),
        AttentionKind.form_link_unknown: (
            "Nobody knows whether the link to a form went out.",
            "Ring the client before you send another.",
        ),
        AttentionKind.plan_unstarted: ("A new plan has not started.", "Look at the engine."),
        AttentionKind.staff_untold: (
            "Nobody could be told by mail of the {reason} that waits.",
            "Tell its owner, and correct the address.",
        ),
    }
)


def sentence_and_step(item: AttentionItem) -> tuple[str, str]:
    """What is the matter, and what to do next."""
    if item.kind is AttentionKind.alert:
        return ALERTS[A(item.reason)]
    told, step = KINDS[item.kind]
    return told.format(reason=item.reason.replace("_", " ")), step
