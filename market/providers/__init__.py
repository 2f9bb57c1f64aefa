"""Where prices come from: one interface, and an adapter for each source."""

from __future__ import annotations

from market.providers.base import Ability, CannotDo, Company, Provider, Wanted
from market.providers.simulated import SimulatedMarket

__all__ = ["Ability", "CannotDo", "Company", "Provider", "SimulatedMarket", "Wanted"]
