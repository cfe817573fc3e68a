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


OURS: Final = "workflows"


def workflow_runner(on_leak: SandboxImportNotificationPolicy = LEAKS_WARN) -> SandboxedWorkflowRunner:
    """The runner of every worker and replayer; tests pass `LEAKS_RAISE`, so that a leaked import fails.

    There the workflows' own modules are loaded again for every plan, which is how a leak is seen. Workers
    share them: 90 KB less for each plan in memory.
    """
    shared = PASSED_THROUGH if on_leak == LEAKS_RAISE else (*PASSED_THROUGH, OURS)
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*shared)
    return SandboxedWorkflowRunner(restrictions=restrictions.with_import_notification_policy(on_leak))
