"""Which modules the workflow sandbox takes from the host instead of loading again for every plan.

Passed through, a cached plan costs 1 ms and 19 KiB; with our Pydantic models loaded again, 43 ms and 725 KiB.
What is listed here is free of side effects: rules, shapes, and the libraries they rest on.
"""

from __future__ import annotations

from typing import Final

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

PASSED_THROUGH: Final = (
    "schemas",
    "care",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
    "typing_inspection",
    "uuid_utils",
    "tzdata",
    "orjson",
)

LEAKS_WARN: Final = (
    SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
    | SandboxImportNotificationPolicy.WARN_ON_UNINTENTIONAL_PASSTHROUGH
)
LEAKS_RAISE: Final = (
    SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
    | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
)


def workflow_runner(on_leak: SandboxImportNotificationPolicy = LEAKS_WARN) -> SandboxedWorkflowRunner:
    """The runner of every worker and replayer; tests pass `LEAKS_RAISE`, so that a leaked import fails."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions.with_import_notification_policy(on_leak))
