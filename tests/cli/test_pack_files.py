"""Every command that takes a rule pack refuses a broken one with the same words, and does nothing by halves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from care.pack import builtin_text
from cli import main, simulate
from cli.main import run

INTAKE = str(Path(__file__).parents[2] / "docs" / "examples" / "anna-back-pain.json")
TAKES_A_PACK = (
    ("rules", "test", "{pack}", "--pack", "{pack}"),
    ("simulate", "--plans", "2", "--weeks", "2", "--pack", "{pack}"),
    ("backtest", "{pack}", "{pack}", "--plans", "2", "--weeks", "2"),
    ("preview", "--intake", INTAKE, "--pack", "{pack}"),
)


def command(arguments: tuple[str, ...], pack: Path) -> int:
    return run([argument.format(pack=pack) for argument in arguments])


@pytest.mark.parametrize("arguments", TAKES_A_PACK)
def test_a_broken_pack_is_refused_with_file_line_rule_reason_and_way_out(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "clinic.yaml"
    broken.write_text(builtin_text().replace("message: MSG-DVT, scope", "message: MSG-DVX, scope", 1))
    assert command(arguments, broken) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "clinic.yaml is refused; nothing was done." in said.err
    assert "clinic.yaml:261: SCR-03-b: unknown message 'MSG-DVX'; the pack has MSG-111" in said.err


@pytest.mark.parametrize("arguments", TAKES_A_PACK)
@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere.yaml", "No such file"), (".", "Is a directory"), ("latin.yaml", "it is not UTF-8 text")],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    arguments: tuple[str, ...], name: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "latin.yaml").write_bytes("meta: {id: 'Übung'}".encode("latin-1"))
    assert command(arguments, tmp_path / name) == 1
    said = capsys.readouterr().err
    assert said.startswith("limber: cannot read ")
    assert why in said
    assert "Traceback" not in said


def test_a_plan_is_previewed_under_the_clinics_own_pack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "clinic.yaml"
    own.write_text(
        builtin_text()
        .replace(
            "version: 0.1.0-draft\n  status: draft_needs_clinical_sign_off",
            "version: 1.0.0\n  status: signed",
        )
        .replace("How stiff have you felt", "How stiff did you feel")
        .replace("In the last 24 hours, how bad", "Since yesterday, how bad")
    )
    assert run(["preview", "--intake", INTAKE, "--pack", str(own), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["rule_pack"] == "1.0.0"
    assert any("Since yesterday, how bad" in line.get("text", "") for line in shown["planned"])
    assert run(["preview", "--intake", INTAKE, "--pack", str(own)]) == 0
    assert "draft" not in capsys.readouterr().out


def test_a_full_disk_is_said_and_not_thrown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(simulate, "report", no_room)
    assert main.run(["simulate", "--plans", "1", "--weeks", "1"]) == 1
    said = capsys.readouterr().err
    assert "limber: the disk is full" in said
    assert "Traceback" not in said
