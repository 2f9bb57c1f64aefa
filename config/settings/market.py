"""Where prices come from."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

__all__ = ["SIMULATED_MARKET"]

SIMULATED_MARKET: str = env.str("SIMULATED_MARKET", default="always").lower()
if SIMULATED_MARKET == "weekdays":  # as it was called before the sessions of exchanges were known
    SIMULATED_MARKET = "exchange"
if SIMULATED_MARKET not in {"off", "exchange", "always"}:
    raise ImproperlyConfigured("SIMULATED_MARKET is off, exchange or always.")
