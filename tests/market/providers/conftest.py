"""A source on the loopback, and the adapters that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache

from market.models import Exchange, Instrument
from market.providers import ADAPTERS, SourceSettings, Wanted
from market.providers.client import Client
from tests.support.sources import Source

KEY = "k3y-of-the-source-0123456789"
ZONES = {
    "XNAS": "America/New_York",
    "XNYS": "America/New_York",
    "XLON": "Europe/London",
    "XETR": "Europe/Berlin",
    "XWAR": "Europe/Warsaw",
    "XKAZ": "Asia/Almaty",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Source]:
    started = Source()
    yield started
    started.close()


@pytest.fixture
def source(server: Source, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Source:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(Client, "wait_initial", 0.005)
    monkeypatch.setattr(Client, "wait_max", 0.01)
    cache.clear()
    server.forget()
    return server


@pytest.fixture
def adapter(source: Source) -> Callable[..., Any]:
    """Make an adapter of a kind that asks the source."""

    def make(kind: str, **fields: Any) -> Any:
        given = {"key": KEY, "base_url": source.url, "timeout": 2.0, **fields}
        return ADAPTERS[kind](SourceSettings(**given))

    return make


@pytest.fixture
def listing(instrument: Callable[..., Instrument]) -> Callable[..., Instrument]:
    """Make an instrument on an exchange."""

    def make(symbol: str, mic: str | None = "XNAS", **fields: Any) -> Instrument:
        venue = None
        if mic is not None:
            named = {"name": mic, "time_zone": ZONES[mic]}
            venue = Exchange.objects.get_or_create(mic=mic, defaults=named)[0]
        return instrument(symbol, exchange=venue, **fields)

    return make


def wanted(*instruments: Instrument) -> list[Wanted]:
    return [Wanted(one, None, None) for one in instruments]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
