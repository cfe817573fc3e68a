"""The site whose telephone number stands on a page of trouble, also while the record is away."""

from __future__ import annotations

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from api.clinic import clinic_of
from database.sites import Site, all_sites

_log = structlog.get_logger(__name__)


class LastSite:
    """What this process last knew: the site of the form that is asked for, else the clinic's first."""

    def __init__(self) -> None:
        self._first: Site | None = None

    def visited(self, request: Request, site: Site) -> None:
        """A form of this site is asked for."""
        request.state.form_site = site
        self._first = self._first or site

    async def of(self, request: Request) -> Site | None:
        """The site to ring; None if the record is away and has been since this process began."""
        own: Site | None = getattr(request.state, "form_site", None)
        return own or self._first or await self._look(request)

    async def _look(self, request: Request) -> Site | None:
        try:
            sites = await all_sites(clinic_of(request).engine)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("no site to ring can be shown", error=type(error).__name__)
            return None
        self._first = sites[0] if sites else None
        return self._first


def last_site(request: Request) -> LastSite:
    """What this process knows."""
    kept: LastSite = request.app.state.last_site
    return kept
