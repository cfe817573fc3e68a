"""The HTTP application, put together from what one process built."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute

from api import problems
from api.body_limit import BodyLimit
from api.clinic import Clinic
from api.console.install import add_routes as add_console
from api.console.install import install as install_console
from api.console.permissions import Act
from api.description import ABOUT, PROBLEM_RESPONSES, describe
from api.edge import RequestEdge
from api.form import routes as form
from api.form.install import install as install_form
from api.identity import identify
from api.permitted import allowed
from api.routes import (
    alerts,
    approvals,
    attention,
    health,
    intakes,
    login,
    outages,
    overriding,
    plans,
    reference,
    sessions,
    site_texts,
    steering,
    treating,
    webhooks,
)
from api.single_sign_on import single_sign_on

_OPEN: Final = (health, reference, login, webhooks)
"""Asked by anyone: supervisors, people who are about to log in, the SMS provider with its signature."""

STAFF_ONLY: Final = (
    intakes,
    plans,
    sessions,
    treating,
    steering,
    overriding,
    approvals,
    alerts,
    attention,
    outages,
    site_texts,
)


def create_app(clinic: Clinic) -> FastAPI:
    """The application over one clinic. It owns no connection: whoever built the clinic closes it."""
    app = FastAPI(
        title="Limber",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
    )
    app.state.clinic = clinic
    app.state.single_sign_on = single_sign_on(clinic.settings)
    app.router.routes.extend(_routes(demo=clinic.demo is not None))
    problems.install(app)
    install_console(app)
    install_form(app)
    describe(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestEdge, metrics=clinic.metrics, https=clinic.secure_cookies)
    return app


@cache
def _routes(*, demo: bool) -> tuple[BaseRoute, ...]:
    """Every address there is, of a demo also its clock's.

    They say nothing of a clinic, and what each of them asks of a request takes half a second to work out: a process
    does so once.
    """
    every = APIRouter(responses=PROBLEM_RESPONSES)
    for group in _OPEN:
        every.include_router(group.router)
    for group in STAFF_ONLY:  # who asks is settled before anything else is looked at
        every.include_router(group.router, dependencies=[Depends(identify), allowed(Act.read_plans)])
    add_console(every, demo=demo)
    every.include_router(form.router, include_in_schema=False)
    return tuple(every.routes)
