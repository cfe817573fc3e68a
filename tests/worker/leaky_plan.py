"""A workflow that pulls the database into its sandbox: what the leak test must catch."""

from temporalio import workflow

import database.engine


@workflow.defn
class LeakyPlan:
    """Never runs: a worker refuses it."""

    @workflow.run
    async def run(self) -> str:
        """Nothing."""
        return database.engine.__name__
