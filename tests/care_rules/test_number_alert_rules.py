"""AL-01 … AL-11: which answers need a person, by expressions that a clinic may edit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from care.number_alerts import ConditionError, ScoreContext, compile_condition, number_alerts
from schemas.rules import RulePack


@pytest.mark.parametrize(
    ("question", "value", "context", "rules"),
    [
        ("CHK-PAIN", 7, ScoreContext(), []),
        ("CHK-PAIN", 8, ScoreContext(), ["AL-01"]),
        ("CHK-PAIN", 5, ScoreContext(baseline=2), ["AL-02"]),
        ("CHK-PAIN", 4, ScoreContext(baseline=2), []),
        ("CHK-PAIN", 7, ScoreContext(previous=7), ["AL-03"]),
        ("CHK-PAIN", 7, ScoreContext(previous=6), []),
        ("CHK-PAIN", 4, ScoreContext(pre_session=2, day3=True), ["AL-04"]),
        ("CHK-PAIN", 4, ScoreContext(pre_session=2), []),
        ("CHK-SORE", 7, ScoreContext(), ["AL-05"]),
        ("CHK-SORE", 6, ScoreContext(), ["AL-06"]),
        ("CHK-SORE", 3, ScoreContext(), []),
        ("CHK-FLARE", 4, ScoreContext(), ["AL-07"]),
        ("CHK-FLARE", 1, ScoreContext(), ["AL-08"]),
        ("CHK-FLARE", 0, ScoreContext(), []),
        ("CHK-BETTER", 2, ScoreContext(), ["AL-09"]),
        ("CHK-BETTER", 3, ScoreContext(), []),
        ("CHK-STIFF", 8, ScoreContext(), ["AL-10"]),
        ("CHK-STIFF", 6, ScoreContext(baseline=3), ["AL-10"]),
        ("CHK-GOAL", 5, ScoreContext(best=7), ["AL-11"]),
        ("CHK-GOAL", 6, ScoreContext(best=7), []),
        ("CHK-HOME", 0, ScoreContext(), []),
        (None, 10, ScoreContext(), []),
        ("CHK-PAIN", None, ScoreContext(), []),
    ],
)
def test_each_number_alert_fires_at_its_threshold(
    pack: RulePack, question: str | None, value: int | None, context: ScoreContext, rules: list[str]
) -> None:
    assert [alert.rule for alert in number_alerts(pack, question, value, context)] == rules


def test_a_worsening_may_raise_several_alerts_at_once(pack: RulePack) -> None:
    context = ScoreContext(baseline=3, previous=8, pre_session=4, day3=True)
    alerts = number_alerts(pack, "CHK-PAIN", 9, context)
    assert [alert.rule for alert in alerts] == ["AL-01", "AL-02", "AL-03", "AL-04"]
    assert {(alert.urgency, alert.message) for alert in alerts} == {("E2", "MSG-CALLBACK")}


def test_editing_a_threshold_in_the_pack_changes_the_alert(changed_pack: Callable[..., RulePack]) -> None:
    stricter = changed_pack(
        ("if: 'value >= 8', urgency", "if: 'value >= 6', urgency"), ("two in a row >= 7", "two in a row >= 5")
    )
    assert [one.rule for one in number_alerts(stricter, "CHK-PAIN", 6, ScoreContext(previous=5))] == [
        "AL-01",
        "AL-03",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "value",
        "value is high",
        "__import__('os')",
        "value >= 'a'",
        "value in (1, 2)",
        "speed >= 3",
        "value >= 8 if 1 else 2",
        "",
        "(" * 200,
        "not value >= 8",
        "value * 2 >= 8",
    ],
)
def test_a_condition_says_only_what_the_engine_can_mean(text: str) -> None:
    with pytest.raises(ConditionError, match="cannot read the condition"):
        compile_condition(text)
