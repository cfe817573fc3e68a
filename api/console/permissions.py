"""Who may do what, at a screen or through the API: one table.

What a plan then takes is decided by the plan's own guards, which also answer the API's clinical decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from care.overriding import MAY_OVERRIDE
from schemas.commands import CLINICIANS, Role


class Act(StrEnum):
    """Something a person does."""

    read_plans = "read_plans"
    open_intakes = "open_intakes"
    read_screening = "read_screening"
    see_contact = "see_contact"
    decide = "decide"
    set_aside = "set_aside"
    record_outcome = "record_outcome"
    move_sessions = "move_sessions"
    hold_or_resume = "hold_or_resume"
    withdraw = "withdraw"
    handle_alerts = "handle_alerts"
    assess = "assess"
    take_check_in = "take_check_in"
    report_effect = "report_effect"
    rescreen = "rescreen"
    retry_texts = "retry_texts"
    export_plans = "export_plans"
    see_deliveries = "see_deliveries"
    see_system = "see_system"
    keep_own_account = "keep_own_account"
    set_leave_of_others = "set_leave_of_others"
    manage_staff = "manage_staff"
    read_staff_changes = "read_staff_changes"


_EVERYBODY: Final = frozenset(Role)
_IN_THE_ROOM: Final = CLINICIANS | {Role.stretch_practitioner}
_CARE: Final = _IN_THE_ROOM | {Role.front_desk, Role.clinic_manager}
_RUNNING: Final = frozenset({Role.operations, Role.admin, Role.clinic_manager, Role.lead_physiotherapist})

MAY: Final[Mapping[Act, frozenset[Role]]] = MappingProxyType(
    {
        Act.read_plans: _EVERYBODY,
        Act.open_intakes: _CARE | {Role.admin},
        Act.read_screening: _IN_THE_ROOM | {Role.clinic_manager},
        Act.see_contact: _CARE,
        Act.decide: CLINICIANS,
        Act.set_aside: MAY_OVERRIDE,
        Act.record_outcome: _CARE,
        Act.move_sessions: _CARE,
        Act.hold_or_resume: _CARE,
        Act.withdraw: _CARE,
        Act.handle_alerts: _CARE,
        Act.assess: CLINICIANS,
        Act.take_check_in: _CARE,
        Act.report_effect: _CARE,
        Act.rescreen: _CARE,
        Act.retry_texts: _CARE | _RUNNING,
        Act.export_plans: CLINICIANS | _RUNNING,
        Act.see_deliveries: _EVERYBODY,
        Act.see_system: _RUNNING,
        Act.keep_own_account: _EVERYBODY,
        Act.set_leave_of_others: frozenset({Role.lead_physiotherapist, Role.clinic_manager, Role.admin}),
        Act.manage_staff: frozenset({Role.clinic_manager, Role.admin}),
        Act.read_staff_changes: frozenset({Role.clinic_manager, Role.admin, Role.operations}),
    }
)

IN_WORDS: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.read_plans: "read plans",
        Act.open_intakes: "send an intake form in",
        Act.read_screening: "read screening findings",
        Act.see_contact: "see a client's name and telephone number",
        Act.decide: "decide on a proposal",
        Act.set_aside: "set a screening finding aside",
        Act.record_outcome: "record what happened at a session",
        Act.move_sessions: "move or cancel sessions",
        Act.hold_or_resume: "hold or resume a plan",
        Act.withdraw: "end a plan because the client stops",
        Act.handle_alerts: "take on and close alerts",
        Act.assess: "record a physical assessment",
        Act.take_check_in: "write down a check-in",
        Act.report_effect: "report an unwanted effect",
        Act.rescreen: "repeat the screening questions",
        Act.retry_texts: "send a text again or take one back",
        Act.export_plans: "export the list of plans",
        Act.see_deliveries: "see deliveries",
        Act.see_system: "see the state of the system",
        Act.keep_own_account: "keep your own account",
        Act.set_leave_of_others: "set leave for somebody else",
        Act.manage_staff: "manage the accounts of staff",
        Act.read_staff_changes: "read who changed whose account",
    }
)


def may(roles: tuple[Role, ...], act: Act) -> bool:
    """Whether somebody with these roles may do this."""
    return not MAY[act].isdisjoint(roles)
