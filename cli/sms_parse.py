"""`limber sms parse TEXT`: how a reply would be read, and by which rules."""

from __future__ import annotations

from typing import Annotated

import typer

from care.pack import builtin
from care.replies import read


def parse(
    text: Annotated[str, typer.Argument(help="The text as the client sent it.")],
    question: Annotated[
        str | None, typer.Option("--question", help="The check-in that is open, such as CHK-PAIN.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Read a client's text as the service would."""
    pack = builtin()
    if question is not None and question not in pack.questions:
        raise typer.BadParameter(
            f"there is no question {question!r}; the pack has {', '.join(pack.questions)}",
            param_hint="--question",
        )
    reading = read(pack, text, question)
    if json:
        typer.echo(reading.model_dump_json())
        return
    said = reading.model_dump(mode="json", exclude_defaults=True)
    if not said:
        typer.echo("Nothing that a rule acts on.")
    for name, value in said.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"{name.replace('_', ' ')}: {shown}")
    if reading.message:
        typer.echo(f"answer: {pack.messages[reading.message].text}")
