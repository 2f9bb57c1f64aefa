"""Where prices come from: one interface, and an adapter for each source."""

from __future__ import annotations

from market.providers.base import Ability, CannotDo, Company, Event, Provider, SourceSettings, Unread, Wanted
from market.providers.kinds import ADAPTERS, RETIRED, resolve_kind
from market.providers.simulated import SimulatedMarket

__all__ = [
    "ADAPTERS",
    "RETIRED",
    "Ability",
    "CannotDo",
    "Company",
    "Event",
    "Provider",
    "SimulatedMarket",
    "SourceSettings",
    "Unread",
    "Wanted",
    "resolve_kind",
]
