"""A log line tells what happened to which plan, and nothing about the person."""

import io
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from schemas.names import plan_workflow_id
from schemas.settings import Environment, LogFormat, Settings
from worker.logging import configure_logging
from worker.redaction import redact

NUMBER = "+447700900123"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What this process logs as JSON from here on; the handlers of before come back afterwards."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level, usual = list(root.handlers), root.level, structlog.get_config()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging(Settings(log_format=LogFormat.JSON), "worker")
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**usual)


def _read(lines: io.StringIO, logger: str) -> list[dict[str, object]]:
    """The lines of one logger: a console that other tests share may be asked for a page meanwhile, and says so."""
    told = [orjson.loads(line) for line in lines.getvalue().splitlines()]
    return [line for line in told if line["logger"] == logger]


def test_our_own_line_is_one_json_object_with_time_level_logger_and_service(lines: io.StringIO) -> None:
    structlog.stdlib.get_logger("worker.test").info("text settled", status="sent", plan="p-1")
    [line] = _read(lines, "worker.test")
    assert line["event"] == "text settled"
    assert (line["level"], line["logger"], line["service"]) == ("info", "worker.test", "worker")
    assert str(line["timestamp"]).endswith("Z")


def test_a_line_of_a_library_looks_the_same(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("pool of %s is full", "10")
    [line] = _read(lines, "some.library")
    assert (line["event"], line["level"], line["service"]) == ("pool of 10 is full", "warning", "worker")


@pytest.mark.parametrize(
    "spoken",
    [
        "no route for +447700900123",
        "GET /Messages.json?To=%2B447700900123",
        "call 07700 900123 first",
        "call 07700900123 first",
        "Key (mobile)=(+44 7700 900123) already exists",
    ],
)
def test_a_telephone_number_never_reaches_a_line(lines: io.StringIO, spoken: str) -> None:
    structlog.stdlib.get_logger("worker").info(spoken)
    logging.getLogger("library").warning(spoken)
    assert "900123" not in lines.getvalue()


def test_words_names_and_secrets_are_left_out_by_their_key(lines: io.StringIO) -> None:
    structlog.stdlib.get_logger("worker").info(
        "text",
        body="I cannot feel my foot",
        given_name="Rosa",
        to=NUMBER,
        token="t0p",
        nested={"email": "r@x.uk"},
    )
    logging.getLogger("library").warning("text", extra={"body": "I cannot feel my foot"})
    for secret in ("foot", "Rosa", "900123", "t0p", "r@x"):
        assert secret not in lines.getvalue()


def test_a_database_error_does_not_carry_its_parameters_along(lines: io.StringIO) -> None:
    try:
        raise RuntimeError(
            "insert failed\nDETAIL: Failing row contains (Rosa, Diaz)\n[parameters: ('Rosa',)]\nhint"
        )
    except RuntimeError:
        logging.getLogger("library").exception("recording failed")
    assert "Rosa" not in lines.getvalue()
    assert "recording failed" in lines.getvalue()
    assert "hint" in lines.getvalue()


async def test_inside_an_activity_the_plan_is_a_field_beside_the_sentence(lines: io.StringIO) -> None:
    async def work() -> None:
        activity.logger.warning("slow provider")

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=plan_workflow_id("p-1"), attempt=3)
    await environment.run(work)
    [line] = _read(lines, "temporalio.activity")
    assert line["event"] == "slow provider"
    assert (line["plan_id"], line["attempt"]) == ("p-1", 3)
    assert "workflow_id" not in line and "temporal_activity" not in line


def test_ids_and_instants_survive_the_redaction() -> None:
    event = {
        "event": "moved to 2026-04-14T10:00:00+01:00",
        "plan": "01a20476-cb5d-7146-8106-97784866a497",
        "at": "2026-11-25 18:13:43.926905+00:00",
        "seconds": 0.25,
    }
    assert redact(None, "info", dict(event)) == event


@given(digits=st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True), before=st.text(), after=st.text())
def test_no_international_number_survives_wherever_it_stands(digits: str, before: str, after: str) -> None:
    assert digits not in str(redact(None, "info", {"event": f"{before} {digits} {after}"})["event"])


def test_a_terminal_gets_lines_for_people(monkeypatch: pytest.MonkeyPatch, lines: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", lines)
    configure_logging(Settings(environment=Environment.LOCAL, log_format=LogFormat.CONSOLE), "worker")
    structlog.stdlib.get_logger("worker").info("text settled", to=NUMBER)
    assert "text settled" in lines.getvalue()
    assert "{" not in lines.getvalue().splitlines()[0][:1]
    assert "900123" not in lines.getvalue()
