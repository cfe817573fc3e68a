"""SCR-24: texts to a client under 16 go only as agreed; until a therapist has recorded that, the clinic rings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care.agenda import agenda
from care.preview import PlannedKind, preview
from schemas.alerts import AlertReason
from schemas.commands import DecideApproval, Decision, Refusal
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import TEXT_KINDS, PlanState, Stage
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan


def child(age: int = 15, *, wants_texts: bool = True) -> PlayedPlan:
    """A young client's plan, which waits for the consent record."""
    return PlayedPlan(plan_for({"SCR-24": {"value": age}}).but(texts_on=wants_texts), NOW)


def recorded(played: PlayedPlan, agreed: bool | None) -> DecideApproval:
    """The consent record with what it says about texts."""
    return DecideApproval(
        approval_id=played.approval(ApprovalKind.clearance).id,
        decision=Decision.approve,
        reason_id="seen",
        document_valid_until=(played.now + timedelta(days=90)).date(),
        texts_agreed=agreed,
    )


def started(agreed: bool | None, *, wants_texts: bool = True) -> PlayedPlan:
    """The plan has begun; the consent record says this about texts."""
    played = child(wants_texts=wants_texts)
    played.must(recorded(played, agreed))
    played.approve(ApprovalKind.start)
    assert played.stands(Stage.active)
    return played


def planned_texts(played: PlayedPlan) -> int:
    """How many texts lie ahead."""
    return sum(one.kind in TEXT_KINDS for one in agenda(played.state))


def test_a_client_under_16_is_texted_nothing_routine_before_the_consent_record_agrees() -> None:
    assert not child().state.takes_texts
    assert child(16).state.takes_texts, "at 16 a client is presumed to consent for themselves"


@pytest.mark.parametrize("agreed", [None, False], ids=["left open", "no"])
def test_left_open_or_no_means_that_the_clinic_rings_instead(agreed: bool | None) -> None:
    played = started(agreed)
    assert planned_texts(played) == 0
    assert played.alert(AlertReason.opted_out).rule == "SCR-24-a"
    assert [one.rule for one in played.events(EventKind.texts_not_agreed)] == ["SCR-24-a"]
    played.until(played.session(1).starts_at)
    assert not [one for one in played.texts() if one.order.agenda_key]


def test_the_therapist_sees_ahead_no_text_that_would_be_kept_back() -> None:
    played = child()
    played.must(recorded(played, False))
    assert not [one for one in preview(played.state, played.now, 26) if one.kind is PlannedKind.text]


def test_texts_as_agreed_go_like_anybody_s() -> None:
    played = started(True)
    assert planned_texts(played) > 0
    assert not played.has_alert(AlertReason.opted_out)
    assert played.events(EventKind.texts_agreed)


def test_an_agreement_texts_no_client_who_wants_none() -> None:
    played = started(True, wants_texts=False)
    assert planned_texts(played) == 0
    assert played.alert(AlertReason.opted_out).rule == "INT-10"


def test_a_child_who_texts_start_has_not_agreed_for_the_adults() -> None:
    played = started(False)
    for words in ("STOP", "START"):
        played.text(words)
    assert not played.state.takes_texts
    assert played.has_alert(AlertReason.opted_out), "somebody still rings"


def test_what_a_child_says_about_safety_is_answered_at_once_all_the_same() -> None:
    played = started(False)
    played.text("I have chest pain")
    [answer] = [one for one in played.texts() if one.order.purpose is TextPurpose.safety]
    assert answer.order.template.startswith("MSG-")
    assert played.stands(Stage.suspended)


def renewed(played: PlayedPlan, agreed: bool | None) -> None:
    """The record runs out in three months; before it does, a new one comes."""
    while not any(one.kind is ApprovalKind.clearance for one in played.state.approvals):
        played.until(played.now + timedelta(days=1))
    played.must(recorded(played, agreed))


def test_a_new_consent_record_agrees_afresh_and_left_open_it_ends_the_texts() -> None:
    played = started(True)
    renewed(played, None)
    assert planned_texts(played) == 0 and not played.state.prompts
    assert played.alert(AlertReason.opted_out).rule == "SCR-24-a"


def test_texts_that_are_agreed_later_begin_then_and_nobody_needs_to_ring() -> None:
    played = started(False)
    renewed(played, True)
    assert played.state.takes_texts
    assert played.state.texts_since == played.now
    assert not played.has_alert(AlertReason.opted_out)


def test_no_other_decision_says_anything_about_texts() -> None:
    def code(refusal: Refusal | None) -> str | None:
        return refusal.code if refusal else None

    seventeen = child(17)
    assert code(seventeen.ask(recorded(seventeen, True))) == "texts_not_here"
    grown_up = PlayedPlan(plan_for({}), NOW)
    start = grown_up.approval(ApprovalKind.start)
    asked = DecideApproval(approval_id=start.id, decision=Decision.approve, texts_agreed=True)
    assert code(grown_up.ask(asked)) == "texts_not_here"


def test_a_plan_from_before_texts_were_agreed_on_keeps_its_own() -> None:
    stored = child(40).state.plain()
    del stored["texts_agreed"]
    assert PlanState.read(stored).takes_texts
