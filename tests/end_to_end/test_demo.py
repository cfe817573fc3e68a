"""The demo is the main job, whole: a real intake to discharge on the real parts, told and checked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
_SECONDS = 220
_WAITING = {
    "george-recent-surgery": "Thank you, we have your form",
    "maya-saddle-numbness": "Go to A&E straight away",
}
"""Forms whose plans wait for somebody, and what their clients are told first."""


class Demo:
    """`limber demo --json` in a process of its own; it prints one document and nothing else, and must end well."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._errors = folder / "stderr"
        self._printed = folder / "stdout"
        with self._printed.open("wb") as out, self._errors.open("wb") as errors:
            command = [sys.executable, "-m", "cli.main", "demo", "--json", *arguments]
            self._process = subprocess.Popen(command, stdout=out, stderr=errors)

    def document(self) -> dict[str, Any]:
        """What it printed, once it has ended."""
        code = self._process.wait(_SECONDS)
        assert code == 0, self._errors.read_text()[-4000:]
        document: dict[str, Any] = json.loads(self._printed.read_text())
        return document

    def close(self) -> None:
        """End it, if it still plays."""
        self._process.terminate()
        self._process.wait(_SECONDS)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Demo]]:
    """A demo of each form, all at once: much of a demo is waiting. The example client's form goes by no name."""
    played = {"": Demo(tmp_path_factory.mktemp("anna"))}
    for form in _WAITING:
        played[form] = Demo(tmp_path_factory.mktemp(form), "--intake", str(EXAMPLES / f"{form}.json"))
    yield played
    for demo in played.values():
        demo.close()


@pytest.fixture(scope="module")
def anna(demos: dict[str, Demo]) -> dict[str, Any]:
    """The plan of the example client, played once for this module."""
    return demos[""].document()


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
@pytest.mark.parametrize("form", _WAITING)
def test_any_intake_can_be_played_also_one_that_ends_in_waiting(demos: dict[str, Demo], form: str) -> None:
    document = demos[form].document()
    assert document["stage"] == "deferred"
    first = next(entry for entry in document["story"] if entry["line"] == "to_client")
    assert _WAITING[form] in first["words"]
    assert not any(event["kind"] == "session.placed" for event in document["events"])
