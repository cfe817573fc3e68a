"""`limber rules` and `limber sms parse` as a clinic uses them, and the worked example of docs/rules.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from care.pack import builtin_text
from cli.main import run

REPOSITORY = Path(__file__).parents[2]
DOC = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")


class Terminal:
    """A terminal in this process: run a command line, get its exit code and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        code = run(arguments)
        return code, self.capsys.readouterr().out

    def json(self, *arguments: str) -> tuple[int, Any]:
        code, printed = self(*arguments, "--json")
        return code, json.loads(printed)


@pytest.fixture
def limber(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_the_built_in_pack_checks_out(limber: Terminal) -> None:
    code, report = limber.json("rules", "check")
    assert (code, report["ok"], report["problems"]) == (0, True, [])
    assert report["pack"]["status"] == "draft_needs_clinical_sign_off"
    assert all(trace["missing"] == [] for trace in report["traceability"])
    code, printed = limber("rules", "check")
    assert code == 0
    assert "31 of 31 statements" in printed


def test_a_broken_pack_exits_one_and_says_where(limber: Terminal, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(builtin_text().replace("message: MSG-DVT, scope", "message: MSG-DVX, scope", 1))
    code, report = limber.json("rules", "check", str(broken))
    assert (code, report["ok"], report["pack"]) == (1, False, None)
    assert report["problems"][0]["rule"] == "SCR-03-b"
    code, printed = limber("rules", "check", str(broken))
    assert code == 1
    assert "unknown message 'MSG-DVX'" in printed


def test_the_packs_own_examples_pass(limber: Terminal, tmp_path: Path) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(builtin_text())
    code, results = limber.json("rules", "test", str(pack))
    assert (code, results["passed"], results["failed"]) == (0, 46, 0)


def test_without_a_file_a_pack_is_tried_on_its_own_examples(limber: Terminal, tmp_path: Path) -> None:
    code, results = limber.json("rules", "test")
    assert (code, results["passed"], results["failed"]) == (0, 46, 0)
    pack = tmp_path / "pack.yaml"
    pack.write_text(
        builtin_text().replace("expect: {overall: clear, holds: 0}", "expect: {overall: modify}", 1)
    )
    code, results = limber.json("rules", "test", "--pack", str(pack))
    assert (code, results["failed"]) == (1, 1)


def test_examples_may_be_json_and_a_mismatch_shows_both_sides(limber: Terminal, tmp_path: Path) -> None:
    examples = tmp_path / "examples.json"
    tests = [{"text": "3", "expect": {"value": 4}}]
    examples.write_text(json.dumps({"sms_checkins": {"keyword_tests": tests}}))
    code, results = limber.json("rules", "test", str(examples))
    assert code == 1
    assert results["results"][0]["differences"] == [{"field": "value", "expected": 4, "actual": 3}]
    code, printed = limber("rules", "test", str(examples))
    assert code == 1
    assert "value: expected 4" in printed
    assert "but got 3" in printed


@pytest.mark.parametrize("content", [None, b"a: [", b"{}", b"\xff\xfe\x00"])
def test_a_file_that_holds_no_examples_is_explained(
    limber: Terminal, tmp_path: Path, content: bytes | None
) -> None:
    examples = tmp_path / "examples.yaml"
    if content is not None:
        examples.write_bytes(content)
    code, said = limber.json("rules", "test", str(examples))
    assert code == 1
    assert said["error"]


def test_a_text_is_parsed_as_the_service_would(limber: Terminal) -> None:
    code, reading = limber.json("sms", "parse", "10, but chest pain", "--question", "CHK-PAIN")
    assert (code, reading["value"], reading["urgency"], reading["group"]) == (0, 10, "E0", "KW-CHEST")
    code, printed = limber("sms", "parse", "10, but chest pain")
    assert code == 0
    assert "Call 999 now" in printed
    assert limber("sms", "parse", "3", "--question", "CHK-NONE")[0] == 2


def test_words_behind_a_negation_are_told_as_lowered_also_beside_graver_ones(limber: Terminal) -> None:
    _, printed = limber("sms", "parse", "no chest pain but my calf is swollen")
    assert "KW-CHEST: words of urgency E0, lowered one level behind a negation" in printed
    assert "KW-DVT: words of urgency E1\n" in printed


# -- docs/rules.md ------------------------------------------------------------------------------------

FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_worked_example_of_the_docs_runs_as_written(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "care" / "rules", tmp_path / "care" / "rules")
    shutil.copytree(REPOSITORY / "docs" / "examples", tmp_path / "docs" / "examples")
    commands = tmp_path / "bin"
    commands.mkdir()
    runs_limber = f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n'
    (commands / "limber").write_text(runs_limber)
    (commands / "limber").chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    surroundings = {**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    printed = ""
    ran = 0
    for language, notes, body in FENCE.findall(DOC):
        if language == "yaml" and "file=" in notes:
            (tmp_path / notes.split("file=")[1].strip()).write_text(body)
        elif language == "text":
            assert body.strip() in printed
        elif language == "sh":
            done = subprocess.run(
                ["sh", "-e", "-c", body],
                cwd=tmp_path,
                env=surroundings,
                capture_output=True,
                text=True,
                check=False,
            )
            wanted = 1 if "exit=1" in notes else 0
            assert done.returncode == wanted, done.stdout + done.stderr
            printed = done.stdout
            ran += 1
    assert ran == DOC.count("\n```sh")
