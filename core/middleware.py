"""Middleware of the ground floor: the request's id, the browser policies and the limits."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from core import context, throttling, views
from core.early import SAFE_ID
from core.errors import DomainError, RateLimited, TooLarge
from core.ids import uuid7

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WITH_PORT = re.compile(r"\A(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)\Z")


class RequestContextMiddleware:
    """Give each request an id (the caller's ``X-Request-Id`` when it is harmless) and echo it.

    The id and the caller's address travel in a context variable to logs and audit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if SAFE_ID.fullmatch(given) else str(uuid7())
        # the request's log lines take it from there; the view of the headers may be made already
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.pop("headers", None)
        bound = context.RequestContext(
            request_id=request_id,
            address=caller_address(request),
            agent=request.META.get("HTTP_USER_AGENT", "").replace("\0", ""),
        )
        with context.bound(bound), structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response


def caller_address(request: HttpRequest) -> str:
    """Tell the caller's address: what the outermost of our ``TRUSTED_PROXIES`` saw, else the peer.

    Only as many entries of ``X-Forwarded-For`` count, from the right, as there are proxies of ours;
    what stands further left anybody may have written. With fewer entries the request came past a
    proxy, and with no address in the one that counts, nothing is known of it: the peer counts then.
    """
    return address_seen(request.META.get("HTTP_X_FORWARDED_FOR", ""), request.META.get("REMOTE_ADDR", ""))


def address_seen(forwarded: str, peer: str) -> str:
    """Tell an address as `caller_address` does, from the header ``X-Forwarded-For`` and the peer's."""
    trusted: int = settings.TRUSTED_PROXIES
    hops = forwarded.split(",")
    seen = _address(hops[-trusted]) if 0 < trusted <= len(hops) else ""
    return seen or _address(peer)


def _address(text: str) -> str:
    """Read an IP address without the port and brackets that proxies add; empty when it is none."""
    bare = _WITH_PORT.sub(r"\1\2", text.strip())
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        # a zone means something on one machine only, and the database holds none
        return str(address.ipv4_mapped or ipaddress.IPv6Address(int(address)))
    return str(address)


class BodyLimitMiddleware:
    """Refuse a request that says its body is longer than ``UPLOAD_LIMIT_BYTES``, before it is parsed.

    Without that header a form has no files for Django, and the JSON parser counts for itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.UPLOAD_LIMIT_BYTES:
            limit = settings.UPLOAD_LIMIT_BYTES // (1024 * 1024)
            return views.refused(
                request, TooLarge(_("The request is larger than %(limit)s MB.") % {"limit": limit})
            )
        return self.get_response(request)


class CleanRequestMiddleware:
    """Refuse methods that no page of ours answers, and a query string with a NUL character.

    TRACE would send the visitor's cookies back to whoever asks. No text in the database can hold a NUL.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("The query string holds a NUL character.")
        return self.get_response(request)


class PolicyHeadersMiddleware:
    """Send the Permissions-Policy, who may embed our answers, and where browsers report breaches.

    No page of ours asks for a sensor or a payment, and other sites have no use for our files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Reporting-Endpoints", f'csp="{settings.CSP_REPORT_PATH}"')
        return response


class ThrottleMiddleware:
    """Refuse a network beyond its budget, then a page's visitor beyond theirs; tell the budgets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in settings.THROTTLE_EXEMPT_PATHS:
            return self.get_response(request)
        try:
            throttling.spend(request, "address", throttling.network_of(context.current().address))
        except RateLimited as error:
            response = views.refused(request, error)
        else:
            response = self.get_response(request)
        return throttling.told(request, response)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Count a page for its visitor; views of the API count for themselves."""
        if request.path in settings.THROTTLE_EXEMPT_PATHS or hasattr(view, "cls"):
            return None
        try:
            throttling.spend_for(request, getattr(request, "user", None))
        except RateLimited as error:
            return views.refused(request, error)
        return None


class DomainErrorMiddleware:
    """Answer what a page's selectors and services refuse with the error page of its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a domain error into its page; anything else is a bug and stays one."""
        return views.refused(request, exception) if isinstance(exception, DomainError) else None
