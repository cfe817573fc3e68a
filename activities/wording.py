"""A text's words, at the last moment: the clinic's templates or the rule pack's texts, in the site's zone."""

from __future__ import annotations

from activities.packs import PackShelf
from care.local_time import zone
from care.pack_text import PackError
from database.errors import NotFoundError
from database.outbox_facts import TextFacts
from messaging.templates import Template, TemplateBook, TemplateError
from schemas.messages import TextOrder
from schemas.rules import RulePack


class Unworded(Exception):  # noqa: N818 - a state of the text
    """A text that no words can be found for; trying again would not help. The message names no person."""


class Wording:
    """Finds and fills a text's template."""

    def __init__(self, packs: PackShelf, book: TemplateBook) -> None:
        self._packs = packs
        self._book = book

    async def body(self, order: TextOrder, facts: TextFacts) -> str:
        """The finished text. Raises Unworded for an unknown template or a field without a value."""
        try:
            template = self._book.templates.get(order.template) or pack_text(
                order.template, await self._packs.get(facts.pack_hash)
            )
            return template.render(self._values(order, facts))
        except (TemplateError, PackError, NotFoundError) as error:
            raise Unworded(str(error)) from error

    def _values(self, order: TextOrder, facts: TextFacts) -> dict[str, str]:
        visits = self._book.visit_fields(order.starts_at, zone(facts.hours.zone))
        first_name = (facts.therapist or "").partition(" ")[0]
        return {"clinic": facts.clinic_name, "phone": facts.phone, "therapist": first_name, **visits}


def pack_text(name: str, pack: RulePack) -> Template:
    """A question or message of the rule pack as a template. Raises TemplateError for a name it has not."""
    said = pack.questions.get(name) or pack.messages.get(name)
    if said is None:
        raise TemplateError(
            f"neither the clinic's templates nor rule pack {pack.version} has a text named {name}; "
            "correct the name where the text is ordered, or add it"
        )
    return Template(name, pack.version, said.text)
