"""`limber up`: the whole clinic in the foreground, from nothing to a page in the browser."""

import json
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table

from cli.embedded.data_directory import DataDirectory
from cli.embedded.errand import Errand
from cli.embedded.stack import Stack
from cli.embedded.stack_ports import StackPorts
from cli.embedded.terminal import Terminal
from schemas.settings import load_settings

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    *,
    port: Annotated[int, typer.Option(envvar="LIMBER_API_PORT", help="Port of the API and console.")] = 8000,
    data_dir: Annotated[
        Path, typer.Option(envvar="LIMBER_DATA_DIR", help="Where this clinic keeps data, keys and logs.")
    ] = Path(".limber"),
    demo: Annotated[
        bool,
        typer.Option(help="A demo clinic and its staff in an empty database, and a clock that you can move."),
    ] = True,
    clients: Annotated[
        bool, typer.Option(help="With --demo: a dozen clients, who come while you look round.")
    ] = True,
    gateway_port: Annotated[
        int | None,
        typer.Option(help="Port of the SMS gateway. [default: 8090 or a free one]", min=1, max=65535),
    ] = None,
    temporal_port: Annotated[
        int | None, typer.Option(help="Port of Temporal. [default: 7233 or a free one]", min=1, max=65535)
    ] = None,
    temporal_ui_port: Annotated[
        int | None,
        typer.Option(help="Port of Temporal's UI. [default: 8233 or a free one]", min=1, max=65535),
    ] = None,
) -> None:
    """Run the whole clinic here; Ctrl-C stops all of it, the next run finds everything again.

    DATABASE_URL, TEMPORAL_ADDRESS and TWILIO_* each replace the part that would be embedded.
    """
    terminal = Terminal()
    settings = load_settings()
    directory = DataDirectory(data_dir)
    directory.lock()
    ports = StackPorts(port, gateway_port, temporal_port, temporal_ui_port)
    stack = Stack(directory, settings, ports, terminal, demo=demo, demo_clock=demo)
    errand: Errand | None = None
    for number in _STOPPING:
        signal.signal(number, _leave)
    try:
        stack.start()
        _welcome(stack, directory, terminal)
        if clients and stack.demo_clock:
            errand = stack.demo_clients()
            errand.start()
        stack.supervisor.watch(errand.look if errand else None)
    except KeyboardInterrupt:
        terminal.say("\nStopping the clinic. Ctrl-C again ends it at once.")
    finally:
        for number in _STOPPING:
            signal.signal(number, lambda *_: stack.supervisor.kill())
        if errand is not None:
            errand.stop()
        stack.supervisor.stop()
    terminal.say(f"Stopped. Everything is kept in {directory.folder}.")


def _leave(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 — the shape of a signal handler
    raise KeyboardInterrupt


def _welcome(stack: Stack, directory: DataDirectory, terminal: Terminal) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 1))
    table.add_row("Console", f"{stack.api_url}/")
    table.add_row("API", f"{stack.api_url}/docs")
    if stack.gateway_url:
        table.add_row("Clients' phones", f"{stack.gateway_url}/")
    if stack.temporal_ui_url:
        table.add_row("Temporal", stack.temporal_ui_url)
    table.add_row("For programs", str(directory.folder / "connection.json"))
    table.add_row("Logs", str(stack.logs))
    terminal.console.print()
    terminal.console.print(table)
    _demo_logins(directory, terminal)
    terminal.console.print("\nThe clinic is open. Ctrl-C stops all of it.\n", style="bold")


def _demo_logins(directory: DataDirectory, terminal: Terminal) -> None:
    """The staff that the demo clinic can log in as, from the file that seeding it leaves."""
    logins: list[dict[str, Any]] = json.loads(directory.read("demo-logins.json") or "[]")
    if not logins:
        return
    table = Table(title="Demo log-ins", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for copied in ("email", "password"):
        table.add_column(copied, no_wrap=True, overflow="ignore")
    table.add_column("who")
    for login in logins:
        table.add_row(
            login["email"], login["password"], f"{login['name']}, {login['role'].replace('_', ' ')}"
        )
    terminal.console.print()
    terminal.console.print(table)
