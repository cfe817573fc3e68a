"""Orchestration only, readable top to bottom as the care pathway.

May import schemas, care and the names of activities."""
