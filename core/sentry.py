"""Reports of errors to Sentry, where ``SENTRY_DSN`` says so; without secrets or personal data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import context, redaction

# What of a request goes out: nothing that a person sent.
_KEPT_OF_REQUEST = ("method",)


def install() -> None:
    """Begin to report, if an address is set.

    Raises:
        ImproperlyConfigured: the address is set, and the package is not installed or refuses it.
    """
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but sentry-sdk is not installed: install the extra “sentry”, or unset it."
        ) from error
    try:
        sentry_sdk.init(
            dsn=settings.SENTRY_DSN,
            environment=settings.ENVIRONMENT,
            release=settings.SERVICE_VERSION,
            include_local_variables=False,
            max_request_body_size="never",
            traces_sample_rate=0.0,
            auto_session_tracking=False,
            before_send=clean,
            before_breadcrumb=lambda _crumb, _hint: None,
            integrations=[LoggingIntegration(level=None, event_level=None)],
        )
    except BadDsn as error:
        raise ImproperlyConfigured(f"SENTRY_DSN is no address of Sentry: {error}.") from error


def clean(event: Any, _hint: Any) -> Any:
    """Leave of an event what happened and where; who and with what stays here."""
    for name in ("user", "extra", "breadcrumbs", "server_name", "modules"):
        event.pop(name, None)
    request = event.pop("request", {})
    kept = {name: request[name] for name in _KEPT_OF_REQUEST if name in request}
    cleaned = redaction.anything({name: one for name, one in event.items() if name != "exception"})
    for failure in event.get("exception", {}).get("values", []):
        failure["value"] = redaction.text(str(failure.get("value") or ""))
        for frame in failure.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    if "exception" in event:
        cleaned["exception"] = event["exception"]
    cleaned["event_id"] = event.get("event_id")
    cleaned["request"] = kept
    cleaned["tags"] = {**cleaned.get("tags", {}), "request_id": context.current().request_id}
    return cleaned
