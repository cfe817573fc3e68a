"""Months in which the client texts nonsense, staff ask for anything at any hour, and some clinics do nothing at all.

What `test_simulated_months` asks of a clinic that does its part is asked here of one that does not: nothing is lost
because nobody looked, and nothing that is missing or worse is good news.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.agenda import agenda
from care.agenda_deadlines import DEADLINE_SOURCES
from care.agenda_memory import Sections
from care.agenda_sessions import SESSION_SOURCES
from care.agenda_texts import TEXT_SOURCES
from care.deciding import decide
from care.driving import Recording, Sent
from care.taper import evaluate
from care.taper_steps import taper_inputs
from schemas.alerts import AlertReason
from schemas.commands import CommandEnvelope, ReceiveText, RecordOutcome
from schemas.events import EventKind
from schemas.plan import PlanState, Stage
from schemas.protocol import ApprovalKind
from schemas.taper import Step, TaperVerdict
from tests.care.plans import NOW, plan_for
from tests.care.simulated_clinic import SimulatedClinic, Temper

SOUP = (
    *(
        "not worse",
        "no pain?? 8 yesterday",
        "STOP texting about pain",
        "1 2",
        "٣",
        "１０",
        "7½",
        "4.5",
        "-1",
        "11",
    ),
    *(
        "",
        " ",
        "😀" * 40,
        "x" * 1600,
        "pain " * 320,
        "9" * 400,
        "8\x00",
        "\u202e8",
        "dolor 8",
        "疼 8",
        "больно",
    ),
    *(
        "STOP",
        "START",
        "HELP",
        "cancel?",
        "3?",
        "A",
        "B",
        "yes",
        "no",
        "not not worse",
        "fell off my bike",
        "2",
    ),
)
RARER = frozenset({TaperVerdict.PROPOSE_STEP_DOWN, TaperVerdict.PROPOSE_DISCHARGE})
ACTED_ON = frozenset(
    {
        EventKind.answer_recorded,
        EventKind.session_confirmed,
        EventKind.session_cancelled,
        EventKind.opted_out,
        EventKind.opted_in,
        EventKind.text_ordered,
    }
)
READ_BY_A_PERSON = frozenset(
    {
        AlertReason.unread_reply,
        AlertReason.safety_words,
        AlertReason.health_change,
        AlertReason.change_requested,
    }
)
WAITS_FOR_A_PERSON = frozenset({ApprovalKind.resume, ApprovalKind.clearance, ApprovalKind.rescreen})


class HostileClinic(SimulatedClinic):
    """As the simulated clinic, with nonsense from the client, and commands at any time, most of them senseless."""

    def _client_acts(self) -> None:
        super()._client_acts()
        if self._chance(self.temper.odd):
            self.text(self.rng.choice(SOUP))

    def _staff_act(self) -> None:
        super()._staff_act()
        if self._chance(self.temper.steers):
            self._steer()


def _no_text_is_lost(step: Recording) -> None:
    command = step.envelope.command if step.envelope else None
    if not isinstance(command, ReceiveText):
        return
    kinds = {event.kind for event in step.transition.events}
    asked = {alert.reason for alert in step.transition.state.alerts}
    assert EventKind.reply_read in kinds
    assert kinds & ACTED_ON or asked & READ_BY_A_PERSON


def _standing_still_is_somebodys_business(step: Recording) -> None:
    state = step.transition.state
    assert (state.pause is not None) == (state.stage is Stage.suspended)
    if state.pause is None or state.alerts or {one.kind for one in state.approvals} & WAITS_FOR_A_PERSON:
        return
    assert state.pause.until is not None
    assert state.pause.until > step.now or any(item.due <= step.now for item in agenda(state))


def _what_outlives_a_plan_has_an_alert(state: PlanState) -> None:
    assert not state.closed or not state.adverse or state.alerts


def _missing_or_worse_is_never_better(step: Recording) -> None:
    """D1, D2 and `missing_data`: without a score, or with a worse one, visits are not proposed to become rarer."""
    envelope = step.envelope
    if envelope is None or not isinstance(envelope.command, RecordOutcome):
        return
    told = envelope.command
    if _proposes(step, envelope) in RARER:
        return
    for changed in ({"pain": None}, {"primary": None}, {"pain": 10}, {"primary": 0}):
        if any(getattr(told, name) is not None for name in changed):
            assert _proposes(step, envelope.but(command=told.with_these(changed))) not in RARER, (
                told,
                changed,
            )


def _proposes(step: Recording, envelope: CommandEnvelope) -> TaperVerdict:
    state = decide(step.before, envelope, step.now).state
    return evaluate(state.protocol.taper, taper_inputs(state, step.now)).verdict


def _nothing_is_remembered_wrongly(state: PlanState) -> None:
    afresh = Sections((*SESSION_SOURCES, *TEXT_SOURCES, *DEADLINE_SOURCES)).of(
        PlanState.read_json(state.as_json())
    )
    assert afresh.items() == agenda(state)


def watch(step: Recording) -> None:
    """Every recorded step against everything that must hold."""
    _no_text_is_lost(step)
    _standing_still_is_somebodys_business(step)
    _what_outlives_a_plan_has_an_alert(step.transition.state)
    _missing_or_worse_is_never_better(step)
    if step.transition.state.seq % 25 == 0:
        _nothing_is_remembered_wrongly(step.transition.state)


def _unwatched(text: Sent) -> None:
    """`test_simulated_months` watches the texts."""


@given(
    seed=st.integers(0, 2**32 - 1),
    begins_at=st.sampled_from((Step.S0, Step.S1)),
    temper=st.builds(
        Temper,
        answers=st.sampled_from((0.0, 0.5)),
        odd=st.sampled_from((0.0, 0.2)),
        red_flag=st.sampled_from((0.0, 0.01)),
        staff_acts=st.sampled_from((0.0, 0.05, 0.6)),
        steers=st.sampled_from((0.0, 0.2)),
        slot_taken=st.sampled_from((0.0, 0.3)),
    ),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_does_nothing_or_everything_wrong_loses_nobody_and_gains_nothing(
    seed: int, begins_at: Step, temper: Temper
) -> None:
    """Half a year: no text without a reader, no standing plan without an owner, no good news from what is missing."""
    plan = plan_for({}, start_step=begins_at)
    life = HostileClinic(plan, NOW, temper, seed=seed, recorded=watch, texted=_unwatched)
    life.approve(ApprovalKind.start)
    life.run(NOW + timedelta(weeks=26))
