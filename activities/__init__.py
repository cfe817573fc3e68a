"""Everything a workflow does to the world, one file per concern; dependencies by constructor.

May import schemas, care, database and messaging."""
