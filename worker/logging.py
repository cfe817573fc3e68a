"""Log lines: one shape for structlog, the standard library and Temporal; nothing personal in any of them."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

from schemas.names import plan_workflow_id
from schemas.settings import Environment, LogFormat, Settings
from worker.redaction import redact

_QUIET: Final = {
    "twilio": logging.WARNING,  # its INFO lines carry telephone numbers
    "urllib3": logging.INFO,
    "httpx2": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "asyncio": logging.WARNING,
    "uvicorn.access": logging.WARNING,  # query strings of webhooks
}
_TEMPORAL_CONTEXT: Final = ("temporal_workflow", "temporal_activity")
_TEMPORAL_KEPT: Final = ("activity_type", "attempt", "update_name")
_PLANS: Final = plan_workflow_id("")
_NOISE: Final = ("color_message", "temporal_log", "__temporal_error_identifier")


def configure_logging(settings: Settings, service: str, level: int = logging.INFO) -> None:
    """Send every log line of this process to stderr, with `service` on it.

    JSON in production and wherever nobody watches, coloured lines on a terminal (`LIMBER_LOG_FORMAT`).
    Replaces the handlers of the root logger, so that nothing goes round the redaction.
    """
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
    ]
    structlog.configure(
        processors=[
            *common,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, structlog.stdlib.ExtraAdder(), _plan_named],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                *_renderers(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet_level in _QUIET.items():
        logging.getLogger(name).setLevel(quiet_level)
    # The plan's id comes as a field; the SDK would also print run ids and queues into every sentence.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def _renderers(settings: Settings) -> list[Processor]:
    if _as_json(settings):
        return [structlog.processors.JSONRenderer(serializer=_to_json)]
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _as_json(settings: Settings) -> bool:
    if settings.log_format is LogFormat.AUTO:
        return settings.environment is Environment.PRODUCTION or not sys.stderr.isatty()
    return settings.log_format is LogFormat.JSON


def _to_json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add


def _plan_named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What Temporal says about itself, reduced to what helps: whose plan, which activity, which attempt."""
    for noise in _NOISE:
        event.pop(noise, None)
    for context in _TEMPORAL_CONTEXT:
        said = event.pop(context, None) or {}
        event.update({key: said[key] for key in _TEMPORAL_KEPT if key in said})
        event.update(whose(said.get("workflow_id")))
    return event


def whose(workflow_id: str | None) -> dict[str, str]:
    """The field that names a workflow on a log line: `plan_id` for a plan's."""
    if workflow_id is None:
        return {}
    if workflow_id.startswith(_PLANS):
        return {"plan_id": workflow_id.removeprefix(_PLANS)}
    return {"workflow_id": workflow_id}
