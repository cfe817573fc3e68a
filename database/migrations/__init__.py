"""The history of the schema, as Alembic migrations written by hand in plain SQL."""
