"""Sample instruments with prices: real ones that end in 2013, and invented ones that go on."""

from __future__ import annotations

from market.services.sample_data.invented import last_closed_day, load_fictional
from market.services.sample_data.real import load_real_sample

__all__ = ["last_closed_day", "load_fictional", "load_real_sample"]
