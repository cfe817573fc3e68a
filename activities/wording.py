"""A text's words, at the last moment: the site's own, the product's, or the rule pack's, in the site's zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from activities.packs import PackShelf
from care.local_time import zone
from care.pack_text import PackError
from database.errors import NotFoundError
from database.outbox_facts import TextFacts
from messaging.pack_texts import pack_text
from messaging.templates import DEFAULT_LANGUAGE, Template, TemplateBook, TemplateError
from schemas.messages import TextOrder

CANNOT_BE_WORDED: Final = "cannot_be_worded"
"""Why a text or mail ended that no words were found for."""


class Unworded(Exception):  # noqa: N818 - a state of the text
    """A text that no words can be found for; trying again would not help. The message names no person."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A finished text, and whose words it is in: language, name, version and digest of its template."""

    body: str
    wording: str


class Wording:
    """Finds and fills a text's template. `books` are the product's texts by language; one must be the default's.

    `console` is where staff reach the console: a page to them links to its alert.
    """

    def __init__(
        self, packs: PackShelf, books: Mapping[str, TemplateBook], console: str = "http://127.0.0.1:8000"
    ) -> None:
        self._packs = packs
        self._books = books
        self._console = console

    async def worded(self, order: TextOrder, facts: TextFacts) -> Worded:
        """The finished text. Raises Unworded for an unknown template or a field without a value."""
        book = self._books.get(facts.language) or self._books[DEFAULT_LANGUAGE]
        try:
            template = await self._template(order, facts, book)
            body = template.render(self._values(order, facts, book))
        except (TemplateError, PackError, NotFoundError) as error:
            raise Unworded(str(error)) from error
        return Worded(body, f"{book.language} {template.name} {template.version} {template.digest}")

    async def mail(self, order: TextOrder, facts: TextFacts) -> tuple[Worded, str]:
        """The same as a mail that stands for a text: its body and subject. Raises Unworded."""
        book = self._books.get(facts.language) or self._books[DEFAULT_LANGUAGE]
        values = self._values(order, facts, book)
        try:
            template = (await self._template(order, facts, book)).for_one_way()
            said = template.render(values)
            body = f"{said}\n\n{book.mail_footer.render(values)}"
            subject = book.mail_subject.render(values)
        except (TemplateError, PackError, NotFoundError) as error:
            raise Unworded(str(error)) from error
        wording = f"{book.language} {template.name} {template.version} {template.digest}"
        return Worded(body, wording), subject

    async def _template(self, order: TextOrder, facts: TextFacts, book: TemplateBook) -> Template:
        """A text waits as a name: whoever edits its words meanwhile loses none of those that wait (F06)."""
        product = book.templates.get(order.template)
        if product is None:
            product = pack_text(order.template, await self._packs.get(facts.pack_hash), facts.nation)
        own = facts.site_text
        return product if own is None else product.reworded(f"site-{own.version}", own.body)

    def _values(self, order: TextOrder, facts: TextFacts, book: TemplateBook) -> dict[str, str]:
        visits = book.visit_fields(order.starts_at, zone(facts.hours.zone))
        first_name = (facts.therapist or "").partition(" ")[0]
        link = {"link": f"{self._console}/alerts/{order.alert_id}"} if order.alert_id else {}
        return {"clinic": facts.clinic_name, "phone": facts.phone, "therapist": first_name, **visits, **link}
