"""Where prices come from."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

__all__ = [
    "ALPHA_VANTAGE_API_KEY",
    "FINNHUB_API_KEY",
    "IEX_API_KEY",
    "MINUTE_BAR_RETENTION_DAYS",
    "OUTBOUND_ALLOWED_HOSTS",
    "SIMULATED_MARKET",
    "TICK_RETENTION_DAYS",
]

SIMULATED_MARKET: str = env.str("SIMULATED_MARKET", default="always").lower()
if SIMULATED_MARKET == "weekdays":  # as it was called before the sessions of exchanges were known
    SIMULATED_MARKET = "exchange"
if SIMULATED_MARKET not in {"off", "exchange", "always"}:
    raise ImproperlyConfigured("SIMULATED_MARKET is off, exchange or always.")

# keys of sources that are there without anybody adding them
FINNHUB_API_KEY: str = env.str("FINNHUB_API_KEY", default="").strip()
ALPHA_VANTAGE_API_KEY: str = env.str("ALPHA_VANTAGE_API_KEY", default="").strip()
# IEX Cloud is no more: staff are told what takes its place
IEX_API_KEY: str = (
    env.str("IEX_API_KEY", default="")
    or env.str("IEX_CLOUD_API_KEY", default="")
    or env.str("IEX_TOKEN", default="")
).strip()

# hosts of the operator's own that sources of prices may have, though their addresses are not public
OUTBOUND_ALLOWED_HOSTS: list[str] = [
    one.strip().lower() for one in env.list("OUTBOUND_ALLOWED_HOSTS", default=[]) if one.strip()
]

TICK_RETENTION_DAYS: int = env.int("TICK_RETENTION_DAYS", default=0)
MINUTE_BAR_RETENTION_DAYS: int = env.int("MINUTE_BAR_RETENTION_DAYS", default=0)
if TICK_RETENTION_DAYS < 0 or MINUTE_BAR_RETENTION_DAYS < 0:
    raise ImproperlyConfigured("TICK_RETENTION_DAYS and MINUTE_BAR_RETENTION_DAYS are days, or 0 for ever.")
