"""A plan reduced to one text, on terms that notice a dead worker within two seconds."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas import names
    from schemas.messages import SendOutcome
    from schemas.orders import SendOrder


@workflow.defn
class SendsOneText:
    """Sends it, and says what became of it."""

    @workflow.run
    async def run(self, order: SendOrder) -> SendOutcome:
        """Send it."""
        outcome: SendOutcome = await workflow.execute_activity(
            names.SEND_TEXT,
            order,
            result_type=SendOutcome,
            task_queue=names.SMS_QUEUE,
            start_to_close_timeout=timedelta(seconds=2),
        )
        return outcome
