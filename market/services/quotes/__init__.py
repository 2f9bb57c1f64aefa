"""Write quotes and the log of how prices moved, and read the log on from a cursor."""

from __future__ import annotations

from market.services.quotes.days import close_days
from market.services.quotes.held import discard_quote, release_quote
from market.services.quotes.log import consume, keep_log
from market.services.quotes.record import Recorded, record_quotes
from market.services.quotes.refresh import refresh_simulated
from market.services.quotes.splits import apply_due_splits

__all__ = [
    "Recorded",
    "apply_due_splits",
    "close_days",
    "consume",
    "discard_quote",
    "keep_log",
    "record_quotes",
    "refresh_simulated",
    "release_quote",
]
