"""`limber sms parse TEXT`: how a reply would be read, and by which rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer

from care.pack import builtin
from care.replies import read
from schemas.replies import Reading
from schemas.rules import RulePack


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
        typer.echo(reading.as_json())
        return
    blank = Reading().plain()
    said = {name: told for name, told in reading.plain().items() if told != blank[name]}
    if not said:
        typer.echo("Nothing that a rule acts on.")
    for name, value in said.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"{name.replace('_', ' ')}: {shown}")
    if reading.message:
        typer.echo(f"answer: {pack.messages[reading.message].text}")
    for because in _reasons(pack, reading):
        typer.echo(f"because {because}")


def _reasons(pack: RulePack, reading: Reading) -> Iterator[str]:
    """Which rule acts on the text, and what it is for; safety first, as in the order of precedence."""
    groups = {group.id: group for group in pack.sms_checkins.keyword_groups}
    alerts = {alert.id: alert for alert in pack.sms_checkins.number_alerts}
    for rule in reading.rules:
        if rule in groups:
            own = groups[rule].urgency
            # A text is as urgent as its gravest words: words that are graver than the text were lowered.
            graver = reading.urgency is not None and own.rank < reading.urgency.rank
            lowered = graver or (reading.negated and rule == reading.group)
            yield f"{rule}: words of urgency {own}{', lowered one level behind a negation' if lowered else ''}"
        elif rule in alerts:
            yield f"{rule}: the number, by `{alerts[rule].condition}`, urgency {alerts[rule].urgency}"
        else:
            yield f"{rule}: a change in health is asked about again"
    for holds, why in _READ_AS:
        if holds(reading):
            yield why


_READ_AS: Final[tuple[tuple[Callable[[Reading], bool], str], ...]] = (
    (lambda r: r.opt_out, "it asks for no more texts; that holds for everybody who shares the number"),
    (lambda r: r.opt_in, "it asks for texts again"),
    (lambda r: r.help, "it asks for help: the provider answers, and a person sees it"),
    (lambda r: r.choice is not None, "it answers an open reminder: 1 confirm, 2 change, 3 cancel"),
    (
        lambda r: r.option is not None,
        "it says which of two was meant, if that was asked: 1 the first, 2 the second",
    ),
    (lambda r: r.value is not None, "it is a score, if a question that it fits is open"),
    (lambda r: r.imprecise, "the number was rounded to the worse side, so a person looks"),
    (lambda r: r.unreadable, "there is no word and no number in range: asked again once, then a person"),
    (lambda r: r.free_text, "its words are no rule's, so a person reads it"),
)
