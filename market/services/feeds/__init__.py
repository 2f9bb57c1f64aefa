"""Prices from sources elsewhere: who is asked for what and when, and what becomes of it."""

from __future__ import annotations

from market.services.feeds.history import mend_history
from market.services.feeds.plan import Task, plan
from market.services.feeds.profiles import fetch_profile
from market.services.feeds.rates import refresh_rates
from market.services.feeds.refresh import Refreshed, refresh
from market.services.feeds.sources import add_configured
from market.services.feeds.stream import stream

__all__ = [
    "Refreshed",
    "Task",
    "add_configured",
    "fetch_profile",
    "mend_history",
    "plan",
    "refresh",
    "refresh_rates",
    "stream",
]
