"""The receipts of outages: what was to go out while the service was away, and what became of it (F02)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import answer
from api.clinic import TheClinic
from api.identity import Who
from database.outage_receipt import Fared, outage_receipt
from database.outages import outage_by_id, recent_outages

router = APIRouter(prefix="/api/v1/outages", tags=["outages"])


@router.get("", summary="When the service was away, the last time first")
async def get_outages(clinic: TheClinic, _who: Who) -> Response:
    """An outage is noted by the first worker that works again."""
    return answer({"outages": await recent_outages(clinic.engine)})


@router.get("/{outage_id}", summary="What one outage held up")
async def get_outage(clinic: TheClinic, _who: Who, outage_id: str) -> Response:
    """Every text that was due meanwhile: sent late, merged with another, not sent, or for a person to ring about."""
    receipt = await outage_receipt(clinic.engine, await outage_by_id(clinic.engine, outage_id))
    return answer(
        {
            "outage": receipt.outage,
            "counts": {fared: receipt.count(fared) for fared in Fared},
            "texts_recovered": receipt.texts_recovered,
            "texts": receipt.texts,
        }
    )
