"""The texts a site sends: read, priced, tried and worded anew. A text that breaks a rule is never taken."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from api.answers import answer
from api.clinic import Clinic, TheClinic
from api.identity import Who
from api.problems import FieldProblem, Problem, invalid
from database.errors import NotFoundError
from database.site_texts import SiteWording, add_wording, wordings
from database.sites import all_sites
from messaging.pack_texts import pack_texts
from messaging.template_preview import TextPreview, preview
from messaging.templates import DEFAULT_LANGUAGE, Template, TemplateBook, TemplateError, load
from schemas.base import Strict
from schemas.commands import Role

router = APIRouter(prefix="/api/v1/sites/{site_id}/texts", tags=["texts"])

MAY_WORD: Final = frozenset({Role.clinic_manager, Role.lead_physiotherapist, Role.admin})
MAY_WORD_THE_PACKS: Final = frozenset({Role.lead_physiotherapist})
"""Questions and safety texts are part of the clinic's rules: who answers for those words them."""


class WordingAsked(Strict):
    """A site's words for a text; null goes back to the product's."""

    text: str | None = Field(max_length=1000)


async def _known_site(clinic: TheClinic, site_id: str) -> str:
    if site_id not in {site.id for site in await all_sites(clinic.engine)}:
        raise NotFoundError("site", site_id)
    return site_id


KnownSite = Annotated[str, Depends(_known_site)]


@router.get("", summary="Every text of a site, with what it costs")
async def get_texts(
    clinic: TheClinic, _who: Who, site_id: KnownSite, language: str = DEFAULT_LANGUAGE
) -> Response:
    """At the longest values of the fields. `own` are the site's versions, the newest first."""
    book = _book(language)
    own: dict[str, list[SiteWording]] = {}
    for wording in await wordings(clinic.engine, site_id, language):
        own.setdefault(wording.name, []).append(wording)
    price = clinic.settings.segment_price
    return answer(
        {
            "language": language,
            "price_of_a_segment": price,
            "texts": [
                {
                    "in_use": preview(_in_use(text, own.get(name, [])), book, price, text),
                    "own": own.get(name, []),
                    "worded_by": sorted(_may_word(clinic, name)),
                }
                for name, text in _texts(clinic, book).items()
            ],
        }
    )


@router.post("/{name}/preview", summary="Try words for a text")
async def post_preview(
    clinic: TheClinic,
    _who: Who,
    _site: KnownSite,
    name: str,
    asked: WordingAsked,
    language: str = DEFAULT_LANGUAGE,
) -> Response:
    """How it would read at its longest, its segments and cost, and every rule that it breaks."""
    return answer(_tried(clinic, name, asked, language))


@router.put("/{name}", summary="A site's own words for a text")
async def put_wording(  # noqa: PLR0917 - FastAPI passes by name
    clinic: TheClinic,
    who: Who,
    site_id: KnownSite,
    name: str,
    asked: WordingAsked,
    language: str = DEFAULT_LANGUAGE,
) -> Response:
    """Words that break a rule are refused with what to change. Texts that wait to be sent take the new ones."""
    may_word = _may_word(clinic, name)
    if not may_word & set(who.actor.roles):
        titles = " or ".join(sorted(role.replace("_", " ") for role in may_word))
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "role_missing",
            f"This text of a site is worded by its {titles}. Ask one of them.",
        )
    tried = _tried(clinic, name, asked, language)
    if tried.findings:
        raise invalid(FieldProblem("text", finding.sentence) for finding in tried.findings)
    wording = await add_wording(
        clinic.engine, site_id, language, name, asked.text, who.actor.id, clinic.clock()
    )
    return answer({"wording": wording, "in_use": tried})


def _texts(clinic: Clinic, book: TemplateBook) -> dict[str, Template]:
    """Every text there is, by name: the product's in this language, then those of the rule pack."""
    return {**book.templates, **{text.name: text for text in pack_texts(clinic.pack)}}


def _may_word(clinic: Clinic, name: str) -> frozenset[Role]:
    of_the_pack = name in clinic.pack.questions or name in clinic.pack.messages
    return MAY_WORD_THE_PACKS if of_the_pack else MAY_WORD


def _tried(clinic: Clinic, name: str, asked: WordingAsked, language: str) -> TextPreview:
    book = _book(language)
    before = _texts(clinic, book).get(name)
    if before is None:
        raise NotFoundError("text", name)
    try:
        template = before if asked.text is None else before.reworded("new", asked.text)
        return preview(template, book, clinic.settings.segment_price, before)
    except TemplateError as error:
        raise invalid([FieldProblem("text", str(error))]) from error


def _book(language: str) -> TemplateBook:
    try:
        return load(language)
    except TemplateError as error:
        raise invalid([FieldProblem("language", str(error))]) from error


def _in_use(product: Template, own: list[SiteWording]) -> Template:
    if not own or own[0].body is None:
        return product
    return product.reworded(f"site-{own[0].version}", own[0].body)
