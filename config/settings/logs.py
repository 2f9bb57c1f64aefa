"""Structured logs: JSON in production, readable lines elsewhere."""

from __future__ import annotations

from typing import Any

import structlog

from config.settings.environment import PRODUCTION, env

__all__ = [
    "DJANGO_STRUCTLOG_CELERY_ENABLED",
    "DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID",
    "LOGGING",
    "SERVICE_VERSION",
]

SERVICE_NAME = env.str("SERVICE_NAME", default="florin")
SERVICE_VERSION = env.str("SERVICE_VERSION", default="0.1.0")

LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
EXTERNAL_LEVEL = env.str("EXTERNAL_LOG_LEVEL", default="WARNING").upper()
REQUESTS_LEVEL = "INFO" if env.bool("LOG_REQUEST_COMPLETION", default=PRODUCTION) else "ERROR"
DJANGO_STRUCTLOG_CELERY_ENABLED = False
# our middleware has put a harmless one there, the same that the answer and the audit log carry
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def _name_service(_logger: Any, _method: str, event: Any) -> Any:
    """Say in each line which deployment wrote it, and which release that runs."""
    return {**event, "service": SERVICE_NAME, "version": SERVICE_VERSION}


_LAST: list[Any] = (
    [structlog.processors.format_exc_info, _name_service, structlog.processors.JSONRenderer()]
    if PRODUCTION
    # plain, for the default prints each frame's variables, passwords too
    else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
)

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_LAST,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": EXTERNAL_LEVEL},
    "loggers": {
        **{name: {"level": LEVEL} for name in ("core", "accounts", "market", "portfolios", "config")},
        "django.request": {"level": "ERROR"},
        "django_structlog": {"level": REQUESTS_LEVEL},
    },
}
