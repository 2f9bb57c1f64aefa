"""What browsers report that the content policy stopped: one line of the log each, nothing is kept."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import context, metrics, throttling, views
from core.errors import DomainError, TooLarge, ValidationFailed

log = structlog.get_logger(__name__)
LARGEST = 16 * 1024
MOST = 20
FORMATS = ("application/csp-report", "application/reports+json", "application/json")
DIRECTIVES = frozenset(
    (
        "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
        "style-src-attr", "img-src", "font-src", "connect-src", "media-src", "object-src", "frame-src",
        "child-src", "worker-src", "manifest-src", "form-action", "frame-ancestors", "base-uri",
    )
)  # fmt: skip


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Take a browser's reports, in the old format or the new."""
    try:
        throttling.spend(request, "reports", throttling.network_of(context.current().address))
        for report in _reports(request):
            _note(report)
    except DomainError as error:
        return views.refused(request, error)
    return HttpResponse(status=204)


def _reports(request: HttpRequest) -> list[dict[str, Any]]:
    """Read the reports out of the body, of which no form is believed.

    Raises:
        ValidationFailed: it is something else.
        TooLarge: it is longer than 16 kB.
    """
    if request.content_type not in FORMATS:
        raise ValidationFailed(f"Send {FORMATS[0]} or {FORMATS[1]}.")
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise TooLarge
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValidationFailed("The report is not valid JSON.") from error
    if isinstance(data, dict):
        found = [data.get("csp-report")]
    elif isinstance(data, list):
        found = [
            one.get("body") for one in data if isinstance(one, dict) and one.get("type") == "csp-violation"
        ]
    else:
        found = []
    return [one for one in found[:MOST] if isinstance(one, dict)]


def _note(report: dict[str, Any]) -> None:
    named = (
        report.get("effectiveDirective")
        or report.get("effective-directive")
        or report.get("violated-directive")
    )
    words = str(named or "").split(" ", 1)
    directive = words[0] if words[0] in DIRECTIVES else "other"
    metrics.csp_reports.labels(directive=directive).inc()
    log.warning(
        "csp.violation",
        directive=directive,
        blocked=_origin(report.get("blockedURL") or report.get("blocked-uri")),
        source=_origin(report.get("sourceFile") or report.get("source-file")),
        page=_route(report.get("documentURL") or report.get("document-uri")),
    )


def _origin(url: Any) -> str:
    """Tell where something came from, without path and query; or the policy's word for it."""
    try:
        parts = urlsplit(str(url or ""))
        host, port = parts.hostname, parts.port
    except ValueError:
        return "unreadable"
    if parts.scheme in {"http", "https", "ws", "wss"} and host:
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}"[:200]
    # a scheme such as data, or a word such as inline and eval
    word = parts.scheme or parts.path
    return word if word.isascii() and word.replace("-", "").isalpha() and len(word) <= 30 else "other"  # noqa: PLR2004


def _route(url: Any) -> str:
    """Name the page by its route: its address may hold a secret, such as the key of a new password."""
    try:
        return resolve(urlsplit(str(url or "")).path).view_name
    except (Resolver404, ValueError):
        return "unknown"
