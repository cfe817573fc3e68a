"""The future as sentences: what a preview's line says, and the words that a text will have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from api.console import words
from api.text_words import name_of
from care.preview import Planned, PlannedKind
from database.site_texts import own_words
from database.sites import Site
from messaging.pack_texts import pack_text
from messaging.templates import DEFAULT_LANGUAGE, TemplateError, load
from schemas.messages import TextOrder
from schemas.protocol import Protocol
from schemas.rules import RulePack

ICONS: Final[Mapping[PlannedKind, str]] = MappingProxyType(
    {
        PlannedKind.text: "text",
        PlannedKind.session: "today",
        PlannedKind.review: "draft",
        PlannedKind.decision: "decision",
        PlannedKind.step: "plans",
        PlannedKind.end: "done",
    }
)
_DECIDED: Final = MappingProxyType(
    {f"{kind} approved": f"{said} approved" for kind, said in words.APPROVALS.items()}
)
_RUNG: Final = "taper_policy.ladder."  # a rung of the ladder is known by its own name


@dataclass(frozen=True)
class Ahead:
    """One line of what lies ahead. `body` is the words of a text."""

    at: datetime
    kind: PlannedKind
    icon: str
    what: str
    body: str | None
    rule: str


class PlannedWords:
    """Says a plan's previews: in its site's, the product's or its pack's words, on its site's clock.

    `own` are the words that the site uses in place of others, by the text's name.
    """

    def __init__(
        self,
        pack: RulePack,
        site: Site,
        protocol: Protocol,
        therapist: str,
        *,
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._pack = pack
        self._own = own
        self._protocol = protocol
        self._book = load(DEFAULT_LANGUAGE)
        self._zone = ZoneInfo(site.zone)
        self._therapist = therapist
        first_name = therapist.partition(" ")[0]
        self._values = {"clinic": site.clinic_name, "phone": site.phone, "therapist": first_name}

    def ahead(self, line: Planned) -> Ahead:
        """The line as the page shows it."""
        body = self.text(line.what, line.visits) if line.kind is PlannedKind.text else None
        return Ahead(
            line.at, line.kind, ICONS[line.kind], self._what(line), body, line.rule.removeprefix(_RUNG)
        )

    def ordered(self, order: TextOrder) -> Ahead:
        """A text that goes out at once."""
        kind, body = PlannedKind.text, self.text(order.template, order.starts_at)
        return Ahead(order.ordered_at, kind, ICONS[kind], self._named(order.template), body, order.rule)

    def text(self, name: str, visits: tuple[datetime, ...]) -> str | None:
        """The words of a text; None where they depend on what is not known yet."""
        try:
            template = self._book.templates.get(name) or pack_text(name, self._pack)
            if name in self._own:
                template = template.reworded("own", self._own[name])
            return template.render({**self._values, **self._book.visit_fields(visits, self._zone)})
        except TemplateError:
            return None

    def _what(self, line: Planned) -> str:
        if line.kind is PlannedKind.text:
            return self._named(line.what)
        if line.kind is PlannedKind.session:
            return f"Session {line.session_no} with {self._therapist}"
        if line.kind is PlannedKind.step and line.step is not None:
            return f"Visits {words.rhythm(self._protocol, line.step)} from here on"
        said = _DECIDED.get(line.what, line.what)
        return said[:1].upper() + said[1:]

    def _named(self, text: str) -> str:
        return f"{'Question by text' if text in self._pack.questions else 'Text'}: {name_of(text)}"


async def planned_words(
    engine: AsyncEngine, pack: RulePack, site: Site, protocol: Protocol, therapist: str
) -> PlannedWords:
    """The words that this site's texts would go out in now."""
    own = await own_words(engine, site.id, DEFAULT_LANGUAGE)
    return PlannedWords(pack, site, protocol, therapist, own=own)
