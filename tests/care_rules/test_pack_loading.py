"""A rule pack is data a clinic can edit: it loads whole, or says what is wrong, where, and in which rule."""

from __future__ import annotations

import pytest

from care.pack import builtin, builtin_text, parse
from care.pack_report import report_on
from care.pack_text import PackError
from schemas.rules import RulePack
from schemas.taper import Step


def refusal(*replacements: tuple[str, str]) -> str:
    """What the loader says about the built-in pack with pieces of it replaced."""
    text = builtin_text()
    for old, new in replacements:
        assert old in text, f"the pack no longer says {old!r}"
        text = text.replace(old, new, 1)
    with pytest.raises(PackError) as caught:
        parse(text, "clinic.yaml")
    return str(caught.value)


def test_the_built_in_pack_holds_the_whole_draft(pack: RulePack) -> None:
    rules = sum(len(item.rules) for item in pack.items.values())
    assert (len(pack.items), rules) == (25, 109)
    assert pack.version == "0.1.0-draft"
    assert pack.meta.status == "draft_needs_clinical_sign_off"


def test_every_statement_of_the_article_has_a_rule_behind_it() -> None:
    report = report_on(builtin_text(), "pack.yaml")
    assert len(report.traces) == 31
    assert [trace.seed for trace in report.traces if trace.missing] == []


def test_a_statement_without_a_target_is_refused() -> None:
    assert "SEED-25: its target 'SCR-99' is not in the pack" in refusal(
        ("where: [STOP-01, SCR-16]}\n  - {id: SEED-26", "where: [STOP-01, SCR-99]}\n  - {id: SEED-26")
    )


def test_the_numbers_a_clinic_may_change_are_listed() -> None:
    listed = {(one.where, one.what) for one in report_on(builtin_text(), "pack.yaml").conventions}
    assert ("SCR-09", "early_phase_days: 42") in listed
    assert ("taper_policy.params", "pain_ok_max: 3") in listed


def test_so_are_those_that_the_pack_says_only_in_prose() -> None:
    listed = {(one.where, one.what) for one in report_on(builtin_text(), "pack.yaml").conventions}
    assert listed >= {
        ("taper_policy.params", "review_overdue_after_days: 7"),
        ("taper_policy.params", "lasting_pain_max: 5"),
        ("measures.ADH", "threshold: 75, window_days: 28, min_planned: 3"),
        ("disposition_algebra.override", "reason_min_characters: 20"),
        (
            "enums.urgency.E0",
            "ack_within_staffed_min: 15, contact_staffed_minutes: 15, page_again_hours: 24",
        ),
    }


@pytest.mark.parametrize(
    ("old", "new", "line_rule_and_reason"),
    [
        ("message: MSG-CES, scope", "message: MSG-XXX, scope", "SCR-02-a: unknown message 'MSG-XXX'"),
        ("{code: R-HIP-PRECAUTIONS}", "{code: R-HIP}", "SCR-10-a: unknown restriction 'R-HIP'"),
        ("region: neck, clearance", "region: nek, clearance", "SCR-13-a: unknown region 'nek'"),
        ("document: fracture_union_letter", "document: letter", "SCR-08-a: unknown document 'letter'"),
        ("from: anticoag_or_gp", "from: anticoag", "SCR-04-a: unknown owner 'anticoag'"),
        ("src: [WELLS_NICE,", "src: [WELLS,", "SCR-03: unknown source 'WELLS'"),
        ("{i: SCR-19, f: value", "{i: SCR-91, f: value", "SCR-05-a: unknown screening item 'SCR-91'"),
        ("op: days_ago_lt, v: 7", "op: days_within, v: 7", "SCR-07-b: op: unknown value 'days_within'"),
        ("{f: wound, op: in", "{f: wund, op: in", "SCR-09-e: unknown field of SCR-09 'wund'"),
        ("v: [seizure]", "v: [seizures]", "SCR-18-b: unknown option of SCR-18 'seizures'"),
        ("op: days_ago_lt, v: 42", "op: days_ago_lt, v: six weeks", "SCR-09-b: days_ago_lt cannot take v:"),
        ("{f: worst_24h, op: gte, v: 9}", "{f: sharp, op: gte, v: 9}", "SCR-16-a: gte needs a number"),
        (
            "region_from: region, defer: {until: 'skin",
            "region_from: x, defer: {until: 'skin",
            "SCR-11-c: unknown region field",
        ),
        ("- id: SCR-21", "- id: SCR-20", "SCR-20: the id 'SCR-20' is used twice"),
        (
            "options: ['no', now,",
            "options: [no, now,",
            "SCR-01: bare no is a boolean in YAML; write 'no' in quotes",
        ),
        (
            "      topic: cancer\n",
            "      topic: cancer\n      topic: tumour\n",
            "SCR-19: 'topic' is given twice",
        ),
        (
            "      topic: cancer\n",
            "      topik: cancer\n",
            "SCR-19: topik: is not a key that the engine knows",
        ),
        ("if: 'value >= 8'", "if: 'value is high'", "AL-01: cannot read the condition 'value is high'"),
        (r"'\bfever\w*'", r"'\bfever(\w*'", "KW-INFECT: the pattern"),
        ("label: 'every 2 weeks'", "label: 'bi-weekly'", "'bi-weekly' is ambiguous"),
        ("order: [STOP, SUSPEND", "order: [SUSPEND, STOP", "the engine's order is STOP, SUSPEND"),
        ("    pain_ok_max: 3\n", "    pain_ok_max: 7\n", "pain_ok_max: must be at most 5"),
        (
            "{early_phase_days: 42,",
            "{early_phase_days: 56,",
            "SCR-09: early_phase_days is 56, but no rule here uses",
        ),
        ("quiet_hours: {start: '20:00'", "quiet_hours: {start: 20:00", "a time must be quoted"),
        ("avoid_if: [R-NO-DEEP-PRESSURE,", "avoid_if: [R-DEEP,", "unknown restriction 'R-DEEP'"),
    ],
)
def test_a_mistake_is_refused_with_its_rule_and_the_way_out(
    old: str, new: str, line_rule_and_reason: str
) -> None:
    said = refusal((old, new))
    assert line_rule_and_reason in said
    line = builtin_text().split(old)[0].count("\n") + 1
    named = int(said.split("clinic.yaml:")[1].split(":")[0])
    assert abs(named - line) <= 30, said


def test_items_that_look_at_each_other_in_a_ring_are_refused() -> None:
    said = refusal(
        (
            "{id: SCR-19-a, when: {f: value, op: eq, v: current}",
            "{id: SCR-19-a, when: {i: SCR-05, f: value, op: has_any, v: [unsure]}",
        )
    )
    assert "SCR-05: SCR-05 refers to itself" in said
    assert "SCR-19: SCR-19 refers to itself" in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "[a, list]",
        "a: [1, 2",
        "a: &x [1]\nb: *x",
        "a: 2026-02-31",
        "\x00",
        "a: !!python/object:os.system {}",
    ],
)
def test_what_is_no_pack_at_all_is_refused_calmly(text: str) -> None:
    with pytest.raises(PackError, match=r"not\.yaml:\d+"):
        parse(text, "not.yaml")


def test_any_change_changes_the_content_hash(pack: RulePack) -> None:
    edited = parse(builtin_text().replace("in the last 6 weeks?'", "in the past 6 weeks?'"), "edited.yaml")
    reflowed = parse(builtin_text().replace("# --", "# =="), "comments.yaml")
    assert edited.content_hash != pack.content_hash
    assert reflowed.content_hash == pack.content_hash


def test_prose_the_engine_needs_as_data_is_filled_in_by_rule_id(pack: RulePack) -> None:
    assert pack.schedule["SCH-3"].every_days[Step.S3] == 28
    edited = parse(
        builtin_text().replace("ask: CHK-HOME,  when:", "ask: CHK-HOME, every_days: {S1: 7}, when:"), "e.yaml"
    )
    assert edited.schedule["SCH-5"].every_days[Step.S1] == 7


def test_the_short_rescreen_names_its_items_even_with_an_unquoted_comma(pack: RulePack) -> None:
    short, full = pack.disposition_algebra.expiry.gap_rules
    assert short.items[0] == "SCR-01"
    assert "SCR-10" not in short.items
    assert "SCR-22" in short.items
    assert full.items == ()
    assert full.new_assessment


def test_the_pack_that_ships_is_read_once() -> None:
    assert builtin() is builtin()
