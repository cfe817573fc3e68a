"""Reading an intake form: every wrong field is named at once, or the form is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from api.intake_checks import House
from api.problems import FieldProblem, field_problems, invalid
from care.screening import age_years, validate_answers
from schemas.intake import IntakeForm

AGE_ITEM: Final = "SCR-24"
"""The age question: answered by the date of birth, so that nobody is asked twice."""


def read_intake(body: Any, house: House) -> IntakeForm:
    """The form in `body`, with the age answered from the date of birth.

    Raises Problem 422 that names every field that is wrong. Blank screening answers are not wrong: they
    make the screening incomplete, and a person looks (ALG-8).
    """
    problems: list[FieldProblem] = []
    form: IntakeForm | None = None
    try:
        form = IntakeForm.read(body, house.checks)
    except ValidationError as error:
        problems += field_problems(error.errors(include_input=False, include_url=False))
    answers = body.get("screening") if isinstance(body, Mapping) else None
    if isinstance(answers, Mapping):
        problems += [
            FieldProblem(f"screening.{error.path}", error.sentence)
            for error in validate_answers(house.pack, answers, house.today)
        ]
    if form is not None:
        problems += _contradictions(form, house)
    if problems or form is None:
        raise invalid(problems)
    return form.model_copy(update={"screening": with_age(form)})


def with_age(form: IntakeForm) -> dict[str, Any]:
    """The answers with the age question answered from the date of birth."""
    given = form.screening.get(AGE_ITEM) or {}
    return {
        **form.screening,
        AGE_ITEM: {**given, "value": form.client.date_of_birth.isoformat()},
    }


def _contradictions(form: IntakeForm, house: House) -> Iterator[FieldProblem]:
    """What is right by itself and wrong together."""
    born = form.client.date_of_birth
    said = (form.screening.get(AGE_ITEM) or {}).get("value")
    if said not in (None, "", born.isoformat(), age_years(born, house.today)):
        yield FieldProblem(
            f"screening.{AGE_ITEM}.value", "This differs from client.date_of_birth; correct one of them."
        )
    site_id = form.site or house.sites[0].id
    treats_there = {one.id for one in house.therapists if site_id in one.roles}
    if form.therapist is not None and form.therapist not in treats_there:
        yield FieldProblem("therapist", "This physiotherapist does not work at that site.")
