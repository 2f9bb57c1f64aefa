"""How often one network may ask to sign in or up, or for new tokens."""

from __future__ import annotations

from core.api.throttles import NetworkThrottle


class SignInThrottle(NetworkThrottle):
    scope = "sign-in"


class RefreshThrottle(NetworkThrottle):
    scope = "refresh"


class SignUpThrottle(NetworkThrottle):
    scope = "sign-up"
