"""The console as part of the application: its pages, its static files, its way of saying no."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api.clinic import Clinic
from api.console import problem_pages
from api.console.desk import allowed, desk
from api.console.engine_watch import EngineWatch
from api.console.permissions import Act
from api.console.plan_news import PlanNews
from api.console.rendering import STATIC_PATH
from api.console.routes import (
    account,
    alerts,
    approvals,
    attention,
    deliveries,
    demo_clock,
    entrance,
    leave,
    live,
    many_plans,
    new_clients,
    outcomes,
    overriding,
    plan_commands,
    plans,
    rescreen,
    single_sign_on,
    staff,
    staff_changes,
    system,
    today,
    treating,
)
from api.kept_figures import KeptFigures
from database.notices import plan_changes

STAFF_ONLY: Final = (
    attention,
    approvals,
    alerts,
    many_plans,
    plans,
    new_clients,
    plan_commands,
    outcomes,
    treating,
    rescreen,
    overriding,
    today,
    deliveries,
    system,
    live,
    account,
    leave,
    staff_changes,
    staff,
)


class _Kept(StaticFiles):
    """Static files under an address that changes with their content, so that browsers keep them for good."""

    def lookup_path(self, path: str) -> Any:
        """The file, whatever the version in the address is."""
        return super().lookup_path(Path(path).name)

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        """The file with leave to keep it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def add_routes(router: APIRouter, *, demo: bool) -> None:
    """Add the console's pages and files, in a demo also its clock's page."""
    router.mount(STATIC_PATH, _Kept(directory=Path(__file__).parent / "static"), name="static")
    router.include_router(entrance.router, include_in_schema=False)
    router.include_router(single_sign_on.router, include_in_schema=False)
    for group in (*STAFF_ONLY, *((demo_clock,) if demo else ())):
        router.include_router(
            group.router, include_in_schema=False, dependencies=[Depends(desk), allowed(Act.read_plans)]
        )


def install(app: FastAPI) -> None:
    """Give the application what the console keeps and how it says no; `problems.install` comes before."""
    app.state.engine_watch = EngineWatch()
    app.state.figures = KeptFigures()
    clinic: Clinic = app.state.clinic
    app.state.plan_news = PlanNews(lambda: plan_changes(clinic.engine.url))
    problem_pages.install(app)
