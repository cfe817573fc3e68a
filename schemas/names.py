"""Names on the wire: workflow types, task queues, updates, activities, and how ids are made.

Each name is stored in histories or databases; change one only with a migration.
"""

from __future__ import annotations

from typing import Final

from uuid_utils import uuid7

PLAN_WORKFLOW: Final = "PlanWorkflow"
PLAN_QUEUE: Final = "limber-plans"
SMS_QUEUE: Final = "limber-sms"

COMMAND_UPDATE: Final = "command"

RECORD: Final = "record"
READ_REPLY: Final = "read_reply"
EVALUATE_TAPER: Final = "evaluate_taper"
SEND_TEXT: Final = "send_text"


def new_id() -> str:
    """A fresh id: UUIDv7, so that rows made together lie together (RFC 9562)."""
    return str(uuid7())


def plan_workflow_id(plan_id: str) -> str:
    """The workflow that is this plan. It carries no personal data."""
    return f"plan/{plan_id}"
