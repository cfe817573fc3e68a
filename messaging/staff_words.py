"""What staff are told by e-mail, in words: data in `templates/<language>.staff.yaml`. No client is ever named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from messaging.templates import DEFAULT_LANGUAGE, Template, read_yaml


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to go."""

    subject: str
    body: str


class StaffWords:
    """The words of one language."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source

    def letter(self, kind: str, values: Mapping[str, str]) -> Letter:
        """The mail about an `approval`, an `alert` or the `digest`. Raises TemplateError for a missing value."""
        said = self._source[kind]
        body = _filled(f"{kind}.body", said["body"], values)
        footer = _filled("footer", self._source["footer"], values)
        return Letter(_filled(f"{kind}.subject", said["subject"], values), f"{body}\n\n{footer}")

    def sentence(self, name: str, **values: str) -> str:
        """One of the sentences that say whose a matter is."""
        return _filled(name, self._source["sentences"][name], values)

    def what(self, kind: str, code: str) -> str:
        """A kind of decision, or an urgency, in words."""
        words: str = self._source[{"approval": "approvals", "alert": "urgencies"}[kind]][code]
        return words

    def count(self, name: str, count: int) -> str:
        """`3 decisions wait for you`."""
        forms = self._source["counts"][name]
        return _filled(name, forms["one" if count == 1 else "many"], {"count": str(count)})


@cache
def staff_words(language: str = DEFAULT_LANGUAGE) -> StaffWords:
    """The words of a language. Raises TemplateError if there are none."""
    return StaffWords(read_yaml(f"{language}.staff.yaml"))


def _filled(name: str, said: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in; line by line, because a value keeps to its line."""
    lines = (Template(name, "1", line) for line in said.split("\n"))
    return "\n".join(line.render(values) for line in lines)
