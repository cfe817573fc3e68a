"""`limber preview`: what a therapist sees before approving, from an intake and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def previewed(form: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "preview", "--intake", str(form), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def document(form: str, *arguments: str) -> dict[str, Any]:
    done = previewed(EXAMPLES / f"{form}.json", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_every_text_and_visit_ahead_ends_in_discharge_when_all_goes_as_planned() -> None:
    planned = document("anna-back-pain")["planned"]
    assert planned[-1]["what"] == "discharged"
    assert {line["kind"] for line in planned} == {"text", "session", "review", "decision", "step", "end"}
    assert all(line["text"] for line in planned if line["kind"] == "text")
    assert [line["at"] for line in planned] == sorted(line["at"] for line in planned)


def test_visits_keep_their_wall_time_over_the_change_of_clocks_f16() -> None:
    visits = [line for line in document("anna-back-pain")["planned"] if line["kind"] == "session"]
    starts = [datetime.fromisoformat(line["at"]) for line in visits]
    assert {start.strftime("%a %H:%M") for start in starts} == {"Tue 10:00"}
    assert max(starts) - min(starts) > timedelta(weeks=12)


@pytest.mark.parametrize(
    ("form", "holds"),
    [("dorothy-osteoporosis", True), ("george-recent-surgery", True), ("caitlin-athlete", False)],
)
def test_a_plan_that_waits_for_somebody_books_nothing(form: str, holds: bool) -> None:
    shown = document(form)
    assert bool(shown["screening"]["holds"]) is holds
    assert any(line["kind"] == "session" for line in shown["planned"]) is not holds


def test_it_says_what_must_be_so_before_the_first_session() -> None:
    shown = " ".join(previewed(EXAMPLES / "george-recent-surgery.json").stdout.split())
    assert "wound healed." in shown and "(profiles.post_surgical.start_condition)" in shown
    assert "profiles.post_surgical.start_condition" in document("george-recent-surgery")["screening"]["holds"]


def test_the_page_says_that_the_rules_are_a_draft() -> None:
    assert "draft, not for clinical use" in " ".join(
        previewed(EXAMPLES / "anna-back-pain.json").stdout.split()
    )


def test_a_wrong_form_is_refused_with_every_field(tmp_path: Path) -> None:
    form = json.loads((EXAMPLES / "anna-back-pain.json").read_text())
    form["client"]["mobile"] = "020 7946 0018"
    form["pain"] = 11
    wrong = tmp_path / "form.json"
    wrong.write_text(json.dumps(form))
    done = previewed(wrong)
    assert done.returncode == 2
    assert "client.mobile" in done.stderr
    assert "pain" in done.stderr
