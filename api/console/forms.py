"""What a form sent, as the JSON API's own bodies: the same checks, the same refusals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from api.answers import told
from api.commanding import Asking
from api.console.desk import Desk, TheDesk
from api.problems import FieldProblem, Problem, asked_in_vain, field_problems, invalid, not_recorded
from database.errors import RecordError
from schemas.names import new_id
from schemas.refusals import PlanAskFailed

B = TypeVar("B", bound=BaseModel)

No = Problem | PlanAskFailed | RecordError
"""Who may refuse a form: the API, the plan, or the record."""

KEY = "key"
"""The hidden field that makes a form one request, however often it is sent."""


_MAY_BE_TAKEN: Final = frozenset({"engine_unavailable", "database_unavailable"})


@dataclass(frozen=True)
class Sent:
    """A form as it arrived, and the way to a plan under the form's own key."""

    at: Desk
    form: FormData

    @property
    def key(self) -> str:
        """The form's key; a fresh one if it was taken out."""
        return str(self.form.get(KEY) or "")[:200] or new_id()

    @property
    def ask(self) -> Asking:
        """The request as the API knows it: the same key is the same request."""
        return Asking(self.at.clinic, self.at.who, self.key)

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, to be shown again."""
        return nothing_typed() | {name: value for name, value in self.form.items() if isinstance(value, str)}

    def word(self, name: str) -> str:
        """One field, without blanks around it; "" if it was left out."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be ticked more than once."""
        return tuple(str(value) for value in self.form.getlist(name))

    def key_again(self, refusal: Mapping[str, Any] | None) -> str:
        """The key for the form that is shown again after a refusal.

        Where the engine may have taken the form already, the same key must ask again.
        """
        return self.key if refusal is not None and refusal["code"] in _MAY_BE_TAKEN else new_id()

    def filled(self, *names: str) -> dict[str, Any]:
        """Those of the named fields that were filled in."""
        return {name: word for name in names if (word := self.word(name))}


def nothing_typed() -> dict[str, str]:
    """An untouched form: every field is empty."""
    return defaultdict(str)


async def sent(request: Request, at: TheDesk) -> Sent:
    """The form of this request."""
    return Sent(at, await request.form())


TheForm = Annotated[Sent, Depends(sent)]


def checked(body: type[B], values: Mapping[str, Any]) -> B:
    """The values as an API body; Problem 422 that names every wrong field."""
    try:
        return body.model_validate(values)
    except ValidationError as error:
        raise invalid(field_problems(error.errors(include_input=False))) from None


def local_moment(word: str, zone: str, field: str) -> datetime:
    """What a field for date and time holds, as the site's clock means it; Problem 422 if it is none."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise invalid([FieldProblem(field, "Give a day and a time.")]) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def refusal_shown(no: No | None, say: Callable[[datetime], str]) -> tuple[HTTPStatus, dict[str, Any] | None]:
    """What a page says after a form: its status, and the refusal in words. None is no refusal."""
    if no is None:
        return HTTPStatus.OK, None
    problem = problem_of(no)
    free = [say(datetime.fromisoformat(told(one))) for one in problem.more.get("alternatives", ())]
    detail = problem.detail
    for field in sorted({one.field for one in problem.errors}, key=len, reverse=True):
        detail = detail.replace(field, _field_words(field))
    return problem.status, {
        "code": problem.code,
        "detail": detail,
        "errors": [{"field": _field_words(one.field), "reason": one.reason} for one in problem.errors],
        "alternatives": free,
    }


_PARTS_OF_AN_EDIT: Final = (("edit.primary.angle.", "goal's "), ("edit.primary.", "goal's "), ("edit.", ""))
"""Where the API's body of an edit has a field, and how a page names it."""


def _field_words(path: str) -> str:
    """A field of the API's body as the form's reader knows it: `goal's target`."""
    for prefix, words in _PARTS_OF_AN_EDIT:
        if path.startswith(prefix):
            return words + path.removeprefix(prefix).replace("_", " ")
    return path


def problem_of(no: No) -> Problem:
    """A refusal, whoever gave it, as the API tells it."""
    match no:
        case PlanAskFailed():
            return asked_in_vain(no)
        case RecordError():
            return not_recorded(no)
        case Problem():
            return no
