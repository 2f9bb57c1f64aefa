"""The instrument of the tests of ticks, and the evening on which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from market.models import Instrument


@pytest.fixture(autouse=True)
def evening() -> Any:
    """Stand in the evening of the day of most ticks of the tests."""
    with time_machine.travel("2022-04-05T20:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def stock(instrument: Callable[..., Instrument]) -> Instrument:
    return instrument("STK")
