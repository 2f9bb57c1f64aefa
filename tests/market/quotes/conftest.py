"""The time and the instrument of the tests of quotes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from market.models import Instrument
from tests.market.quotes.told import NOON


@pytest.fixture
def at_noon() -> Any:
    with time_machine.travel(NOON + timedelta(hours=6), tick=False) as traveller:
        yield traveller


@pytest.fixture
def stock(instrument: Callable[..., Instrument]) -> Instrument:
    return instrument("STK")
