"""Plans begun on older code go on: kept histories of every stage, replayed with a worker's own plugin."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from schemas.plan import Stage
from tests.workflows.care_walk import Walks
from tests.workflows.fingerprint import fingerprints
from tests.workflows.record_histories import PATHS
from tests.workflows.replay_gate import FINGERPRINTS, HISTORIES, broken_histories
from worker.replaying import one_plan, plan_replayer, replayed
from worker.sandbox import LEAKS_RAISE

_KEPT_AT_MOST = 320_000


def _replay_command(
    *arguments: str | Path, clinic: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "replay", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **(clinic or {})},
    )


async def test_plans_of_every_stage_go_on_under_todays_code() -> None:
    still_broken = [
        answer.stdout
        for name in await broken_histories()
        # Asked again in a fresh process: CPython 3.11 fails some cancelled scopes by chance (issue 91351).
        if (answer := _replay_command(HISTORIES / f"{name}.json")).returncode
    ]
    assert not still_broken, (
        "Plans that run now would break on this change of workflows/ or care/ (worker/replaying.py says why). Put it "
        "behind workflow.patched; or, if no plan that began on the old code is alive anywhere, run "
        "`python -m tests.workflows.record_histories --no-plan-is-that-old` and commit what it writes."
    )


def test_a_history_is_kept_for_each_path_and_together_they_stay_small() -> None:
    files = list(HISTORIES.glob("*.json"))
    assert {file.stem for file in files} == set(PATHS)
    assert sum(file.stat().st_size for file in files) < _KEPT_AT_MOST
    closed_or_waiting = {stage.value for stage in Stage} - {Stage.screening}
    assert closed_or_waiting <= set(PATHS)


def test_workflow_code_does_not_change_without_new_histories() -> None:
    assert json.loads(FINGERPRINTS.read_text(encoding="utf-8")) == fingerprints(), (
        "The code of workflows/ has changed since histories were recorded. If the test of kept histories passes, "
        "record new ones with `python -m tests.workflows.record_histories` and commit them with the change. "
        "If it fails, running plans would break: put the change behind workflow.patched first."
    )


def test_a_comment_is_no_change(tmp_path: Path) -> None:
    plain, told = tmp_path / "plain.py", tmp_path / "told.py"
    plain.write_text("def a() -> int:\n    return 1\n")
    told.write_text('"""Of ones."""\n\n\ndef a() -> int:\n    """One."""\n    return (1)  # always\n')
    [one, other] = fingerprints(tmp_path).values()
    assert one == other
    told.write_text("def a() -> int:\n    return 2\n")
    assert fingerprints(tmp_path)["told.py"] != one


async def test_a_plan_that_runs_now_is_replayed_from_its_own_history(walks: Walks) -> None:
    walk = await walks.active()
    await walk.attend(1)
    client = walk.clinic.client
    keys = walk.clinic.parts.settings.encryption_keys
    histories = one_plan(client, walk.plan.id)
    [one] = [one async for one in replayed(plan_replayer(keys, on_leak=LEAKS_RAISE), histories)]
    assert one.broke is None
    assert one.events > 50


async def test_the_running_plans_of_a_clinic_are_replayed_before_an_upgrade(walks: Walks) -> None:
    walk, other = await walks.active(), await walks.begin()
    settings = walk.clinic.parts.settings
    assert settings.temporal_address and settings.encryption_key_list
    clinic = {
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "LIMBER_ENCRYPTION_KEYS": settings.encryption_key_list.get_secret_value(),
    }
    answer = await asyncio.to_thread(_replay_command, "--json", clinic=clinic)
    assert answer.returncode == 0, answer.stderr
    names = {one["name"] for one in json.loads(answer.stdout)["replayed"]}
    assert names == {walk.handle.id, other.handle.id}
    unknown = await asyncio.to_thread(_replay_command, "--plan", "nobody", clinic=clinic)
    assert unknown.returncode == 1
    assert "plan nobody" in unknown.stderr


def test_a_history_that_breaks_is_named_with_the_way_out(tmp_path: Path) -> None:
    """As if the plan's code had once sent no text at its opening."""
    kept = (HISTORIES / "awaiting_approval.json").read_text(encoding="utf-8")
    history = tmp_path / "before-the-change.json"
    history.write_text(kept.replace('"name":"send_text"', '"name":"send_letter"'), encoding="utf-8")
    assert WorkflowHistory.from_json("known", kept).events
    answer = _replay_command(history)
    assert answer.returncode == 1
    assert "before-the-change breaks" in answer.stdout
    assert "workflow.patched" in answer.stdout


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "is not a history"), (None, "No such file"), ("[]", "is not a history")]
)
def test_a_file_that_is_no_history_is_named(tmp_path: Path, content: str | None, reason: str) -> None:
    file = tmp_path / "notes.json"
    if content is not None:
        file.write_text(content)
    answer = _replay_command(file)
    assert answer.returncode == 1
    assert "notes.json" in answer.stderr and reason in answer.stderr
