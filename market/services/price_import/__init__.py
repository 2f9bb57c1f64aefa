"""Bring a file of daily prices into the database: all of its good rows, or nothing."""

from __future__ import annotations

from market.services.price_import.options import Options, Outcome, Plan, Progress, RejectedRow
from market.services.price_import.run import import_prices

__all__ = ["Options", "Outcome", "Plan", "Progress", "RejectedRow", "import_prices"]
