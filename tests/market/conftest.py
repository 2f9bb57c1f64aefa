"""People and instruments that tests of the market share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from rest_framework.test import APIClient

from core.models import World
from market.models import Instrument


@pytest.fixture(autouse=True)
def live_world(request: pytest.FixtureRequest) -> None:
    """Give transactional tests back the world that emptying the tables took."""
    if "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        World.objects.get_or_create(id=1, defaults={"kind": "live", "name": "Live"})


@pytest.fixture
def make_user(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    return lambda email: get_user_model().objects.create_user(email, "correct-horse-battery")


@pytest.fixture
def ida(make_user: Callable[[str], Any]) -> Any:
    return make_user("ida@example.org")


@pytest.fixture
def sven(make_user: Callable[[str], Any]) -> Any:
    return make_user("sven@example.org")


@pytest.fixture
def api(ida: Any) -> APIClient:
    return client_of(ida)


@pytest.fixture
def stranger_api(sven: Any) -> APIClient:
    return client_of(sven)


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def instrument(db: None) -> Callable[..., Instrument]:
    """Make an instrument; public and in USD unless said otherwise."""

    def make(symbol: str = "AAA", **fields: Any) -> Instrument:
        return Instrument.objects.create(
            **{"symbol": symbol, "name": f"{symbol} Inc.", "currency": "USD", **fields}
        )

    return make


@pytest.fixture
def two_at_once() -> Callable[[Callable[[], Any]], list[Any]]:
    """Run the same work on two connections that start together."""

    def run(work: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(2, timeout=10)

        def one() -> Any:
            try:
                barrier.wait()
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            return [future.result(timeout=60) for future in [pool.submit(one), pool.submit(one)]]

    return run
