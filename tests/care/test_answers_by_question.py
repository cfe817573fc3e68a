"""What a client has told, question by question: the same whichever answers were looked at before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from care.told import by_question
from schemas.prompts import Answer

_FIRST = datetime(2027, 1, 4, 11, tzinfo=UTC)
_KEPT = 4

told = st.lists(
    st.tuples(st.sampled_from(["CHK-PAIN", "CHK-SORE", "CHK-HOME"]), st.integers(0, 2)), max_size=9
)


def _answers(said: list[tuple[str, int]]) -> tuple[Answer, ...]:
    return tuple(
        Answer(question=question, at=_FIRST + timedelta(days=day), value=value)
        for day, (question, value) in enumerate(said)
    )


def _in_order(answers: tuple[Answer, ...]) -> dict[str, tuple[Answer, ...]]:
    return {
        asked: tuple(one for one in answers if one.question == asked)
        for asked in {one.question for one in answers}
    }


@given(told)
def test_each_question_keeps_its_answers_in_order_as_they_come_and_as_the_oldest_are_forgotten(
    said: list[tuple[str, int]],
) -> None:
    everything = _answers(said)
    for count in range(len(everything) + 1):
        kept = everything[:count][-_KEPT:]
        assert dict(by_question(kept)) == _in_order(kept)


@given(told, told)
def test_another_clients_answers_are_never_mixed_in(
    one: list[tuple[str, int]], other: list[tuple[str, int]]
) -> None:
    for said in (one, other, one):
        answers = _answers(said)
        assert dict(by_question(answers)) == _in_order(answers)
