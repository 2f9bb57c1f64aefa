"""Budgets of requests: by network for everything, by person and kind of request for what they do.

The middleware counts every request by its network, and pages by who is signed in; the views of
the API count when they know whose token it is (`core.api.throttles`). Both write the budgets on
the answer, in ``RateLimit-Policy`` and ``RateLimit``.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import context, limiter, metrics
from core.errors import RateLimited

IPV6_PREFIX = 64
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def spend_for(request: HttpRequest, user: Any) -> None:
    """Count a request for who makes it: a person by kind of request, or else their network.

    Raises:
        RateLimited: the budget is spent.
    """
    user = getattr(request, "asker", user)  # staff who look at a person's pages spend their own
    route = request.resolver_match.view_name if request.resolver_match else ""
    heavy = request.method in settings.HEAVY_ROUTES.get(route, ())
    if user is None or not user.is_authenticated:
        who = network_of(context.current().address)
        spend(request, "anonymous", who)
        if heavy:
            spend(request, "heavy", who)
        return
    kind = "heavy" if heavy else "reads" if request.method in SAFE else "writes"
    spend(request, kind, str(user.pk))


def spend(request: HttpRequest, name: str, who: str) -> None:
    """Count one request in a named budget, and note it for the answer's headers.

    Raises:
        RateLimited: the budget is spent.
    """
    verdict = limiter.spend(limiter.Budget.parse(name, settings.THROTTLES[name]), who)
    request.__dict__.setdefault("verdicts", []).append(verdict)
    if not verdict.allowed:
        metrics.throttled.labels(budget=name).inc()
        raise RateLimited(
            _("Too many requests. Try again in %(seconds)s seconds.") % {"seconds": verdict.reset},
            retry_after=verdict.reset,
        )


def told(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the budgets that the request was counted in (draft-ietf-httpapi-ratelimit-headers)."""
    verdicts: list[limiter.Verdict] = request.__dict__.get("verdicts", [])
    policies = [f'"{one.budget.name}";q={one.budget.count};w={one.budget.seconds}' for one in verdicts]
    left = [f'"{one.budget.name}";r={one.remaining};t={one.reset}' for one in verdicts]
    if verdicts:
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(left)
    return response


def network_of(address: str) -> str:
    """Fold an IPv6 address to its /64, which one household or server commands whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "none"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((parsed, IPV6_PREFIX), strict=False).network_address)
    return str(parsed)
