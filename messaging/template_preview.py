"""What a text will look like and cost, before anyone is sent it."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.segments import Encoding, count
from messaging.template_lint import Finding, lint, profile_of
from messaging.templates import Template, TemplateBook


@dataclass(frozen=True, slots=True)
class TextPreview:
    """A text at the longest values of its fields. `cost` is in the currency of the price that was given."""

    name: str
    version: str
    text: str
    body: str
    encoding: Encoding
    segments: int
    units: int
    cost: float
    findings: tuple[Finding, ...]


def preview(
    template: Template, book: TemplateBook, price: float, instead_of: Template | None = None
) -> TextPreview:
    """The text as its longest recipient gets it, with every breach of the clinic's rules.

    `price` is what one segment costs; `instead_of` the text whose place it is to take. A field that does not
    exist stays as it is written, and is a finding.
    """
    longest = {name: field.longest for name, field in book.fields.items()}
    unknown = {field: f"{{{field}}}" for field in template.fields - longest.keys()}
    body = template.render(longest | unknown)
    counted = count(body)
    return TextPreview(
        name=template.name,
        version=template.version,
        text=template.text,
        body=body,
        encoding=counted.encoding,
        segments=counted.segments,
        units=counted.units,
        cost=round(counted.segments * price, 4),
        findings=lint(template, book, profile_of(template.name), instead_of),
    )
