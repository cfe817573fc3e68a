"""SQLAlchemy tables, Alembic migrations and every query. The database is the record.

May import schemas only."""
