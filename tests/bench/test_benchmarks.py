"""The benchmarks run, and say in one shape what they found. No test here looks at a clock."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

import httpx2
import pytest
from starlette.responses import Response

from bench import session_speed
from bench.figures import Figure, Report
from bench.pages import Page, seconds_to_read
from bench.registry import BENCHMARKS
from bench.served_console import ServedConsole
from cli.main import run as run_limber
from database.demo_clinic import LEAD


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_is_told_in_a_sentence_and_has_small_sizes(name: str) -> None:
    assert BENCHMARKS[name].summary.endswith(".")
    assert BENCHMARKS[name].small


def test_the_rules_are_measured_beside_a_fixed_loop() -> None:
    report = BENCHMARKS["preview"].run(small=True)
    names = {figure.name for figure in report.figures}
    assert {"a year's preview", "a year's preview, beside the loop"} <= names
    assert all(figure.value > 0 for figure in report.figures)


def test_simulated_lives_are_measured_beside_a_fixed_loop_and_break_no_promise() -> None:
    found = {figure.name: figure.value for figure in BENCHMARKS["simulate"].run(small=True).figures}
    assert found["a client's half year, beside the loop"] > 0
    assert found["broken promises"] == 0


@pytest.mark.slow
async def test_sessions_are_counted_beside_bare_ones() -> None:
    report = await asyncio.to_thread(session_speed.run, plans=1, sessions=1, rounds=1)
    found = {figure.name: figure.value for figure in report.figures}
    assert 10 <= found["actions per session"] <= 16
    assert 10 <= found["actions per bare session"] <= 16
    assert found["throughput"] > 0


async def test_a_page_that_is_not_there_fails_the_measurement_and_is_named() -> None:
    gone = Response("", HTTPStatus.SEE_OTHER, {"Location": "/sign-in"})
    browser = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=gone), base_url="http://clinic")
    async with browser:
        console = ServedConsole("", 0, 0, {LEAD.id: browser})
        with pytest.raises(httpx2.HTTPStatusError, match="/approvals/7"):
            await seconds_to_read(console, Page("Approval", "/approvals/7"))


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_limber(["bench", "preview", "--small", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["machine"]["cores"] >= 1
    assert [one["benchmark"] for one in document["benchmarks"]] == ["preview"]
    assert all(
        {"name", "value", "unit", "bar", "held"} == set(f) for f in document["benchmarks"][0]["figures"]
    )


def test_an_unknown_benchmark_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_limber(["bench", "speed"]) == 2
    told = capsys.readouterr().err
    assert "speed" in told and all(name in told for name in BENCHMARKS)


def test_a_bar_is_held_from_its_own_side() -> None:
    assert Figure("memory", 300, "MB", bar=300).held
    assert Figure("memory", 301, "MB", bar=300).held is False
    assert Figure("ratio", 0.7, bar=0.6, at_least=True).held
    assert Figure("ratio", 0.5, bar=0.6, at_least=True).held is False
    assert Figure("told only", 1).held is None


def test_one_bar_that_is_not_held_fails_the_report() -> None:
    fine, broken = Figure("fine", 1, bar=2), Figure("broken", 3, bar=2)
    assert Report("one", "", (fine,)).held
    assert not Report("both", "", (fine, broken)).held
