"""Bring ticks in: from files, and as feeds send them."""

from __future__ import annotations

from market.services.tick_import.post import Taken, post_ticks
from market.services.tick_import.run import (
    TickOptions,
    TickOutcome,
    TickProgress,
    import_ticks,
)
from market.services.tick_import.symbols import Making

__all__ = ["Making", "Taken", "TickOptions", "TickOutcome", "TickProgress", "import_ticks", "post_ticks"]
