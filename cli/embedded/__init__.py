"""PostgreSQL and Temporal from their wheels, started, watched and stopped by us."""
