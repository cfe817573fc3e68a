"""What a client has answered so far, question by question: looked through once for everybody who asks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from care.same_again import same_again
from schemas.prompts import Answer


@same_again
def by_question(answers: tuple[Answer, ...]) -> Mapping[str, tuple[Answer, ...]]:
    """The answers to each question in the order they came; a question that was never answered is not in it."""
    told: dict[str, list[Answer]] = {}
    for answer in answers:
        told.setdefault(answer.question, []).append(answer)
    return MappingProxyType({question: tuple(given) for question, given in told.items()})
