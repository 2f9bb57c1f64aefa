"""How often one network may ask to sign in or up, or for new tokens."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.services.guard import network_of
from core import context


class NetworkThrottle(SimpleRateThrottle):
    """Count requests by the caller's network, whoever is signed in."""

    def get_cache_key(self, _request: Request, _view: APIView) -> str:
        """Name the network's counter; IPv6 callers count by their /64."""
        return self.cache_format % {"scope": self.scope, "ident": network_of(context.current().address)}


class SignInThrottle(NetworkThrottle):
    scope = "sign-in"


class RefreshThrottle(NetworkThrottle):
    scope = "refresh"


class SignUpThrottle(NetworkThrottle):
    scope = "sign-up"
