"""The budgets of `core.throttling` as throttles of REST views."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core import context, throttling


class BudgetThrottle(BaseThrottle):
    """Count a request for who makes it: reads, writes, heavy work, or nobody in particular."""

    def allow_request(self, request: Request, _view: Any) -> bool:
        """Count it.

        Raises:
            RateLimited: the budget is spent.
        """
        throttling.spend_for(request._request, request.user)  # noqa: SLF001
        return True


class NetworkThrottle(BaseThrottle):
    """Count a request by the caller's network in a budget of its own, whoever is signed in."""

    scope = ""

    def allow_request(self, request: Request, _view: Any) -> bool:
        """Count it; IPv6 callers count by their /64.

        Raises:
            RateLimited: the budget is spent.
        """
        who = throttling.network_of(context.current().address)
        throttling.spend(request._request, self.scope, who)  # noqa: SLF001
        return True
