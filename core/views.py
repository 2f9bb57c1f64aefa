"""Pages that belong to no app: the landing page, search, and what is shown when something fails."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core import errors, ports
from core.api.problems import CONTENT_TYPE, problem
from core.ports import SearchHit

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the landing page's example: a value, or what was added to it."""

    label: StrPromise
    amount: Decimal
    kind: str = "result"


EXAMPLE = (
    Step(_("Value on 1 January"), Decimal("41250.00"), kind="level"),
    Step(_("You paid in"), Decimal("3000.00"), kind="flow"),
    Step(_("Prices"), Decimal("2118.40")),
    Step(_("Exchange rates"), Decimal("-402.15")),
    Step(_("Dividends"), Decimal("186.32")),
    Step(_("Fees and taxes"), Decimal("-41.20")),
    Step(_("Value on 30 June"), Decimal("46111.37"), kind="level"),
)
SEARCH_LIMIT = 8
SEARCH_LENGTH = 100


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show what the product promises; who is signed in goes to the dashboard."""
    if request.user.is_authenticated:
        return redirect("dashboard")
    return render(request, "core/landing.html", {"example": EXAMPLE, "currency": "EUR"})


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Find instruments, portfolios and pages by ``q``: a page, or the list under the search box."""
    query = request.GET.get("q", "").strip()[:SEARCH_LENGTH]
    hits = _hits(request, query) if query else []
    groups = [(kind, list(some)) for kind, some in groupby(hits, key=lambda hit: hit.kind)]
    fragment = request.headers.get("X-Fragment") == "search"
    template = "core/search_results.html" if fragment else "core/search.html"
    response = render(request, template, {"search_query": query, "groups": groups})
    response["Vary"] = "X-Fragment, Cookie"
    return response


def _hits(request: HttpRequest, query: str) -> list[SearchHit]:
    answers = ports.search.collect(request.user, query, SEARCH_LIMIT)
    return [hit for hits in answers.values() for hit in hits]


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that the service worker keeps for when the server is not reached."""
    return render(request, "core/offline.html")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker from the root, so that it may answer for every page."""
    return render(request, "core/service-worker.js", content_type="text/javascript")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 400: the request makes no sense."""
    return _failure(request, errors.ValidationFailed("The request could not be understood."), "400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 403: the page exists, and is not for this account."""
    return _failure(request, errors.Forbidden(), "403.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 404: there is no such page, or it is somebody else's."""
    return _failure(request, errors.NotFound(), "404.html")


def refused(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    """Answer what a page's service or selector refused, with the status of the error."""
    own = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
    template = f"{error.status}.html" if error.status in own else "core/refused.html"
    response = _failure(request, error, template)
    if isinstance(error, errors.RateLimited | errors.Overloaded):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without asking the session or the database, which may be what failed."""
    if _is_api(request):
        return _problem(errors.DomainError())
    return HttpResponse(render_to_string("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _failure(request: HttpRequest, error: errors.DomainError, template: str) -> HttpResponse:
    if _is_api(request):
        return _problem(error)
    return render(request, template, {"error": error}, status=error.status)


def _problem(error: errors.DomainError) -> JsonResponse:
    return JsonResponse(problem(error), status=error.status, content_type=CONTENT_TYPE)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
