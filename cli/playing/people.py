"""The people of a played plan, each with what they really use: staff the HTTP API, the client a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from schemas.alerts import Alert
from schemas.plan import Approval, Session

_PATIENCE_SECONDS = 30.0


class RequestRefused(Exception):  # noqa: N818 — the API's answer, told on
    """The API said no; the message is its own sentence."""


class Staff:
    """The clinic's staff at the HTTP API. Each request is made in the name of one of them."""

    def __init__(self, api_url: str, token: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=api_url, headers={"Authorization": f"Bearer {token}"}, timeout=_PATIENCE_SECONDS
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def take_intake(self, form: Any, key: str) -> dict[str, Any]:
        """Hand in an intake form; the API's answer with the plan's id and the screening."""
        return await self._ask("POST", "/api/v1/intakes", form, {"Idempotency-Key": key})

    async def plan(self, plan_id: str, part: str = "") -> dict[str, Any]:
        """The plan as the API shows it, or its `messages`."""
        return await self._ask("GET", f"/api/v1/plans/{plan_id}{'/' if part else ''}{part}")

    async def audit(self, plan_id: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Every event of the plan, oldest first, and what the API says about their chain."""
        events: list[dict[str, Any]] = []
        query = "?limit=500"
        while True:
            page = await self._ask("GET", f"/api/v1/plans/{plan_id}/events{query}")
            events += page["events"]
            if page["next_before"] is None:
                return events[::-1], page["chain"]
            query = f"?limit=500&before={page['next_before']}"

    async def decide(self, who: str, approval: Approval, body: Mapping[str, Any]) -> None:
        """Take a decision."""
        await self._ask("POST", f"/api/v1/approvals/{approval.id}/decision", body, _as(who))

    async def record(self, who: str, plan_id: str, session: Session, body: Mapping[str, Any]) -> None:
        """Record a session's outcome."""
        await self._ask("POST", f"/api/v1/plans/{plan_id}/sessions/{session.no}/outcome", body, _as(who))

    async def steer(self, who: str, plan_id: str, command: str, body: Mapping[str, Any]) -> None:
        """Give a plan one of the steering commands, such as `hold` or `discharge`."""
        await self._ask("POST", f"/api/v1/plans/{plan_id}/{command}", body, _as(who))

    async def assess(self, who: str, plan_id: str) -> None:
        """Find a client fit for the plan as it stands, item by item of what their assessment must cover."""
        path = f"/api/v1/plans/{plan_id}/assessment"
        needed = (await self._ask("GET", path, headers=_as(who)))["needed"]
        findings = {item["id"]: "Examined, nothing that speaks against it." for item in needed}
        body = {
            "outcome": "suitable",
            "findings": findings,
            "reasoning": "Presentation fits the screening; the plan suits the goal.",
        }
        await self._ask("POST", path, body, _as(who))

    async def reschedule(self, who: str, plan_id: str, session: Session, starts_at: datetime) -> None:
        """Give a session another time."""
        path = f"/api/v1/plans/{plan_id}/sessions/{session.no}/reschedule"
        await self._ask("POST", path, {"starts_at": starts_at.isoformat()}, _as(who))

    async def take_on(self, who: str, alert: Alert) -> None:
        """Acknowledge an alert."""
        await self._ask("POST", f"/api/v1/alerts/{alert.id}/acknowledge", {}, _as(who))

    async def settle(self, who: str, alert: Alert, outcome: str, note: str) -> None:
        """Close an alert with what was found and done."""
        await self._ask(
            "POST", f"/api/v1/alerts/{alert.id}/close", {"outcome": outcome, "note": note}, _as(who)
        )

    async def rescreen(self, who: str, plan_id: str, answers: Mapping[str, Any]) -> None:
        """Ask screening questions again."""
        body = {"answers": {item: dict(answer) for item, answer in answers.items()}}
        await self._ask("POST", f"/api/v1/plans/{plan_id}/rescreen", body, _as(who))

    async def _ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        answer = await self._http.request(method, path, json=body, headers=dict(headers or {}))
        if answer.is_error:
            raise RequestRefused(f"{method} {path}: {answer.status_code} {_reason(answer)}")
        told: dict[str, Any] = answer.json()
        return told


def _reason(answer: httpx2.Response) -> str:
    """The API's own sentence, else whatever it answered."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text


def _as(who: str) -> dict[str, str]:
    return {"X-Limber-Staff": who}


@dataclass(frozen=True)
class PhoneText:
    """One text on the client's phone. `mine` is what the client wrote."""

    sid: str
    body: str
    mine: bool
    status: str
    segments: int
    at: datetime


class Phone:
    """The client's phone, at the gateway."""

    def __init__(self, gateway_url: str, number: str) -> None:
        self._http = httpx2.AsyncClient(base_url=gateway_url, timeout=_PATIENCE_SECONDS)
        self._number = number
        self._path = f"/gateway/phones/{number}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def texts(self) -> list[PhoneText]:
        """The conversation, newest last."""
        answer = await self._http.get(self._path)
        answer.raise_for_status()
        return [
            PhoneText(
                sid=text["sid"],
                body=text["body"],
                mine=text["direction"] == "inbound",
                status=text["status"],
                segments=int(text["segments"]),
                at=datetime.fromisoformat(text["at"]),
            )
            for text in answer.json()["texts"]
        ]

    async def cannot_be_reached(self, times: int) -> None:
        """The next texts do not arrive: the phone is off."""
        fault = {"kind": "unreachable", "to": self._number, "times": times}
        (await self._http.post("/gateway/faults", json=fault)).raise_for_status()

    async def write(self, body: str) -> None:
        """Text the clinic; raises RequestRefused if its webhook did not take it."""
        answer = await self._http.post(f"{self._path}/texts", json={"body": body})
        answer.raise_for_status()
        taken = answer.json()["webhook"]
        if taken["status"] != 200:
            raise RequestRefused(f"the clinic's webhook answered {taken['status']}: {taken['failure']}")
