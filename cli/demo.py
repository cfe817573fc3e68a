"""`limber demo`: one client's plan from a real intake to its end, in virtual time, on the real parts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from cli.embedded.data_directory import DataDirectory
from cli.embedded.stack import Stack
from cli.embedded.stack_ports import StackPorts
from cli.embedded.terminal import Terminal
from cli.playing.checks import general_faults, script_faults
from cli.playing.clinic import PlayedClinic
from cli.playing.clock import PlanClock
from cli.playing.people import Phone, RequestRefused, Staff
from cli.playing.play import Play
from cli.playing.script import ALL_GOES_WELL, EVENTFUL, Script
from cli.playing.story import Printer, Story
from cli.playing.watch import NotSettled, PlanWatch
from cli.preview import read_json
from database.engine import create_engine
from schemas.plan import PlanState
from schemas.settings import load_settings
from worker.client import connect

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
EVENTFUL_INTAKE = EXAMPLES / "anna-back-pain.json"

_UNDER_WAY = frozenset({"pending", "sending"})
_LOOKS, _LOOK_AGAIN = 100, 0.1
_OWN_PARTS = ("DATABASE_URL", "TEMPORAL_", "TWILIO_", "LIMBER_")


@dataclass(frozen=True)
class Played:
    """A plan that was played, with everything that is on record about it."""

    state: PlanState
    screening: dict[str, Any]
    story: Story
    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]
    faults: tuple[str, ...]


def demo(
    *,
    intake: Annotated[
        Path | None, typer.Option(help="An intake form to play. [default: docs/examples/anna-back-pain.json]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Play a plan from intake to its end on PostgreSQL, Temporal and the SMS gateway, months in seconds.

    It has a clinic of its own in a temporary folder, whatever DATABASE_URL and the like say. The default client has
    one missed visit, one flare and one red flag; any other intake goes its own way, as far as it can without
    letters from outside.
    """
    begun = time.monotonic()
    form = read_json(intake or EVENTFUL_INTAKE)
    eventful = intake is None or intake.resolve() == EVENTFUL_INTAKE.resolve()
    console = Console(stderr=as_json, highlight=False)
    for name in [name for name in os.environ if name.startswith(_OWN_PARTS)]:
        del os.environ[name]
    with _own_clinic(Terminal(console)) as connection:
        try:
            played = asyncio.run(
                _play(form, EVENTFUL if eventful else ALL_GOES_WELL, eventful, connection, console)
            )
        except (NotSettled, RequestRefused) as error:
            console.print(f"[red]The demo stopped: {error}[/red]")
            raise typer.Exit(1) from None
    seconds = time.monotonic() - begun
    if as_json:
        print(json.dumps(_document(played, seconds), indent=2, ensure_ascii=False))
    _summary(played, console, seconds)
    if played.faults:
        raise typer.Exit(1)


@contextlib.contextmanager
def _own_clinic(terminal: Terminal) -> Iterator[dict[str, str]]:
    """A clinic of real parts in a temporary folder, gone afterwards; yields the parts' environment."""
    with tempfile.TemporaryDirectory(prefix="limber-demo-", ignore_cleanup_errors=True) as folder:
        directory = DataDirectory(Path(folder) / "clinic")
        directory.lock()
        ports = StackPorts(usual=False)
        # Nobody sits at a screen to take a text back.
        settings = load_settings().model_copy(update={"undo_seconds": 0})
        stack = Stack(directory, settings, ports, terminal, demo=True, virtual_time=True)
        try:
            stack.start()
            yield stack.variables | {"API_URL": stack.api_url, "GATEWAY_URL": stack.gateway_url or ""}
        finally:
            stack.supervisor.stop()


async def _play(
    form: Any, script: Script, eventful: bool, environment: dict[str, str], console: Console
) -> Played:
    os.environ.update(environment)
    client = await connect(load_settings())
    engine = create_engine(environment["DATABASE_URL"], application_name="limber demo")
    async with _people(form, environment) as (staff, phone):
        opened = await staff.take_intake(form, "demo")
        plan_id, screening = str(opened["plan_id"]), opened["screening"]
        watch = PlanWatch(engine, client, plan_id)
        zone = ZoneInfo((await watch.state()).protocol.hours.zone)
        console.print(
            f"\nScreening: [bold]{screening['overall']}[/bold]. {screening.get('meaning', '')} "
            f"[dim]Rule pack {screening['pack_version']}, not for clinical use before sign-off.[/dim]\n"
        )
        story = Story(Printer(console, zone))
        clinic = PlayedClinic(staff, PlanClock(client, plan_id), watch, form["screening"])
        state = await Play(clinic, phone, script, story).run()
        messages = await _ended_messages(staff, plan_id)
        events, chain = await staff.audit(plan_id)
        faults = list(general_faults(state, messages, await phone.texts(), chain))
        if eventful:
            faults += script_faults(state, script, events)
    await engine.dispose()
    return Played(state, screening, story, messages, events, tuple(faults))


async def _ended_messages(staff: Staff, plan_id: str) -> list[dict[str, Any]]:
    """The plan's texts both ways, once the last one under way has ended; as they are after a while."""
    for _ in range(_LOOKS):
        messages: list[dict[str, Any]] = (await staff.plan(plan_id, "messages"))["messages"]
        if not any(message["status"] in _UNDER_WAY for message in messages):
            break
        await asyncio.sleep(_LOOK_AGAIN)
    return messages


@contextlib.asynccontextmanager
async def _people(form: Any, environment: dict[str, str]) -> AsyncIterator[tuple[Staff, Phone]]:
    staff = Staff(environment["API_URL"], environment["LIMBER_API_TOKEN"])
    phone = Phone(environment["GATEWAY_URL"], str(form.get("client", {}).get("mobile", "")))
    try:
        yield staff, phone
    finally:
        await staff.close()
        await phone.close()


def _document(played: Played, seconds: float) -> dict[str, Any]:
    zone = ZoneInfo(played.state.protocol.hours.zone)
    return {
        "plan_id": played.state.plan_id,
        "stage": played.state.stage,
        "screening": played.screening,
        "seconds": round(seconds, 1),
        "faults": played.faults,
        "story": [entry.as_json(zone) for entry in played.story.entries],
        "messages": played.messages,
        "events": played.events,
    }


def _summary(played: Played, console: Console, seconds: float) -> None:
    entries = played.story.entries
    days = (entries[-1].at - entries[0].at).days if entries else 0
    texts = sum(message["direction"] == "out" for message in played.messages)
    answers = len(played.messages) - texts
    console.print(
        f"\n[bold]{played.state.stage.replace('_', ' ').capitalize()}[/bold] after {days} days: "
        f"{texts} texts, {answers} answers, {len(played.events)} events, in {seconds:.0f} s."
    )
    open_holds = [h for h in played.state.screening.holds if h.discharged_at is None]
    if open_holds and not played.state.closed:
        owners = ", ".join(sorted({held.hold.owner.replace("_", " ") for held in open_holds}))
        console.print(f"It waits for: {owners}. Nothing is booked before that.")
    for fault in played.faults:
        console.print(f"[red]✗ {fault}[/red]")
    if not played.faults:
        console.print("[green]✓[/green] Every text once, every answer on record, the audit chain whole.")
