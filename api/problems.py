"""What goes wrong, told one way: `application/problem+json` (RFC 9457) with a stable code and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.answers import to_json
from database.errors import KeyReusedError, NotFoundError, RecordError
from schemas.refusals import CommandRefused, EngineUnavailable, PlanAskFailed, PlanClosed, PlanUnknown

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_SECONDS: Final = "5"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FieldProblem:
    """One field that is wrong, by its path (`client.mobile`, `goals.0.now`), and what to do about it."""

    field: str
    reason: str


class Problem(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is answered with a problem document."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more


def invalid(errors: Iterable[FieldProblem]) -> Problem:
    """422: fields that are wrong, each named."""
    found = tuple(dict.fromkeys(errors))
    named = ", ".join(dict.fromkeys(error.field for error in found))
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_fields", f"Please correct: {named}.", errors=found
    )


def field_problems(
    errors: Iterable[ErrorDetails], *, without: tuple[str, ...] = ()
) -> tuple[FieldProblem, ...]:
    """Pydantic's errors, one for each field; `without` are leading path parts to leave out."""
    return tuple(FieldProblem(_path(error, without), _reason(error)) for error in errors)


def _path(error: ErrorDetails, without: tuple[str, ...]) -> str:
    location = [str(part) for part in error["loc"]]
    if location and location[0] in without:
        location = location[1:]
    return str((error.get("ctx") or {}).get("field") or ".".join(location) or "body")


_REASONS: Final = {
    "missing": "This is missing.",
    "extra_forbidden": "This is not a field here; check the spelling.",
}


def _reason(error: ErrorDetails) -> str:
    told = error["msg"].removeprefix("Value error, ")
    return _REASONS.get(error["type"], told)


def response(problem: Problem, request: Request) -> Response:
    """The problem as a response; `instance` is the request's id, which the log lines carry too."""
    body: dict[str, Any] = {
        "type": f"urn:limber:problem:{problem.code}",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "code": problem.code,
        "detail": problem.detail,
    }
    request_id = getattr(request.state, "request_id", None)
    if request_id:
        body["instance"] = f"urn:limber:request:{request_id}"
    if problem.errors:
        body["errors"] = [{"field": error.field, "reason": error.reason} for error in problem.errors]
    return Response(
        to_json({**body, **problem.more}),
        status_code=problem.status.value,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


_ASK_STATUS: Final[Mapping[type[PlanAskFailed], HTTPStatus]] = {
    CommandRefused: HTTPStatus.CONFLICT,
    PlanClosed: HTTPStatus.CONFLICT,
    PlanUnknown: HTTPStatus.SERVICE_UNAVAILABLE,
    EngineUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_RECORD_PROBLEMS: Final[Mapping[type[RecordError], tuple[HTTPStatus, str]]] = {
    NotFoundError: (HTTPStatus.NOT_FOUND, "not_found"),
    KeyReusedError: (HTTPStatus.CONFLICT, "key_reused"),
}


def asked_in_vain(error: PlanAskFailed, **more: Any) -> Problem:
    """What a plan that did not take a command says to the one who asked."""
    status = _ASK_STATUS.get(type(error), HTTPStatus.CONFLICT)
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, error.code, error.sentence, headers=headers, **more)


def not_recorded(error: RecordError) -> Problem:
    """What the record refused, as a sentence."""
    status, code = _RECORD_PROBLEMS.get(type(error), (HTTPStatus.CONFLICT, "not_recorded"))
    said = str(error)
    return Problem(status, code, f"{said[:1].upper()}{said[1:]}.")


async def told(problem: Problem, request: Request) -> Response:
    """The problem as whoever asks can read it: a page for a browser, where the app dresses its answers.

    For what lies outside the app's own handlers. What cannot be dressed is told all the same.
    """
    try:
        answer: Response = await request.app.exception_handlers[Problem](request, problem)
    except Exception:
        _log.exception("a problem could not be dressed", code=problem.code)
        answer = response(problem, request)
    return answer


def install(app: FastAPI) -> None:
    """Answer every failure with a problem document."""

    @app.exception_handler(Problem)
    async def refused_by_us(request: Request, problem: Problem) -> Response:
        return response(problem, request)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> Response:
        where = ("body", "query", "path", "header", "cookie")
        return response(invalid(field_problems(error.errors(), without=where)), request)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        code = status.name.lower()
        return response(Problem(status, code, _HTTP_SENTENCES.get(status, status.description)), request)

    @app.exception_handler(PlanAskFailed)
    async def not_taken(request: Request, error: PlanAskFailed) -> Response:
        return response(asked_in_vain(error), request)

    @app.exception_handler(RecordError)
    async def refused_by_the_record(request: Request, error: RecordError) -> Response:
        return response(not_recorded(error), request)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    async def database_away(request: Request, error: Exception) -> Response:
        _log.warning("database did not answer", error=type(error).__name__)
        return response(database_unavailable(), request)


def database_unavailable() -> Problem:
    """503: the database is away; nothing was changed."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "database_unavailable",
        "The record did not answer, so nothing was changed. Try again in a minute.",
        headers={"Retry-After": _RETRY_AFTER_SECONDS},
    )


def no_clinic() -> Problem:
    """Nothing can be done before there is a site to do it at."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no_clinic",
        "The clinic has no site yet. Set one up, or run `limber up`, which brings a demo clinic.",
    )


def broken() -> Problem:
    """500: our own fault. What broke is in the log, under the request's id."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something went wrong on our side. Tell the operator the request's id.",
    )


_HTTP_SENTENCES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address; the paths are listed in /openapi.json.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is longer than any form of ours; send less at once.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method; see /openapi.json.",
}
