"""`limber sms texts`: every text of a language with its segments and cost, or one text that is being tried."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from care.pack import builtin
from messaging.pack_texts import pack_texts
from messaging.template_preview import TextPreview, preview
from messaging.templates import DEFAULT_LANGUAGE, Template, TemplateError, load


def texts(
    name: Annotated[
        str | None, typer.Argument(help="One text, such as session_moved; all if omitted.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Other words to try for it.")] = None,
    language: Annotated[str, typer.Option(help="The language's tag.")] = DEFAULT_LANGUAGE,
    price: Annotated[float, typer.Option(help="What one segment costs.", min=0)] = 0.04,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Show texts, the built-in rule pack's too, at their longest, what they cost, and which rules they break."""
    try:
        book = load(language)
        of_the_pack = {one.name: one for one in pack_texts(builtin())}
        every = [*book.templates.values(), *of_the_pack.values()]
        chosen = [of_the_pack.get(name) or book[name]] if name else every
        if text is None:
            shown = [preview(one, book, price) for one in chosen]
        elif name:
            shown = [preview(one.reworded("new", text), book, price, one) for one in chosen]
        else:
            shown = [preview(Template("tried", "new", text), book, price)]
    except TemplateError as error:
        raise typer.BadParameter(str(error)) from error
    if json:
        typer.echo(orjson.dumps(shown).decode())
    else:
        for one in shown:
            _show(one)
    if any(one.findings for one in shown):
        raise typer.Exit(1)


def _show(shown: TextPreview) -> None:
    plural = "" if shown.segments == 1 else "s"
    typer.echo(
        f"{shown.name} (version {shown.version}): {shown.segments} segment{plural}, {shown.encoding.value}, "
        f"{shown.cost:.2f}"
    )
    typer.echo(f"  {shown.body}")
    for finding in shown.findings:
        typer.echo(f"  ✕ {finding.rule.value}: {finding.sentence}")
