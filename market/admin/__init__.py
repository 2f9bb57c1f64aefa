"""The market in the admin: public reference data is edited through the services, prices are looked at."""

from __future__ import annotations

from market.admin import history, instruments, prices, quotes, replays, sources

__all__ = ["history", "instruments", "prices", "quotes", "replays", "sources"]
