"""What client, worker and replayer must share, so that a replay sees exactly what a worker saw."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.plugin import SimplePlugin
from temporalio.worker import Interceptor as WorkerInterceptor
from temporalio.workflow import SandboxImportNotificationPolicy

from schemas.settings import EncryptionKey
from worker.converter import data_converter
from worker.sandbox import LEAKS_WARN, workflow_runner


def limber_plugin(
    keys: Sequence[EncryptionKey],
    *,
    interceptors: Sequence[ClientInterceptor | WorkerInterceptor] = (),
    on_leak: SandboxImportNotificationPolicy = LEAKS_WARN,
) -> SimplePlugin:
    """Data converter, sandbox and interceptors in one plugin; a client hands it on to its workers."""
    return SimplePlugin(
        "limber",
        data_converter=data_converter(keys),
        workflow_runner=workflow_runner(on_leak),
        interceptors=list(interceptors),
    )
