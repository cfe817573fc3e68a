"""How Alembic reaches the database: the connection it is handed, or the address in its configuration."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from database.engine import driver_url
from database.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def _as_sql() -> None:
    context.configure(dialect_name="postgresql", target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    given = context.config.attributes.get("connection")
    if isinstance(given, Connection):
        _migrate(given)
        return
    engine = create_engine(
        driver_url(context.config.get_main_option("sqlalchemy.url", "")), poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        _migrate(connection)


if context.is_offline_mode():
    _as_sql()
else:
    _online()
