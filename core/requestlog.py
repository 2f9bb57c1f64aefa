"""One line of the log for each request: what was asked by its route, how it ended, how long it took.

The address asked for is left out, since paths and queries can hold secrets, and so is the
caller's address; who has to find an abuser finds it in the audit log's side table, by the
request's id.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

log = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Write the line. The traceback of a bug is a line of its own, by Django, with the same id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        log.info(
            "request",
            method=request.method if (request.method or "").isalpha() else "other",
            route=route_of(request),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - begun) * 1000, 1),
            user_id=user_id_of(request),
        )
        return response


def route_of(request: HttpRequest) -> str:
    """Name the route, ``static`` for a file, ``unknown`` for an address that leads nowhere."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or request.resolver_match.route
    return "static" if request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/") else "unknown"


def user_id_of(request: HttpRequest) -> str | None:
    """Tell the opaque id of who is signed in, if anything asked for them; asks nobody itself."""
    user: Any = request.__dict__.get("asker") or request.__dict__.get("user")
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped", empty) is empty:
        return None
    return str(user.pk) if user is not None and user.is_authenticated else None
