"""A board that asks for a number nobody counts looks calm for ever."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import ApiMetrics, told_figures
from database.figures import Figures
from database.tables.texts import InboundStatus
from schemas.messages import MessageStatus
from schemas.plan import Stage
from worker.metrics import Metrics

_METRIC = re.compile(r"\b(limber_[a-z_]+)\b")
_PARTS_OF_A_HISTOGRAM = re.compile(r"_(bucket|count|sum)$")


def _board(root: Path) -> list[str]:
    board = json.loads((root / "deploy/grafana/limber.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def _rules(root: Path) -> list[dict[str, object]]:
    groups = yaml.safe_load((root / "deploy/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def counted() -> set[str]:
    """The names that API and worker show at /metrics."""
    nothing = Figures(
        plans=dict.fromkeys(Stage, 0),
        texts=dict.fromkeys(MessageStatus, 0),
        inbound=dict.fromkeys(InboundStatus, 0),
        agenda_lateness_seconds=0,
        approvals_open=0,
        approvals_overdue=0,
        alerts_open=0,
        alerts_overdue=0,
    )
    families = [
        *ApiMetrics().registry.collect(),
        *Metrics().registry.collect(),
        *text_string_to_metric_families(told_figures(nothing).decode()),
    ]
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families}


def test_the_board_and_the_alerts_ask_only_for_numbers_that_are_counted(
    root: Path, counted: set[str]
) -> None:
    asked = {
        _PARTS_OF_A_HISTOGRAM.sub("", name)
        for expression in [*_board(root), *(str(rule["expr"]) for rule in _rules(root))]
        for name in _METRIC.findall(expression)
    }
    assert asked <= counted


def test_every_number_is_on_the_board(root: Path, counted: set[str]) -> None:
    shown = {_PARTS_OF_A_HISTOGRAM.sub("", name) for expr in _board(root) for name in _METRIC.findall(expr)}
    assert counted <= shown


def test_every_alert_says_how_urgent_it_is_and_what_it_means(root: Path) -> None:
    for rule in _rules(root):
        labels, annotations = rule["labels"], rule["annotations"]
        assert isinstance(labels, dict) and labels["severity"] in ("page", "ticket"), rule["alert"]
        assert isinstance(annotations, dict) and annotations["summary"].endswith("."), rule["alert"]
