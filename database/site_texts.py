"""Each site's own wording of the product's texts. Versions are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import site_texts

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:wording, 0))")


@dataclass(frozen=True, slots=True)
class SiteWording:
    """One version of a site's own words; without a `body` the product's words are used again."""

    site_id: str
    language: str
    name: str
    version: int
    body: str | None
    written_by: str
    written_at: datetime


async def add_wording(  # noqa: PLR0917 - whose words, in which language, for which text, by whom and when
    engine: AsyncEngine, site_id: str, language: str, name: str, body: str | None, by: str, now: datetime
) -> SiteWording:
    """The site's words from now on. Texts that wait take them; what was sent keeps its own (F06)."""
    columns = site_texts.c
    same = (columns.site_id == site_id, columns.language == language, columns.name == name)
    async with engine.begin() as connection:
        await connection.execute(_TURN, {"wording": f"wording {site_id} {language} {name}"})
        before = await connection.scalar(select(func.max(columns.version)).where(*same))
        wording = SiteWording(site_id, language, name, (before or 0) + 1, body, by, now)
        await connection.execute(
            insert(site_texts).values(
                site_id=site_id,
                language=language,
                name=name,
                version=wording.version,
                body=body,
                written_by=by,
                written_at=now,
            )
        )
    return wording


async def wordings(engine: AsyncEngine, site_id: str, language: str) -> tuple[SiteWording, ...]:
    """Every version of every text that this site worded itself, the newest first."""
    columns = site_texts.c
    query = (
        select(site_texts)
        .where(columns.site_id == site_id, columns.language == language)
        .order_by(columns.name, columns.version.desc())
    )
    async with one_by_one(engine) as connection:
        return tuple(SiteWording(**row._mapping) for row in await connection.execute(query))


async def own_words(engine: AsyncEngine, site_id: str, language: str) -> Mapping[str, str]:
    """The words that a site uses in place of the product's and the rule pack's now, by the text's name."""
    newest = {one.name: one for one in reversed(await wordings(engine, site_id, language))}
    return {name: one.body for name, one in newest.items() if one.body is not None}
