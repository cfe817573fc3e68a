"""The demo is the main job, whole: a real intake to discharge on the real parts, told and checked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
_SECONDS = 220


def played(*arguments: str) -> dict[str, Any]:
    """What `limber demo --json` prints: one document and nothing else; it must end well."""
    command = [sys.executable, "-m", "cli.main", "demo", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def anna() -> dict[str, Any]:
    """The plan of the example client, played once for this module."""
    return played()


def kinds(document: dict[str, Any]) -> Counter[str]:
    return Counter(event["kind"] for event in document["events"])


@pytest.mark.slow
def test_a_plan_is_played_from_intake_to_discharge_with_nothing_missing(anna: dict[str, Any]) -> None:
    assert anna["faults"] == []
    assert anna["stage"] == "discharged"
    outcomes = Counter(
        event["facts"]["outcome"] for event in anna["events"] if event["kind"] == "session.outcome_recorded"
    )
    assert 12 <= sum(outcomes.values()) <= 16
    assert outcomes["no_show"] == 1


@pytest.mark.slow
def test_a_flare_steps_visits_up_and_the_plan_tapers_again(anna: dict[str, Any]) -> None:
    steps = [e["facts"]["now"] for e in anna["events"] if e["kind"] == "taper.step_changed"]
    assert steps == ["S2", "S1", "S2", "S3"]


@pytest.mark.slow
def test_a_red_flag_text_suspends_the_plan_until_a_therapist_resumes_it(anna: dict[str, Any]) -> None:
    told = [entry["words"] for entry in anna["story"]]
    flag = next(place for place, words in enumerate(told) if "bum has gone numb" in words)
    after = told[flag - 1 : flag + 6]
    assert any("Go to A&E" in words for words in after)
    assert any("suspended" in words for words in after)
    assert kinds(anna)["plan.paused"] == kinds(anna)["plan.resumed"] == 1


@pytest.mark.slow
def test_every_text_is_in_the_story_once_and_every_answer_on_record(anna: dict[str, Any]) -> None:
    sent = [
        m for m in anna["messages"] if m["direction"] == "out" and m["audience"] == "client" and m["sent_at"]
    ]
    shown = [entry for entry in anna["story"] if entry["line"] == "to_client"]
    assert Counter(m["body"] for m in sent) == Counter(entry["words"] for entry in shown)
    answers = [m for m in anna["messages"] if m["direction"] == "in"]
    written = [entry for entry in anna["story"] if entry["line"] == "from_client"]
    assert Counter(m["body"] for m in answers) == Counter(entry["words"] for entry in written)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "stage", "first_words"),
    [
        ("george-recent-surgery", "deferred", "Thank you, we have your form"),
        ("maya-saddle-numbness", "deferred", "Go to A&E straight away"),
    ],
)
def test_any_intake_can_be_played_also_one_that_ends_in_waiting(
    form: str, stage: str, first_words: str
) -> None:
    document = played("--intake", str(EXAMPLES / f"{form}.json"))
    assert document["stage"] == stage
    first = next(entry for entry in document["story"] if entry["line"] == "to_client")
    assert first_words in first["words"]
    assert not any(event["kind"] == "session.placed" for event in document["events"])
