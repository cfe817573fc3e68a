"""`limber sms segments TEXT`: what a text would cost, before anyone sends it."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from messaging.segments import count, foreign_characters


def segments(
    text: Annotated[str, typer.Argument(help="The text as a client would receive it.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Count the segments of a text as Twilio bills them."""
    counted = count(text)
    if json:
        typer.echo(orjson.dumps(counted).decode())
        return
    plural = "" if counted.segments == 1 else "s"
    typer.echo(f"{counted.encoding.value}: {counted.segments} segment{plural}, {counted.units} units")
    foreign = foreign_characters(text)
    if foreign:
        shown = " ".join(f"{ch!r}" for ch in foreign[:10])
        typer.echo(f"Outside the GSM-7 alphabet, so every segment holds 70 characters and not 160: {shown}")
