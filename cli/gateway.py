"""`limber gateway`: Twilio's Messages API on this machine, with a phone page in front."""

from __future__ import annotations

import json as jsonlib
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from messaging.gateway.faults import Fault
    from messaging.gateway.settings import Credentials


def gateway(  # noqa: PLR0917 - typer passes by name
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    account_sid: Annotated[
        str | None,
        typer.Option(help="AC and 32 hex digits. Invented if omitted.", envvar="TWILIO_ACCOUNT_SID"),
    ] = None,
    auth_token: Annotated[
        str | None, typer.Option(help="Invented if omitted.", envvar="TWILIO_AUTH_TOKEN")
    ] = None,
    number: Annotated[
        str, typer.Option(help="The clinic's number, for clients who text first.", envvar="TWILIO_FROM")
    ] = "+447700900000",
    webhook: Annotated[
        str | None, typer.Option(help="URL for inbound texts; may end in #rc=5&rp=all.")
    ] = None,
    status_callback: Annotated[
        str | None, typer.Option(help="URL for receipts of texts that name none themselves.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that keeps texts and credentials over a restart.")
    ] = None,
    pace: Annotated[float, typer.Option(help="Seconds between two statuses of a text.", min=0)] = 0.4,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Misbehave, e.g. 429:times=2 or unreachable:to=+447700900123,code=30005."),
    ] = None,
    mail_port: Annotated[
        int | None, typer.Option(help="Also take mail (SMTP) on this port, and show it.", min=1, max=65535)
    ] = None,
    without_stop_word: Annotated[
        list[str] | None, typer.Option(help="A stop word declared removed at Twilio, e.g. CANCEL.")
    ] = None,
    advanced_opt_out: Annotated[
        bool, typer.Option("--advanced-opt-out", help="Send OptOutType with inbound webhooks.")
    ] = False,
    demo_clock: Annotated[
        Path | None,
        typer.Option(help="The demo clinic's clock, by which phones show times.", envvar="LIMBER_DEMO_CLOCK"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the connection as one JSON document.")] = False,
) -> None:
    """Serve the local, Twilio-compatible SMS gateway until Ctrl-C."""
    import uvicorn

    from messaging.gateway.app import create_app
    from messaging.gateway.settings import STOP_WORDS, GatewaySettings
    from worker.clinic_clock import ClinicClock

    credentials, invented = _credentials(account_sid, auth_token, state)
    settings = GatewaySettings(
        credentials=credentials,
        webhook=webhook,
        status_callback=status_callback,
        state=state,
        number=number,
        pace=timedelta(seconds=pace),
        stop_words=STOP_WORDS - {word.upper() for word in without_stop_word or ()},
        advanced_opt_out=advanced_opt_out,
        mail_host=host,
        mail_port=mail_port,
        faults=tuple(_fault(described) for described in fault or ()),
        shown_at=ClinicClock(demo_clock).shown,
    )
    listening = _listen(host, port)
    url = f"http://{host}:{listening.getsockname()[1]}"
    _announce(url, credentials, number, show_token=invented, json=json)
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _credentials(
    account_sid: str | None, auth_token: str | None, state: Path | None
) -> tuple[Credentials, bool]:
    """The account to serve, and whether the gateway made it up itself (and so may show its token)."""
    from messaging.gateway.settings import Credentials, new_credentials
    from messaging.gateway.state import State

    if account_sid and auth_token:
        return Credentials(account_sid, auth_token), False
    if account_sid or auth_token:
        raise typer.BadParameter("Give --account-sid and --auth-token together, or neither.")
    kept = State(state).credentials() if state is not None and state.exists() else None
    return kept or new_credentials(), True


def _fault(described: str) -> Fault:
    from messaging.gateway.faults import Fault, FaultError

    kind, _, rest = described.partition(":")
    pairs = (pair.partition("=") for pair in rest.split(",") if pair)
    try:
        return Fault.parse({"kind": kind, **{name: value for name, _, value in pairs}})
    except FaultError as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise typer.BadParameter(
            f"{host}:{port} is not free ({error.strerror}). Stop what listens there, or choose another --port."
        ) from error


def _announce(url: str, credentials: Credentials, number: str, *, show_token: bool, json: bool) -> None:
    token = credentials.auth_token if show_token else None
    if json:
        connection = {"url": url, "account_sid": credentials.account_sid, "auth_token": token, "from": number}
        typer.echo(jsonlib.dumps(connection))
        return
    typer.echo(f"Twilio's API   {url}  (base URL for any Twilio SDK)")
    typer.echo(f"Phones         {url}/")
    typer.echo(f"Account SID    {credentials.account_sid}")
    typer.echo(f"Auth token     {token or '(as given)'}")
    typer.echo(f"From           {number}")
