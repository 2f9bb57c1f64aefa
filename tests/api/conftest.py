"""A server over real HTTP, people who call it, and a small market."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from django.core.cache import cache

from accounts import services
from core.models import LIVE_WORLD
from market.models import Coin, DailyBar, FxRate, Instrument
from portfolios.selectors.ledger import memory

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Forget throttles, and ledgers of the test before."""
    cache.clear()
    memory.clear()
    yield
    memory.clear()


class Caller:
    """One person's program: it holds an access token and speaks HTTP."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(path, content=raw, headers={"Content-Type": "application/json", **headers})

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, path, json=body)


@pytest.fixture
def anonymous(live_server) -> Iterator[Caller]:
    caller = Caller(live_server.url)
    yield caller
    caller.http.close()


@pytest.fixture
def join(live_server) -> Iterator[Callable[..., Caller]]:
    """Sign a new person up; their program."""
    made: list[Caller] = []

    def new(email: str = "ada@example.org") -> Caller:
        pair = services.sign_up(email=email, password=PASSWORD)
        made.append(Caller(live_server.url, pair.access))
        return made[-1]

    yield new
    for caller in made:
        caller.http.close()


@pytest.fixture
def ada(join) -> Caller:
    return join()


@pytest.fixture
def listed() -> Callable[..., Instrument]:
    """Make a public instrument with closes: ``listed("ACME", {"2024-01-02": "10"})``."""

    def make(symbol: str, closes: dict[str, str] | None = None, **fields: Any) -> Instrument:
        values = {"currency": "EUR", "name": symbol.title(), **fields}
        instrument = Instrument.objects.create(symbol=symbol, **values)
        for day, close in (closes or {}).items():
            DailyBar.objects.create(
                world_id=LIVE_WORLD,
                instrument=instrument,
                date=date.fromisoformat(day),
                close=close,
                source="test",
            )
        return instrument

    return make


@pytest.fixture
def coin(listed) -> Callable[..., Instrument]:
    """List a coin, priced if closes are given."""

    def make(coin_id: str, symbol: str, closes: dict[str, str] | None = None) -> Instrument:
        Coin.objects.create(coin_id=coin_id, symbol=symbol, name=coin_id.title())
        return listed(symbol, closes, kind=Instrument.Kind.CRYPTO, coin_id=coin_id, currency="USD")

    return make


@pytest.fixture
def rate() -> Callable[[str, str, str], None]:
    """Store a public rate against the euro: ``rate("USD", "2024-01-02", "1.25")`` dollars for one euro."""

    def make(quote: str, day: str, value: str) -> None:
        FxRate.objects.create(base="EUR", quote=quote, date=day, rate=value, source="ecb")

    return make


def digits(response: httpx.Response) -> Any:
    """Read a body with each fractional number as the text that was sent."""
    return json.loads(response.content, parse_float=str)


def refused(response: httpx.Response) -> tuple[int, str, list[str]]:
    """Tell a refusal's status, type and the fields it names; check that it is a problem document."""
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert {"type", "title", "status", "detail"} <= body.keys()
    return response.status_code, body["type"], [one["field"] for one in body.get("errors", [])]
