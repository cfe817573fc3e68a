"""Temporal's own logs and numbers: the logs join ours, the numbers wait on a loopback port to be asked."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)


@dataclass(frozen=True)
class Telemetry:
    """The SDK runtime of a process, and where its numbers are (None: not kept)."""

    runtime: Runtime
    sdk_metrics_url: str | None


def start_telemetry(*, with_metrics: bool) -> Telemetry:
    """Make the process's one SDK runtime.

    The SDK counts in Rust and serves its numbers itself; only our own `/metrics` reaches that port, and adds
    what it finds there, so that a scraper needs one address for each worker.
    """
    address = f"127.0.0.1:{_free_port()}" if with_metrics else None
    runtime = Runtime(
        telemetry=TelemetryConfig(
            logging=LoggingConfig(
                filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
                forwarding=LogForwardingConfig(
                    logger=logging.getLogger("temporalio.core"), append_target_to_name=False
                ),
            ),
            metrics=PrometheusConfig(
                bind_address=address,
                counters_total_suffix=True,
                unit_suffix=True,
                durations_as_seconds=True,
            )
            if address
            else None,
        )
    )
    return Telemetry(runtime, f"http://{address}/metrics" if address else None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
