"""The `<Message>` texts in a webhook's TwiML answer."""

from __future__ import annotations

from xml.parsers import expat


class TwimlError(ValueError):
    """The answer is not the XML Twilio reads (its error 12100)."""


def messages(document: str) -> list[str]:
    """The bodies of all `<Message>` verbs, in order; an empty answer has none. Raises TwimlError."""
    if not document.strip():
        return []
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise TwimlError(f"Document parse failure: {error}") from error
    return [body.strip() for body in reader.bodies if body.strip()]


class _Reader:
    """Collects the text of each `<Message>`, plain or inside its `<Body>`."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self._open: list[str] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._open.append(name)
        if self._open == ["Response", "Message"]:
            self.bodies.append("")

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        if self._open in (["Response", "Message"], ["Response", "Message", "Body"]):
            self.bodies[-1] += data


def _no_entities(*_declaration: object) -> None:
    raise TwimlError("Document parse failure: entity declarations are not read")
