"""Keep ticks and the bars that they make."""

from __future__ import annotations

from market.services.ticks.upkeep import Kept, keep_ticks, oldest_kept

__all__ = ["Kept", "keep_ticks", "oldest_kept"]
