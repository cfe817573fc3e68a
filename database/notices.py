"""Word of changed plans, through PostgreSQL's NOTIFY: a screen refreshes itself when its plan moves.

What waits for a person and belongs to no plan is announced too: a text that nobody could place, a link to a form.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import ColumnElement, func, literal
from sqlalchemy.engine import URL

from database.engine import driver_url

PLANS_CHANNEL: Final = "plans"
"""The channel; a notice's payload is the id of a plan that changed, or `NO_PLAN`."""
NO_PLAN: Final = ""
"""Something else on the board has changed."""


def told(plan_id: ColumnElement[str]) -> ColumnElement[None]:
    """The expression that announces a plan's change when its transaction commits."""
    return func.pg_notify(PLANS_CHANNEL, plan_id)


def board_told() -> ColumnElement[None]:
    """The expression that announces a change of what waits for a person and belongs to no plan."""
    return told(literal(NO_PLAN))


async def plan_changes(url: str | URL) -> AsyncGenerator[str, None]:
    """The id of every plan that changes from now on, and `NO_PLAN`. Ends only with the connection: open it again."""
    address = driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(
        address, autocommit=True, application_name="limber plan changes"
    ) as connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(PLANS_CHANNEL)))
        async for notice in connection.notifies():
            yield notice.payload
