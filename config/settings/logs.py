"""Structured logs: JSON in production, readable lines elsewhere."""

from __future__ import annotations

from typing import Any

import structlog

from config.settings.environment import ENVIRONMENT, PRODUCTION, env
from core import redaction

__all__ = [
    "ADMINS",
    "ADMIN_EMAILS_PER_HOUR",
    "ENVIRONMENT",
    "LOGGING",
    "SENTRY_DSN",
    "SERVICE_VERSION",
]

SERVICE_NAME = env.str("SERVICE_NAME", default="florin")
SERVICE_VERSION = env.str("SERVICE_VERSION", default="0.1.0")

LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
EXTERNAL_LEVEL = env.str("EXTERNAL_LOG_LEVEL", default="WARNING").upper()
REQUESTS_LEVEL = "INFO" if env.bool("LOG_REQUEST_COMPLETION", default=PRODUCTION) else "ERROR"
ADMINS = [("", address) for address in env.list("ADMIN_EMAILS", default=[])]
ADMIN_EMAILS_PER_HOUR = env.int("ADMIN_EMAILS_PER_HOUR", default=10)
SENTRY_DSN = env.str("SENTRY_DSN", default="")

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


# tracebacks are written plainly, without each frame's variables, and then cleaned like the rest
_LAST: list[Any] = [structlog.processors.format_exc_info, redaction.processor] + (
    [_name_service, structlog.processors.JSONRenderer()]
    if PRODUCTION
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
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "structured"},
        "mail_admins": {"class": "core.adminmail.AdminMailHandler", "level": "ERROR"},
    },
    "root": {"handlers": ["console", "mail_admins"], "level": EXTERNAL_LEVEL},
    "loggers": {
        **{name: {"level": LEVEL} for name in ("core", "accounts", "market", "portfolios", "config")},
        # takes Django's own handlers away: theirs mails cookies and fields
        "django": {"handlers": [], "level": EXTERNAL_LEVEL},
        "django.request": {"level": "ERROR"},
        # a stranger who asks for another host is no error of ours
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "core.requestlog": {"level": REQUESTS_LEVEL},
    },
}
