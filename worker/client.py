"""The connection to Temporal."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.runtime import Runtime
from temporalio.worker import Interceptor as WorkerInterceptor

from schemas.settings import Settings, SettingsError
from worker.clinic_clock import ClinicClock
from worker.plugin import limber_plugin
from worker.starting_ahead import StartingAhead


async def connect(
    settings: Settings,
    *,
    lazy: bool = False,
    interceptors: Sequence[ClientInterceptor | WorkerInterceptor] = (),
    runtime: Runtime | None = None,
    identity: str | None = None,
) -> Client:
    """A client with our plugin. `lazy` connects at the first call, so that the API starts without Temporal;
    a worker's client cannot be lazy.

    Raises SettingsError without TEMPORAL_ADDRESS, and RuntimeError if the server cannot be reached.
    """
    if not settings.temporal_address:
        raise SettingsError(
            "TEMPORAL_ADDRESS: not set, so there is no engine to run plans; set it to host:port, "
            "or use `limber up`, which runs its own"
        )
    demo = [StartingAhead(ClinicClock(settings.demo_clock))] if settings.demo_clock else []
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        plugins=[limber_plugin(settings.encryption_keys, interceptors=[*interceptors, *demo])],
        lazy=lazy,
        runtime=runtime,
        identity=identity,
    )
