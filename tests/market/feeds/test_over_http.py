"""A source that lies or breaks, over real HTTP through its adapter, from the plan to the quote."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from core.models import LIVE_WORLD
from market.models import Exchange, HeldQuote, PriceSource
from market.providers.client import Client
from market.services.quotes import record_quotes
from tests.market.feeds.sources import made, prices, run
from tests.support.sources import Source, says, truncated

pytestmark = pytest.mark.django_db
# a morning in New York
NOW = datetime(2025, 7, 2, 14, tzinfo=UTC)
SAID = {"c": 11, "h": 12, "l": 9, "o": 10, "pc": 10, "t": int(NOW.timestamp())}


@pytest.fixture(scope="module")
def server():
    started = Source()
    yield started
    started.close()


@pytest.fixture
def near(server, settings, monkeypatch):
    """A server that may be called, and tries again at once."""
    cache.clear()
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(Client, "wait_initial", 0.005)
    monkeypatch.setattr(Client, "wait_max", 0.01)
    server.forget()
    return server


@pytest.fixture
def finnhub(near, instrument, held, clock):
    """Apple at 10 so far, and Finnhub as its only source."""
    clock.move_to(NOW)
    Exchange.objects.create(mic="XNAS", name="Nasdaq", time_zone="America/New_York")
    stock = instrument("AAPL", exchange_id="XNAS")
    held(stock)
    record_quotes(world_id=LIVE_WORLD, batch=[made(stock, 10, NOW - timedelta(minutes=1), "finnhub")])
    PriceSource.objects.create(name="finnhub", kind="finnhub", key="k3y-of-the-source", base_url=near.url)
    return near


def test_an_honest_quote_is_taken(finnhub):
    finnhub.on("/quote", says(SAID))
    run()
    assert prices() == {"AAPL": ("11", "finnhub")}
    assert finnhub.paths == ["/quote"]


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"c": 0}, "not-positive"),
        ({"c": 11_000, "h": 12_000}, "jump"),
        ({"t": int((NOW + timedelta(hours=1)).timestamp())}, "future"),
        ({"l": 11.5}, "crossed"),
    ],
)
def test_a_lie_is_held_back(finnhub, lie, reason):
    finnhub.on("/quote", says(SAID | lie))
    run()
    assert prices() == {"AAPL": ("10", "finnhub")}
    assert list(HeldQuote.objects.values_list("reason", flat=True)) == [reason]
    assert PriceSource.objects.get().last_error.startswith("Quotes of 1 instruments were not believed")


def test_a_price_of_yesterday_becomes_history_and_no_quote(finnhub):
    finnhub.on("/quote", says(SAID | {"t": int((NOW - timedelta(days=1, hours=1)).timestamp())}))
    run()
    assert prices() == {"AAPL": ("10", "finnhub")}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (says("<html>maintenance</html>"), "The answer is a page of HTML."),
        (says({"c": None, "t": 1}), "The answer has no number in “c”."),
        (truncated(json.dumps(SAID).encode(), 9999), "It broke off in the middle of its answer."),
        (says({}, 500), "It answers 500."),
    ],
)
def test_what_is_no_answer_is_a_failure_and_no_quote(finnhub, reply, error):
    finnhub.on("/quote", reply)
    run()
    assert prices() == {"AAPL": ("10", "finnhub")}
    one = PriceSource.objects.get()
    assert (one.failures, one.last_error) == (1, error)
    assert not HeldQuote.objects.exists()


def test_a_limit_is_kept_for_as_long_as_it_says(finnhub):
    finnhub.on("/quote", says({"error": "API limit reached."}, 429, Retry_After="30"))
    run()
    one = PriceSource.objects.get()
    assert (one.failures, one.limited_until) == (0, NOW + timedelta(seconds=30))
    assert one.last_error == "It answers 429. API limit reached."
