"""A pack that is accepted does no harm by what it says: hours, ladders, people, words and numbers fit each other."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.pack import builtin_text, parse
from care.pack_text import PackError
from care.preview import preview
from care.replies import read
from care.session_sheet import session_sheet
from care.simulation.assumptions import usual_assumptions
from care.simulation.running import lives
from care.simulation.world import World
from cli.paper_clinic import paper_plan
from schemas.rules import RulePack
from tests.care_rules.test_pack_loading import refusal

_ADH, _FLARES = "    threshold: 75\n", "    flare_count_28d: 2\n"
_ALG = "  properties_to_test: [commutative"
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "start: '20:00', end: '09:00'",
            "start: '09:00', end: '20:00'",
            "leave the night open or close the day",
        ),
        (
            "start: '20:00', end: '09:00'",
            "start: '09:00', end: '09:00'",
            "leave the night open or close the day",
        ),
        ("start: '20:00'", "start: '24:00'", "start: must be a time of day, like '20:00'"),
        ("timezone: Europe/London", "timezone: Europe/Lodnon", "there is no time zone 'Europe/Lodnon'"),
        ("reminders: {count: 1", "reminders: {count: 3", "the engine reminds once, not 3 times"),
        ("after_hours: 24}", "after_hours: 72}", "the reminder would come after `reply_window_hours`"),
        ("ask: CHK-HOME,", "ask: CHK-HOME, every_days: {S1: 0},", "SCH-5: S1: must be at least 1"),
        ("ask: CHK-HOME,", "ask: CHK-HOME, every_days: {S1: -3},", "SCH-5: S1: must be at least 1"),
        (
            "ask: CHK-CHANGE,",
            "ask: CHK-CHANGE, days_before_session: -1,",
            "SCH-8: days_before_session: must be",
        ),
        (
            "ask: CHK-SORE,",
            "ask: CHK-SORE, hours_after_session: [28, 20],",
            "SCH-1: runs from 28 to 20 hours",
        ),
        (
            "    - {id: SCH-3, ask: CHK-PAIN,",
            "    - {id: SCH-3, every_days: {S1: 10}, ask: CHK-PAIN,",
            "SCH-3: every 10 days cannot keep a weekday; give whole weeks",
        ),
    ],
)
def test_no_text_comes_at_night_never_or_before_its_time(old: str, new: str, said: str) -> None:
    assert said in refusal((old, new))


_JOINT = "{f: value, op: has_any, v: [hot_swollen_joint]}"
_HEART = "then: {disposition: refer_urgent, urgency: E0, message: MSG-999, scope: plan}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (_JOINT, "{f: value, op: eq, v: hot_swollen_joint}", "SCR-11-a: eq compares one answer"),
        (_JOINT, "{f: value, op: ne, v: none}", "SCR-11-a: ne compares one answer"),
        (_JOINT, "{f: value, op: has_any, v: []}", "SCR-11-a: has_any with an empty list is never so"),
        (
            "{f: value, op: gte, v: 8}, {f: worst",
            "{f: value, op: gte, v: 80}, {f: worst",
            "SCR-16-a: gte 80 says nothing of value of SCR-16, which runs from 0 to 10",
        ),
        (
            "{f: value, op: gte, v: 8}, {f: worst",
            "{f: value, op: gte, v: 0}, {f: worst",
            "SCR-16-a: gte 0 says nothing",
        ),
        (_HEART, _HEART.replace("urgency: E0, ", ""), "SCR-01-a: refer_urgent says nothing of how urgent"),
        (_HEART, _HEART.replace("message: MSG-999, ", ""), "SCR-01-a: E0 tells the client nothing"),
        (
            "scope: region, region: neck,",
            "scope: region,",
            "scope region names no region",
        ),
    ],
)
def test_no_rule_is_there_that_could_never_fire_hold_or_reach_anybody(old: str, new: str, said: str) -> None:
    assert said in refusal((old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[treating_physiotherapist, duty_physiotherapist, lead_physiotherapist, clinic_manager]",
            "[]",
            "escalation_chain: is empty",
        ),
        ("chain: [treating_physiotherapist,", "chain: [janitor,", "unknown role 'janitor'"),
        (
            "duty_physiotherapist, lead_physiotherapist,",
            "duty_physiotherapist, duty_physiotherapist,",
            "a role twice",
        ),
        ("ack_within_staffed_min: 15", "ack_within_staffed_min: 999", "E0 would be acknowledged later"),
        (
            "ack_within_staffed_min: 15,",
            "ack_within_staffed_min: 15, page_again_hours: 72,",
            "page_again_hours: must be at most 24",
        ),
        (
            "ack_within_staffed_min: 60,",
            "ack_within_staffed_min: 60, page_again_hours: null,",
            "E1 pages, and nobody would hear of it while a site is closed; give `page_again_hours`",
        ),
        (
            "  escalation_chain: [",
            "  decisions: {start: 99999}\n  escalation_chain: [",
            "start: must be at most 4800",
        ),
        ("{grade: 3, name: major", "{grade: 2, name: major", "grade 3 is missing"),
        (
            "follow_up_h: 2, approve: lead_",
            "follow_up_h: 2, approve: led_",
            "unknown role 'led_physiotherapist'",
        ),
        ("follow_up_h: 2, approve", "follow_up_h: -2, approve", "follow_up_h: must be more than 0"),
    ],
)
def test_every_alert_and_every_harm_has_somebody_who_acts_in_time(old: str, new: str, said: str) -> None:
    assert said in refusal((old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "interval_days: 7, min_gap_days: 4",
            "interval_days: 7, min_gap_days: 40",
            "S1: visits 7 days apart cannot",
        ),
        ("    - {step: S2, label: 'every 2 weeks'", "    #", "unknown step 'S2'"),
        ("    n_consecutive: 3\n", "", "n_consecutive: is missing"),
        ("    n_consecutive: 3\n", "    n_consecutive: 2.5\n", "n_consecutive: must be a whole number"),
        ("adherence_ok_min: 75", "adherence_ok_min: 20", "the same share would be good and escalate"),
        (_ADH, f"{_ADH}    window_days: 7\n", "window_days: 7 days: home days are asked about every 14 days"),
        (
            _ADH,
            f"{_ADH}    window_days: 200\n",
            "200 days: home days are asked about every 14 days, and its record holds 56",
        ),
        (_ADH, f"{_ADH}    min_planned: 0\n", "min_planned: must be at least 1"),
        (_FLARES, f"{_FLARES}    adherence_min_planned: 1\n", "no parameter adherence_min_planned"),
        (_FLARES, f"{_FLARES}    missed_run_escalate: 40\n", "40 puts its rule out of reach; give at most 6"),
        (_FLARES, f"{_FLARES}    no_contact_days: 900\n", "900 puts its rule out of reach; give at most 182"),
        (_FLARES, f"{_FLARES}    lasting_pain_max: 9\n", "9 puts its rule out of reach; give at most 7"),
        (
            _FLARES,
            f"{_FLARES}    lasting_pain_max: 2\n",
            "pain_ok_max: must be at most 2, which is lasting_pain_max",
        ),
        (_FLARES, f"{_FLARES}    lasting_pain_share: 1\n", "lasting_pain_share: must be less than 1"),
        (_FLARES, f"{_FLARES}    review_overdue_after_days: 60\n", "so that none would ever be overdue"),
        (
            _ALG,
            "  override: {reason_min_characters: 1}\n" + _ALG,
            "reason_min_characters: must be at least 10",
        ),
        ("hard_review_days: 84", "hard_review_days: .inf", "must be a number that can be counted to"),
        ("hard_review_days: 84", "hard_review_days: 99999999999", "hard_review_days: must be at most 3660"),
        ("valid_days: 42", "valid_days: 99999999999", "valid_days: must be at most 3660"),
        ("{clear: 180, modify: 90,", "{clear: lots, modify: 90,", "clear: 'lots' is not a number of days"),
        ("expiry_warning_days: 14", "expiry_warning_days: 400", "the warning would come before a screening"),
        ("short_course: {sessions: 3", "short_course: {sessions: few", "sessions: must be a whole number"),
        ("min_minutes: 30, max_minutes: 60", "min_minutes: 60, max_minutes: 30", "must rise in this order"),
        (
            "nrs: {default: 3, older_or_lowforce: 2",
            "nrs: {default: 2, older_or_lowforce: 3",
            "the gentler cap",
        ),
        (
            "better: lower, mcid: 2, mcid_pct",
            "better: sideways, mcid: 2, mcid_pct",
            "unknown direction 'sideways'",
        ),
    ],
)
def test_numbers_that_contradict_each_other_or_any_calendar_are_refused(
    old: str, new: str, said: str
) -> None:
    assert said in refusal((old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("if: '4 <= value <= 6'", "if: '6 <= value <= 4'", "AL-06: no answer to CHK-SORE can make"),
        ("if: 'value >= 8', urg", "if: 'value >= 80', urg", "AL-01: no answer to CHK-PAIN can make"),
        ("FLARE, range: [0, 7]", "FLARE, range: [7, 0]", "CHK-FLARE: its range runs from 7 to 0"),
        ("measure: PSFS,  text", "measure: PFSF,  text", "CHK-GOAL: unknown measure 'PFSF'"),
        (r"'\bfever\w*'", "''", "KW-INFECT: the pattern '' finds itself in every text"),
        (r"'\bfever\w*'", r"'(fe+v*)+er'", "KW-INFECT: the pattern '(fe+v*)+er' repeats a repetition"),
        ("opt_out: {match: '^(stop", "opt_out: {match: '.*|^(stop", "finds itself in every text"),
        (
            "{clinic}: How stiff",
            "{clinc}: How stiff",
            "CHK-STIFF: nothing fills in {clinc}; a text may name {clinic}",
        ),
        ("{clinic}: How stiff", "{clinic: How stiff", "CHK-STIFF: a brace stands alone"),
    ],
)
def test_alerts_can_ring_words_mean_something_and_texts_can_be_sent(old: str, new: str, said: str) -> None:
    assert said in refusal((old, new))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("    restrictions: [R-NO-NECK-END]", "    restriction: [R-NO-NECK-END]", "restriction"),
        ("    hard_cap: {effort", "    hard_caps: {effort", "hard_caps"),
        ("    must_be_clear: [", "    must_be_cleared: [", "must_be_cleared"),
        (
            "    clearance_expiry_warning_days: 14",
            "    clearance_expiry_warn_days: 14",
            "clearance_expiry_warn_days",
        ),
        ("\nseed_rules:", "\nseeds:", "seeds"),
    ],
)
def test_a_limit_is_never_lost_to_a_typo_in_its_name(old: str, new: str, rule: str) -> None:
    assert f"{rule}: is not a key that the engine knows here" in refusal((old, new))


def test_what_the_engine_itself_asks_and_sends_cannot_be_taken_out() -> None:
    without = re.sub(r"    - \{id: CHK-CHANGE.*\n", "", builtin_text())
    with pytest.raises(PackError, match="the engine needs the question 'CHK-CHANGE'; restore it"):
        parse(without, "clinic.yaml")


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("{sistolic: [50, 300]}", "unknown number asked below 'sistolic'"),
        ("{systolic: [300, 50]}", "systolic runs from 300 to 50; give the lower first"),
    ],
)
def test_the_numbers_a_person_can_mean_are_of_a_number_that_is_asked(bounds: str, said: str) -> None:
    assert said in refusal(("    - id: SCR-17\n", f"    - id: SCR-17\n      between: {bounds}\n"))


def test_an_id_that_is_no_word_is_refused_too() -> None:
    assert "id: must be text" in refusal(("id: SCH-5,", "id: [SCH-5],"))


START = "    start_condition: 'every SCR-09/10 hold discharged; protocol attached; wound healed'\n"
NEEDS = "    start_needs: {clearance: {from: surgical_team, document: postop_protocol, valid_days: 42}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    extra: [BP if on BP medicines",
            "    start_condition: 'steady on their feet'\n    extra: [BP if on BP medicines",
            "nothing would hold older_adult until this is so; add `start_needs",
        ),
        (
            START,
            f"{NEEDS}}}\n",
            "the start_needs of post_surgical say nothing to people; add `start_condition`",
        ),
        (START, f"{START}{NEEDS}, confirm: ['']}}\n", "something to confirm that is blank or said twice"),
        (START, f"{START}{NEEDS}, holds_of: [SCR-99]}}\n", "unknown screening item 'SCR-99'"),
        (START, f"{START}{NEEDS}, wound: healed}}\n", "wound"),
        (START, f"{START}{NEEDS.replace('postop_protocol', 'letter')}}}\n", "unknown document 'letter'"),
        (START, f"{START}{NEEDS.replace('surgical_team', 'surgeon')}}}\n", "unknown owner 'surgeon'"),
        (
            "    extra: [BP if on BP medicines",
            f"{START}{NEEDS.replace(', valid_days: 42', '')}}}\n    extra: [BP if on BP medicines",
            "valid_days: is missing",
        ),
        (
            "  regions: [neck,",
            "  region_contains: {leg_whole: [hip, knee], knee: [leg_whole]}\n  regions: [neck,",
            "leg_whole would lie in itself",
        ),
        (
            "  questionnaire_id: SCR\n",
            "  questionnaire_id: SCR\n  contradictions: [{id: OWN-1, ask: SCR-09, profiles: [surgical], "
            "when: {i: SCR-10, f: value, op: eq, v: 'no'}}]\n",
            "unknown profile 'surgical'",
        ),
    ],
)
def test_a_start_condition_that_would_hold_nothing_is_refused_with_its_line(
    old: str, new: str, said: str
) -> None:
    refused = refusal((old, new))
    assert said in refused
    line = builtin_text().split(old)[0].count("\n") + 1
    assert abs(int(refused.split("clinic.yaml:")[1].split(":")[0]) - line) <= 15, refused


def test_a_pack_without_post_surgical_clients_has_no_start_condition_to_keep() -> None:
    raw = yaml.load(builtin_text(), Loader=yaml.SafeLoader)
    del raw["profiles"]["post_surgical"]
    raw["seed_rules"] = []
    assert "post_surgical" not in parse(yaml.safe_dump(raw), "clinic.yaml").profiles


@pytest.mark.parametrize("text", ["1: 2\nmeta: {}", "meta: {}\n~: 1"])
def test_a_key_that_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(PackError, match="is no word; put it in quotes"):
        parse(text, "clinic.yaml")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(pack: RulePack) -> None:
    on_windows = parse("\ufeff" + builtin_text().replace("\n", "\r\n"), "clinic.yaml")
    assert on_windows.content_hash == pack.content_hash


# -- accepted packs run -------------------------------------------------------------------------------

_RUNS = (
    "enums",
    "disposition_algebra",
    "session_rules",
    "profiles",
    "conditions",
    "sms_checkins",
    "taper_policy",
)
_PROSE = frozenset({"test_vectors", "keyword_tests", "evidence", "expected", "note", "convention", "src"})


def _places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Every place in a part of the pack that the engine reads."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    deeper = [place for key, child in inside if key not in _PROSE for place in _places(child, (*path, key))]
    return [path, *deeper]


_RAW = yaml.load(builtin_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
_PLACES = [place for part in _RUNS for place in _places(_RAW[part], (part,))]


_ANNA = json.loads((Path(__file__).parents[2] / "docs" / "examples" / "anna-back-pain.json").read_text())


class _PlainDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _changed(value: Any, path: tuple[Any, ...], put: Any) -> Any:
    if not path:
        return put
    first, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[first] = _changed(value[first], tuple(rest), put)
    return copied


@given(place=st.sampled_from(_PLACES), put=st.sampled_from((0, 1, -1, 2.5, 10**9, "", "word", None, [], {})))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_was_changed_a_pack_is_refused_with_its_line_or_it_runs(
    place: tuple[Any, ...], put: Any
) -> None:
    text = yaml.dump(_changed(_RAW, place, put), Dumper=_PlainDumper, sort_keys=False)
    try:
        pack = parse(text, "clinic.yaml")
    except PackError as refused:
        assert all(re.match(r"clinic\.yaml:\d+: ", str(problem)) for problem in refused.problems)
        return
    plan = paper_plan(_ANNA, pack, NOON)
    assert preview(plan, NOON, 26)
    assert session_sheet(pack, plan.protocol).stops is not None
    assert read(pack, "so so, 4", "CHK-PAIN").value == 4
    assert len(list(lives(World(pack, usual_assumptions(), 1), range(2), 6))) == 2
