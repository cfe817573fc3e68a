"""Every answer carries its id and protection, and every failure is a problem document."""

from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient


async def test_an_answer_carries_the_request_s_id(stranger: AsyncClient) -> None:
    answered = await stranger.get("/healthz", headers={"X-Request-Id": "demo-run-000042"})
    assert answered.headers["X-Request-Id"] == "demo-run-000042"


@pytest.mark.parametrize("given", ["", "x", "a b", "é" * 10, "a" * 200])
async def test_an_unusable_id_is_replaced(stranger: AsyncClient, given: str) -> None:
    answered = await stranger.get("/healthz", headers=[(b"X-Request-Id", given.encode())])
    assert answered.headers["X-Request-Id"] != given
    assert len(answered.headers["X-Request-Id"]) == 36


async def test_answers_are_protected(stranger: AsyncClient) -> None:
    headers = (await stranger.get("/healthz")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/healthz", 405)]
)
async def test_a_wrong_address_is_a_problem_document(
    method: str, path: str, status: int, stranger: AsyncClient
) -> None:
    answered = await stranger.request(method, path)
    problem = answered.json()
    assert answered.headers["content-type"] == "application/problem+json"
    assert (answered.status_code, problem["status"]) == (status, status)
    assert {"type", "title", "code", "detail", "instance"} <= set(problem)


async def test_a_fault_of_ours_tells_nothing_but_the_id(app: FastAPI, stranger: AsyncClient) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret inside")

    answered = await stranger.get("/broken")
    assert answered.status_code == 500
    assert "secret" not in answered.text
    assert answered.headers["X-Request-Id"] in answered.json()["instance"]


@pytest.mark.parametrize("path", ["/login", "/api/v1/intakes", "/webhooks/twilio/inbound"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_far_too_long_is_turned_away(path: str, kind: str, service: AsyncClient) -> None:
    answered = await service.post(path, content=b"x=" + b"y" * 300_000, headers={"Content-Type": kind})
    assert answered.status_code in ({413, 403} if path.startswith("/webhooks") else {413})
    assert answered.headers["X-Request-Id"]


async def test_metrics_count_by_route_and_name_nobody(stranger: AsyncClient, service: AsyncClient) -> None:
    await stranger.get("/api/v1/intake-form")
    told = (await stranger.get("/metrics")).text
    assert (
        'limber_http_request_seconds_count{method="GET",route="/api/v1/intake-form",status="401"} 1.0' in told
    )


async def test_it_is_ready_while_the_record_answers(stranger: AsyncClient) -> None:
    assert (await stranger.get("/readyz")).json() == {"status": "ready"}


async def test_the_api_describes_itself(stranger: AsyncClient) -> None:
    described = (await stranger.get("/openapi.json")).json()
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert referred <= set(described["components"]["schemas"])
    assert "IntakeForm" in referred
    page = (await stranger.get("/docs")).text
    assert all(path in page for path in described["paths"])


CONTRACT = """
    POST /api/v1/intakes, GET /api/v1/intake-form, GET /api/v1/plans, GET /api/v1/plans/{plan_id},
    GET /api/v1/plans/{plan_id}/preview, GET /api/v1/plans/{plan_id}/messages,
    GET /api/v1/plans/{plan_id}/events, GET /api/v1/approvals,
    POST /api/v1/approvals/{approval_id}/decision,
    POST /api/v1/plans/{plan_id}/sessions/{number}/outcome,
    POST /api/v1/plans/{plan_id}/sessions/{number}/reschedule,
    POST /api/v1/plans/{plan_id}/sessions/{number}/cancel,
    POST /api/v1/plans/{plan_id}/hold, POST /api/v1/plans/{plan_id}/resume,
    POST /api/v1/plans/{plan_id}/withdraw, POST /api/v1/plans/{plan_id}/amend,
    POST /api/v1/plans/{plan_id}/rescreen, POST /api/v1/alerts/{alert_id}/acknowledge,
    POST /api/v1/alerts/{alert_id}/close, GET /api/v1/attention, POST /webhooks/twilio/inbound,
    POST /webhooks/twilio/status, GET /healthz, GET /readyz, GET /metrics, POST /login
"""


async def test_every_address_of_the_contract_is_there(stranger: AsyncClient) -> None:
    paths = (await stranger.get("/openapi.json")).json()["paths"]
    offered = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {line.strip() for line in CONTRACT.replace("\n", " ").split(",")} <= offered


async def test_a_stranger_learns_nothing_but_that_they_must_log_in(stranger: AsyncClient) -> None:
    paths = (await stranger.get("/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        for method in methods:
            if path.startswith("/api/"):
                answered = await stranger.request(method, re.sub(r"{\w+}", "1", path), json={})
                assert answered.status_code == 401, (method, path)
