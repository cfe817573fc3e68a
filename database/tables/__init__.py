"""Every table, by theme. `metadata` is what the migrations must arrive at.

Only the queries of `database/` use these; nothing of SQLAlchemy leaves that folder.
"""

from database.tables.attention import alerts, approvals
from database.tables.clients import clients, consents, intakes
from database.tables.clinic import (
    absences,
    api_tokens,
    availability,
    log_ins_away,
    rooms,
    sites,
    staff,
    staff_roles,
)
from database.tables.columns import metadata
from database.tables.invitations import invitations
from database.tables.outages import outages, rounds
from database.tables.plans import events, notes, plans, rule_packs, sessions
from database.tables.staff_changes import staff_changes
from database.tables.staff_notices import staff_notices
from database.tables.texts import inbound_messages, messages, receipts, site_texts
from database.tables.tries import tries
from database.tables.views import saved_views

__all__ = [
    "absences",
    "alerts",
    "api_tokens",
    "approvals",
    "availability",
    "clients",
    "consents",
    "events",
    "inbound_messages",
    "intakes",
    "invitations",
    "log_ins_away",
    "messages",
    "metadata",
    "notes",
    "outages",
    "plans",
    "receipts",
    "rooms",
    "rounds",
    "rule_packs",
    "saved_views",
    "sessions",
    "site_texts",
    "sites",
    "staff",
    "staff_changes",
    "staff_notices",
    "staff_roles",
    "tries",
]
