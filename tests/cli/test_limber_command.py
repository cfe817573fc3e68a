"""The `limber` command: quick to answer, clear about faults, and honest in its exit code."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.commands import COMMANDS, Entry
from cli.main import run


def _limber(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **environment},
    )


def test_help_lists_every_command_without_importing_one() -> None:
    code = (
        "import sys; from cli.main import run; run(['--help']);"
        "print([name for name in ('temporalio', 'sqlalchemy', 'pydantic', 'fastapi') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.rstrip().endswith("[]")
    assert all(entry.name.split()[0] in answer.stdout for entry in COMMANDS)


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_listed_command_lives_where_the_table_says(entry: Entry) -> None:
    module, _, function = entry.target.partition(":")
    spec = find_spec(module)
    assert spec is not None, f"{module} is missing"
    assert spec.origin is not None
    assert re.search(rf"^(async )?def {function}\(", Path(spec.origin).read_text(), re.MULTILINE)


def test_an_unknown_command_is_wrong_usage_and_a_near_miss_is_suggested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["docter"]) == 2
    assert "doctor" in capsys.readouterr().err


def test_a_fault_is_explained_without_a_traceback(tmp_path: Path) -> None:
    answer = _limber("up", "--data-dir", str(tmp_path), LIMBER_ENV="production")
    assert answer.returncode == 1
    assert answer.stderr.startswith("limber: DATABASE_URL, TEMPORAL_ADDRESS, LIMBER_ENCRYPTION_KEYS")
    assert "Traceback" not in answer.stderr


def test_the_doctor_names_what_does_not_answer_and_exits_with_1(tmp_path: Path) -> None:
    answer = _limber(
        "doctor",
        "--json",
        LIMBER_DATA_DIR=str(tmp_path),
        DATABASE_URL="postgresql://127.0.0.1:1/limber",
        TEMPORAL_ADDRESS="127.0.0.1:1",
    )
    assert answer.returncode == 1
    report = json.loads(answer.stdout)
    bad = {finding["part"]: finding for finding in report["findings"] if finding["state"] == "bad"}
    assert set(bad) == {"database", "Temporal"}
    assert "DATABASE_URL" in bad["database"]["remedy"]
    assert not report["ok"]


def test_the_doctor_finds_no_fault_in_a_machine_where_nothing_runs_yet(tmp_path: Path) -> None:
    answer = _limber("doctor", "--json", LIMBER_DATA_DIR=str(tmp_path))
    report = json.loads(answer.stdout)
    assert answer.returncode == 0, report
    assert {finding["state"] for finding in report["findings"]} <= {"good", "off", "warning"}


def test_the_doctor_explains_settings_that_cannot_stand(tmp_path: Path) -> None:
    answer = _limber(
        "doctor",
        "--json",
        LIMBER_DATA_DIR=str(tmp_path),
        TWILIO_EDGE="dublin",
        LIMBER_TWILIO_API_URL="http://x",
    )
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["findings"][0]["part"] == "settings"
