"""Is it alive, may it be asked, and how is it doing: for supervisors and Prometheus. Nothing personal."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from api.answers import answer
from api.clinic import TheClinic
from api.metrics import told_figures
from database.figures import figures

_log = structlog.get_logger(__name__)

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="The process lives")
async def healthz() -> Response:
    """200 as long as the process answers."""
    return answer({"status": "ok"})


@router.get("/readyz", summary="It can be asked")
async def readyz(clinic: TheClinic) -> Response:
    """200 while the record answers; 503 with what is missing otherwise.

    The engine may be away: reads go on, and intakes and texts are taken and wait for it.
    """
    try:
        async with clinic.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return answer({"status": "waiting", "missing": ["database"]}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return answer({"status": "ready"})


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(clinic: TheClinic) -> Response:
    """What this process measured and, while the record answers, how the clinic's plans stand."""
    told = generate_latest(clinic.metrics.registry)
    try:
        told += told_figures(await figures(clinic.engine, clinic.clock()))
    except (SQLAlchemyError, OSError) as error:
        _log.warning("no figures from the record", error=type(error).__name__)
    return Response(told, media_type=CONTENT_TYPE_LATEST)
