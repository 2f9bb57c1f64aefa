"""Where prices come from."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

__all__ = ["OUTBOUND_ALLOWED_HOSTS", "SIMULATED_MARKET"]

SIMULATED_MARKET: str = env.str("SIMULATED_MARKET", default="always").lower()
if SIMULATED_MARKET == "weekdays":  # as it was called before the sessions of exchanges were known
    SIMULATED_MARKET = "exchange"
if SIMULATED_MARKET not in {"off", "exchange", "always"}:
    raise ImproperlyConfigured("SIMULATED_MARKET is off, exchange or always.")

# hosts of the operator's own that sources of prices may have, though their addresses are not public
OUTBOUND_ALLOWED_HOSTS: list[str] = [
    one.strip().lower() for one in env.list("OUTBOUND_ALLOWED_HOSTS", default=[]) if one.strip()
]
