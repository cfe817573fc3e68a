"""The whole clinic of one machine, put together: which parts are ours, which the environment brings."""

import json
import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from cli.embedded.credentials import Credentials, kept_credentials
from cli.embedded.data_directory import DataDirectory
from cli.embedded.environment import Texting, texting, without_files
from cli.embedded.errand import Errand
from cli.embedded.errors import StackError
from cli.embedded.limber_process import LimberProcess, limber_child, run_to_end
from cli.embedded.ports import LOOPBACK, free_ports, preferred_or_free
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.running import publish_environment
from cli.embedded.stack_ports import ChosenPorts, StackPorts, chosen_ports
from cli.embedded.supervise import Supervisor
from cli.embedded.temporal import EmbeddedTemporal
from cli.embedded.terminal import Terminal
from schemas.settings import Environment, Settings

_MIGRATE_SECONDS = 120.0
# Twilio's connection overrides ask for five tries: a text that meets a restarting API is not lost.
_INBOUND = "/webhooks/twilio/inbound#rc=5&rp=all"
_CLOCK = "demo-clock.jsonl"
_STARTS = 4


class Stack:
    """Starts every part in order under a ``Supervisor``; after ``start`` its addresses are known.

    ``virtual_time`` lets a plan's own clock be moved ahead; without it plans live in real time. ``demo_clock``
    lets visitors move the whole clinic's, if Temporal and the gateway are our own.
    """

    def __init__(
        self,
        directory: DataDirectory,
        settings: Settings,
        ports: StackPorts,
        terminal: Terminal,
        *,
        demo: bool,
        virtual_time: bool = False,
        demo_clock: bool = False,
    ) -> None:
        self.supervisor = Supervisor(terminal)
        self.temporal_ui_url: str | None = None
        self._terminal = terminal
        self._directory = directory
        self._settings = settings
        self._demo = demo
        self._demo_clock = demo_clock and self._owns_time()
        self._virtual_time = virtual_time or self._demo_clock
        self._credentials: Credentials = kept_credentials(directory)
        self._asked = replace(ports, metrics=ports.metrics or settings.metrics_port)
        self._listen_on(chosen_ports(self._asked, preferred_or_free if ports.usual else _any_ports()))

    def _listen_on(self, ports: ChosenPorts) -> None:
        self._ports = ports
        self.api_url = f"http://{LOOPBACK}:{ports.api}"
        self._texting: Texting = texting(self._settings, self._credentials, ports.gateway)
        self.variables: dict[str, str] = self._common_variables()

    def start(self) -> None:
        """Bring every part up, in order; raises ``StackError`` at the first that cannot start.

        A port that was free when it was chosen may be another program's by the time it is taken: then those that
        nobody asked for are chosen again, away from the usual ones.
        """
        for starts_left in reversed(range(_STARTS)):
            try:
                self._start_parts()
                return
            except StackError as error:
                if not (error.port_was_taken and starts_left):
                    raise
                self._terminal.say(f"{error.part}: another program took its port; starting again on others")
            self.supervisor.stop()
            self.supervisor = Supervisor(self._terminal)
            self._listen_on(chosen_ports(self._asked, _any_ports()))

    def _start_parts(self) -> None:
        self._start_database()
        self._start_temporal()
        self._migrate()
        self._start_limber_processes()
        self._publish()

    def demo_clients(self) -> Errand:
        """The demo's clients on their way: they come once the clinic is open, if nobody else has come before."""
        child = limber_child("demo clients", ["seed", "--demo-clients"], self._environment(), self.logs)
        return Errand(child, self._terminal)

    @property
    def gateway_url(self) -> str | None:
        """The gateway's base URL; None when texts go to Twilio itself."""
        return self._texting.api_url

    @property
    def logs(self) -> Path:
        """The folder of the parts' logs."""
        return self._directory.folder / "logs"

    def _owns_time(self) -> bool:
        """Whether time is ours to move: a real Temporal or Twilio lives in the world's."""
        settings = self._settings
        theirs = settings.temporal_address or settings.twilio_account_sid
        return theirs is None and settings.environment is Environment.LOCAL

    @property
    def demo_clock(self) -> bool:
        """Whether visitors may move the clinic's time."""
        return self._demo_clock

    def _common_variables(self) -> dict[str, str]:
        settings, credentials = self._settings, self._credentials
        chosen_keys, chosen_token = settings.encryption_key_list, settings.api_token
        return {
            "TEMPORAL_NAMESPACE": settings.temporal_namespace,
            **self._texting.variables(),
            **self._mail_variables(),
            "LIMBER_PUBLIC_URL": settings.public_url or self.api_url,
            "LIMBER_ENCRYPTION_KEYS": chosen_keys.get_secret_value()
            if chosen_keys
            else credentials.encryption_keys,
            "LIMBER_API_TOKEN": chosen_token.get_secret_value() if chosen_token else credentials.api_token,
            "LIMBER_API_PORT": str(self._ports.api),
            "LIMBER_UNDO_SECONDS": str(settings.undo_seconds),
            "LIMBER_DATA_DIR": str(self._directory.folder),
            **({"LIMBER_DEMO_CLOCK": str(self._directory.folder / _CLOCK)} if self._demo_clock else {}),
        }

    def _mail_variables(self) -> dict[str, str]:
        """The mail server the person named, else the gateway's own."""
        if self._settings.smtp_url is not None:
            return {"LIMBER_SMTP_URL": self._settings.smtp_url.get_secret_value()}
        if self._texting.embedded_port is None:
            return {}
        return {"LIMBER_SMTP_URL": f"smtp://{LOOPBACK}:{self._ports.mail}"}

    def _start_database(self) -> None:
        url = self._settings.database_url
        if url is None:
            postgres = EmbeddedPostgres(self._directory.folder)
            self.supervisor.start(postgres)
            url = postgres.database_url
        self.variables["DATABASE_URL"] = url

    def _start_temporal(self) -> None:
        address = self._settings.temporal_address
        if address is None:
            temporal = EmbeddedTemporal(
                self._directory.folder,
                port=self._ports.temporal,
                ui_port=self._ports.temporal_ui,
                time_skipping=self._virtual_time,
            )
            self.supervisor.start(temporal)
            address, self.temporal_ui_url = temporal.address, temporal.ui_url
        self.variables["TEMPORAL_ADDRESS"] = address

    def _migrate(self) -> None:
        arguments = ["migrate", *(["--demo-clinic"] if self._demo else [])]
        child = limber_child("database schema", arguments, self._environment(), self.logs)
        with self._terminal.step(child.name):
            run_to_end(child, _MIGRATE_SECONDS)

    def _start_limber_processes(self) -> None:
        processes = [*self._gateway(), self._worker(), self._api()]
        for process in processes:  # side by side: most of a start is Python importing
            self.supervisor.adopt(process)
            process.launch()
        for process in processes:
            with self._terminal.step(process.name):
                process.await_ready()

    def _gateway(self) -> list[LimberProcess]:
        port = self._texting.embedded_port
        if port is None:
            return []
        arguments = [
            *("gateway", "--port", str(port)),
            *("--webhook", f"{self.variables['LIMBER_PUBLIC_URL']}{_INBOUND}"),
            *("--state", str(self._directory.folder / "gateway.db")),
            *("--mail-port", str(self._ports.mail)),
            *(f"--without-stop-word={word}" for word in sorted(self._settings.stop_words_removed)),
        ]
        child = limber_child("SMS gateway", arguments, self._environment(), self.logs)
        return [LimberProcess(child, f"http://{LOOPBACK}:{port}/healthz")]

    def _worker(self) -> LimberProcess:
        environment = self._environment() | {"LIMBER_METRICS_PORT": str(self._ports.metrics)}
        child = limber_child("worker", ["worker"], environment, self.logs)
        return LimberProcess(child, f"http://{LOOPBACK}:{self._ports.metrics}/healthz")

    def _api(self) -> LimberProcess:
        child = limber_child("API and console", ["api"], self._environment(), self.logs)
        return LimberProcess(child, f"{self.api_url}/readyz")

    def _environment(self) -> dict[str, str]:
        return without_files(os.environ, self.variables)

    def _publish(self) -> None:
        publish_environment(self._directory, self.variables)
        connection = {
            "api_url": self.api_url,
            "console_url": f"{self.api_url}/",
            "gateway_url": self.gateway_url,
            "twilio": {
                "account_sid": self._texting.account_sid,
                "auth_token": self._texting.auth_token,
                "from": self._texting.sender,
            },
            "api_token": self.variables["LIMBER_API_TOKEN"],
            "temporal_address": self.variables["TEMPORAL_ADDRESS"],
            "worker_url": f"http://{LOOPBACK}:{self._ports.metrics}/healthz",
            "temporal_ui_url": self.temporal_ui_url,
            # Without SQLAlchemy's driver in it, so that psql and others understand it too.
            "database_url": self.variables["DATABASE_URL"].replace("postgresql+psycopg:", "postgresql:", 1),
        }
        self._directory.write_private("connection.json", json.dumps(connection, indent=2))


def _any_ports() -> Callable[[int], int]:
    free = iter(free_ports(len(fields(ChosenPorts))))
    return lambda _usual: next(free)
