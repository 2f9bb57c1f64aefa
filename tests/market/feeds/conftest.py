"""Sources of prices that tests hold in their hand, on a Wednesday at noon in New York."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from core import ports
from market.models import Instrument, PriceSource
from market.providers import kinds
from tests.market.feeds.sources import NOON, Hand, Told


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the sources of the test answer, by name; what they were asked."""
    state = Told()
    monkeypatch.setitem(kinds.ADAPTERS, "hand", type("Bound", (Hand,), {"told": state, "most_at_once": 2}))
    monkeypatch.setitem(
        kinds.ADAPTERS,
        "keyed",
        type("Keyed", (Hand,), {"told": state, "kind": "keyed", "most_at_once": 2, "needs_key": True}),
    )
    return state


@pytest.fixture
def source(told: Told, db: None) -> Callable[..., PriceSource]:
    def make(name: str = "first", **fields: Any) -> PriceSource:
        return PriceSource.objects.create(**{"name": name, "kind": "hand", **fields})

    return make


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let somebody hold these instruments, and nothing else."""

    def hold(*instruments: Instrument) -> None:
        cache.delete("market.feeds.wanted")
        monkeypatch.setattr(
            ports.held_instruments, "_providers", {"t": lambda: [one.pk for one in instruments]}
        )

    return hold
