"""What is remembered of the last value asked about: its answer, and nobody else's."""

from __future__ import annotations

from types import SimpleNamespace

from care.gists import gist_of, same_parts_again


def test_what_depends_on_some_parts_is_made_again_only_when_one_of_them_is_another() -> None:
    asked: list[SimpleNamespace] = []

    @same_parts_again
    @gist_of("visits", "plan.step")
    def made(value: SimpleNamespace) -> tuple[int, str]:
        asked.append(value)
        return len(value.visits), value.plan.step

    visits = ("first",)
    first = SimpleNamespace(visits=visits, plan=SimpleNamespace(step="S0"), answers=0)
    later = SimpleNamespace(visits=visits, plan=SimpleNamespace(step="S0"), answers=1)
    other = SimpleNamespace(visits=(*visits, "second"), plan=SimpleNamespace(step="S0"), answers=1)
    stepped = SimpleNamespace(visits=other.visits, plan=SimpleNamespace(step="S1"), answers=1)
    assert [made(one) for one in (first, later, other, stepped, first)] == [  # type: ignore[arg-type]
        (1, "S0"),
        (1, "S0"),
        (2, "S0"),
        (2, "S1"),
        (1, "S0"),
    ]
    assert asked == [first, other, stepped, first]
