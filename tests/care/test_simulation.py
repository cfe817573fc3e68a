"""Synthetic clients over `care` alone: the same seed is the same life, and every promise is kept at every step."""

from __future__ import annotations

from care.pack import builtin, builtin_text, parse
from care.simulation.assumptions import AssumptionError, read_assumptions, usual_assumptions
from care.simulation.report import Tally, compared
from care.simulation.running import lives
from care.simulation.world import World
from schemas.rules import RulePack
from schemas.screening import Urgency

PLANS, WEEKS = 40, 26


def simulated(pack: RulePack, seed: int = 7, plans: int = PLANS) -> Tally:
    return of_lives(World(pack, usual_assumptions(), seed), plans)


def of_lives(world: World, plans: int = PLANS) -> Tally:
    total = Tally()
    for story in lives(world, range(plans), WEEKS):
        total.add(story)
    return total


def test_forty_clients_live_half_a_year_and_every_promise_is_kept() -> None:
    total = simulated(builtin())
    assert not total.broken
    assert total.plans == PLANS
    assert 1 < total.texts_per_client_week < 8
    assert total.visits > PLANS
    assert total.alerts[Urgency.E3] > total.alerts[Urgency.E0]
    assert sum(weeks is not None for weeks in total.first_step_downs) > PLANS / 4


def test_the_same_seed_is_the_same_clients_and_another_seed_others() -> None:
    first, again, other = (simulated(builtin(), seed, plans=6) for seed in (1, 1, 2))
    assert first.figures(1) == again.figures(1)
    assert first.figures(1) != other.figures(1)


def test_a_pack_that_asks_for_less_pain_steps_fewer_clients_down() -> None:
    stricter = parse(builtin_text().replace("pain_ok_max: 3", "pain_ok_max: 1"), "stricter.yaml")
    difference = compared(simulated(builtin()), simulated(stricter))
    down = difference["step_down"]
    assert down["later"] + down["only_before"] > down["earlier"] + down["only_now"]


def test_assumptions_that_cannot_be_are_refused_with_their_place() -> None:
    try:
        read_assumptions("clinic: {}\nclients: {}\nfindings: []\n", "mine.yaml")
    except AssumptionError as error:
        assert "mine.yaml: clinic.zone" in str(error)
    else:
        raise AssertionError("an empty clinic was taken")


def test_the_rules_that_take_effect_are_named_in_the_plans_own_story() -> None:
    """Every part of the pack speaks in half a year of forty clients: by the ids that the pack gives its rules."""
    pack = builtin()
    usual = usual_assumptions()
    worried = usual.but(clients=usual.clients.but(alarm_per_week=0.1))
    seen = of_lives(World(pack, worried, seed=7)).rules
    schedule = {rule.id for rule in pack.sms_checkins.schedule if rule.ask}
    assert schedule <= seen
    assert {"ALG-9", "review_after", "MID-3", "AL-01", "AL-06", "AL-12"} <= seen
    assert {"D1", "D2", "TAP-FRZ-1", "taper_policy.short_course"} <= seen
    assert any(rule.startswith("SCR-") for rule in seen) and any(rule.startswith("KW-") for rule in seen)
