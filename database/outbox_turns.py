"""A text's agenda item has had its turn: what its plan's row knows of that.

The stored plan notes what was asked, as the running one does, and shows what is next.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, and_, bindparam, case, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.errors import NotFoundError
from database.notices import told
from database.tables import plans
from schemas.messages import TextOrder
from schemas.plan import AgendaItem, PlanState

_asked = bindparam("asked", type_=Boolean)
# A state is some ten kilobytes: it is fetched only for a text that leaves its question in it.
_HOLD = (
    select(case((_asked, plans.c.state), else_=null()).label("state"))
    .where(plans.c.id == bindparam("plan_id"))
    .with_for_update(key_share=True)
)


async def hold_plan(connection: AsyncConnection, order: TextOrder) -> PlanState | None:
    """Lock the plan's row; the stored state if the text changes it. Raises NotFoundError for an unknown plan."""
    parameters = {"plan_id": order.plan_id, "asked": order.asking is not None}
    plan = (await connection.execute(_HOLD, parameters)).one_or_none()
    if plan is None:
        raise NotFoundError("plan", order.plan_id)
    stored: PlanState | None = plan.state
    return stored


# The projection only moves forward, and only away from an item that was due: a step recorded meanwhile
# knows better.
_due = bindparam("due", type_=plans.c.next_at.type)
_moves_on = and_(plans.c.next_at <= bindparam("now"), or_(_due.is_(None), _due > plans.c.next_at))
_SHOWN = ("due", "kind", "key", "rule", "owner")
_NEXT = (plans.c.next_at, plans.c.next_kind, plans.c.next_key, plans.c.next_rule, plans.c.next_owner)
_DONE = (
    update(plans)
    .where(plans.c.id == bindparam("plan_id"))
    .values(
        {
            column: case((_moves_on, bindparam(shown, type_=column.type)), else_=column)
            for shown, column in zip(_SHOWN, _NEXT, strict=True)
        }
    )
    .values(state=func.coalesce(bindparam("noted", type_=plans.c.state.type), plans.c.state))
    .returning(told(plans.c.id))
)


async def mark_done(
    connection: AsyncConnection,
    order: TextOrder,
    stored: PlanState | None,
    now: datetime,
    next_item: AgendaItem | None,
) -> None:
    """The text's agenda item has had its turn: note it in the stored state, and show what is next.

    So the stored plan knows what was asked, as the running one does.
    """
    if order.agenda_key is None:
        return
    noted = stored.asking(order.asking) if stored is not None and order.asking is not None else None
    shown = {name: getattr(next_item, name, None) for name in _SHOWN}
    await connection.execute(_DONE, {**shown, "plan_id": order.plan_id, "now": now, "noted": noted})
