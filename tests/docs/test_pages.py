"""What the pages say is so: links lead somewhere, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from care.pack import builtin_text
from care.rule_files import rules_file
from cli.commands import COMMANDS
from database.outbox_states import MOVES
from schemas.settings import settings_table

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"\b(?:ALG|REQ|AL|TV|SV|SCR|KW|MSG|TAP|MID|DAY|STOP|SCH|CHK)-[A-Z0-9-]*[A-Z0-9]b?\b")
_CODE = re.compile(r"`([^`\n]+)`")
_TEST = re.compile(r"\btest_[a-z0-9_]+\b")
_OUR_FILE = re.compile(
    r"(?:schemas|care|database|messaging|activities|workflows|worker|api|cli|bench|deploy|tests|docs)"
    r"(?:/[\w.-]+)*/?"
)
_NOT_IN_A_CHECKOUT = "deploy/secrets"


def _anchors(page: Path) -> set[str]:
    """Where a heading can be jumped to, the way code hosts make it."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in _anchors(linked), f"{page.name} links to {target}"


def test_every_page_can_be_reached_from_the_readme(root: Path) -> None:
    readme = (root / "README.md").read_text()
    linked = {(root / target).resolve() for target in _LINK.findall(readme) if not target.startswith("http")}
    assert {found.resolve() for found in (root / "docs").glob("*.md")} <= linked


def test_every_file_that_is_named_is_there(page: Path, root: Path) -> None:
    for code in _CODE.findall(_FENCE.sub("", page.read_text())):
        if _OUR_FILE.fullmatch(code) and not code.startswith(_NOT_IN_A_CHECKOUT):
            assert (root / code).exists(), f"{page.name} names {code}"


def test_every_test_that_is_named_exists(page: Path, root: Path) -> None:
    defined = {
        name
        for file in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_[a-z0-9_]+)", file.read_text())
    }
    for code in _CODE.findall(page.read_text()):
        if _TEST.fullmatch(code):
            assert code in defined, f"{page.name} names {code}"


def test_every_limber_command_that_is_named_exists(page: Path) -> None:
    names = {entry.name for entry in COMMANDS}
    groups = {name.split()[0] for name in names if " " in name}
    for words in re.findall(r"\blimber ([a-z]+(?: [a-z]+)?)\b", "\n".join(_CODE.findall(page.read_text()))):
        first, *_ = words.split()
        named = words if first in groups else first
        assert named in names | groups, f"{page.name} names `limber {words}`"


def test_the_readme_lists_every_setting(root: Path) -> None:
    readme = (root / "README.md").read_text()
    shown = re.search(r"<!-- settings:.*?-->\n(.*?)\n<!-- end of settings -->", readme, re.DOTALL)
    assert shown is not None
    assert shown[1] == settings_table(), f"put this into README.md:\n{settings_table()}"


def test_the_drawn_states_of_a_text_are_those_of_the_table(root: Path) -> None:
    drawing = (root / "docs/images/text-states.svg").read_text()
    drawn = sorted(re.findall(r'data-move="(\w+ \w+)"', drawing))
    assert drawn == sorted(f"{state} {after}" for state, following in MOVES.items() for after in following)


def test_every_machine_alert_has_a_line_that_says_what_to_do(root: Path) -> None:
    groups = yaml.safe_load((root / "deploy/alerts.yml").read_text())["groups"]
    rules = {rule["alert"] for group in groups for rule in group["rules"]}
    explained = set(
        re.findall(r"^\| `(Limber\w+)` \|", (root / "docs/operations.md").read_text(), re.MULTILINE)
    )
    assert explained == rules


def test_the_hazard_log_holds_every_hazard_of_the_rule_pack_with_its_controls(root: Path) -> None:
    log = (root / "docs/clinical-safety.md").read_text()
    for hazard in yaml.safe_load(builtin_text())["hazard_starters"]:
        line = re.search(rf"^\| {hazard['id']} \|.*$", log, re.MULTILINE)
        assert line is not None, hazard["id"]
        for control in hazard["controls"]:
            if re.fullmatch(r"[A-Z]+-[A-Z0-9]+|[a-z_]+\.[a-z_]+", control):
                assert control in line[0], f"{hazard['id']} does not cite {control}"


def test_every_rule_id_in_the_safety_file_is_one_of_the_pack(root: Path) -> None:
    pack = builtin_text() + rules_file("engine-examples.yaml")
    log = (root / "docs/clinical-safety.md").read_text()
    for rule in set(
        re.findall(r"\b(?:ALG|REQ|AL|TV|SV|SCR|KW|MSG|TAP|MID|DAY|STOP|SCH|CHK)-[A-Z0-9-]*[A-Z0-9]b?\b", log)
    ):
        assert re.search(rf"\b{rule}\b", pack), rule


@pytest.mark.parametrize("word", ["TODO", "FIXME", "bi-weekly"])
def test_no_page_says(page: Path, word: str) -> None:
    assert word.lower() not in page.read_text().lower()
