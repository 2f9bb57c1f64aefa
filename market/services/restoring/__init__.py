"""Bring instruments, prices, corporate actions and rates of an archive in; what is there stands as it is."""

from market.services.restoring.actions import restore_actions
from market.services.restoring.figures import restore_bars, restore_rates
from market.services.restoring.instruments import Found, restore_exchanges, restore_instruments

__all__ = [
    "Found",
    "restore_actions",
    "restore_bars",
    "restore_exchanges",
    "restore_instruments",
    "restore_rates",
]
