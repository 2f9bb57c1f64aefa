"""A portfolio is worth its newest prices: those of its own world, while past days keep their value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from core.models import LIVE_WORLD, World
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.models import Quote
from market.services.quotes import record_quotes
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import figures, overview, valuation
from portfolios.selectors import ledger as ledgers
from portfolios.selectors.benchmarks import index, of_instrument
from portfolios.selectors.figures import daily
from portfolios.selectors.positions import table
from portfolios.services.revisions import bump

NOON = datetime(2024, 3, 6, 12, tzinfo=UTC)
TODAY = date(2024, 3, 6)
CLOSES = {"2024-03-04": "10", "2024-03-05": "11"}


@pytest.fixture
def clock():
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def acme(listed):
    return listed("ACME", "EUR", CLOSES)


@pytest.fixture
def held(portfolio, acme, clock):
    Transaction.objects.create(
        portfolio=portfolio, kind="transfer_in", instrument=acme, quantity=Decimal(100), currency="EUR",
        time=datetime(2024, 3, 4, 12, tzinfo=UTC), day=date(2024, 3, 4), sequence=1,
    )  # fmt: skip
    return portfolio


def tell(instrument, price: str, minutes: int = 0, world_id: int = LIVE_WORLD) -> None:
    quote = NewQuote(instrument.pk, Decimal(price), NOON + timedelta(minutes=minutes), "feed")
    assert record_quotes(world_id=world_id, batch=[quote]).moved == 1


def value(portfolio: Portfolio, day: date = TODAY) -> valuation.Valuation:
    return valuation.at(ledgers.load(portfolio), day)


def test_value_day_change_and_series_follow_the_quote_and_the_past_stays(held, acme):
    assert (value(held).total, value(held).day_change) == (Decimal(1100), Decimal(0))
    before = [value(held, TODAY - timedelta(days=ago)).total for ago in (1, 2)]
    tell(acme, "12.50", 50)
    now = value(held)
    assert (now.total, now.day_change, now.as_of) == (Decimal(1250), Decimal(150), TODAY)
    assert [value(held, TODAY - timedelta(days=ago)).total for ago in (1, 2)] == before
    series = daily(ledgers.load(held), TODAY)
    assert series.value[-3:].tolist() == [1000.0, 1100.0, 1250.0]
    assert series.price_as_of[-1].tolist() == [(TODAY - date(1970, 1, 1)).days]
    tell(acme, "12.40", 55)
    assert value(held).total == Decimal(1240)
    assert daily(ledgers.load(held), TODAY).value[-1] == 1240.0


def test_a_position_says_when_its_price_was_true_and_how_sure_it_is(held, acme, clock):
    tell(acme, "12.50", 50)
    ledger = ledgers.load(held)
    (row,) = table(ledger, valuation.at(ledger, TODAY)).held
    price = row.view.price
    assert (price.at, price.as_of, price.source) == (NOON + timedelta(minutes=50), TODAY, "feed")
    assert row.quality == "live"
    clock.shift(timedelta(minutes=20))
    assert table(ledger, valuation.at(ledger, TODAY)).held[0].quality == "delayed"
    clock.shift(timedelta(days=6))
    later = TODAY + timedelta(days=6)
    assert table(ledger, valuation.at(ledger, later)).held[0].quality == "stale"


def test_a_day_that_is_over_keeps_its_value_whoever_tells_of_it(held, acme, clock):
    tell(acme, "12.50", 50)
    tomorrow = TODAY + timedelta(days=1)
    clock.shift(timedelta(days=1))
    assert [value(held, day).total for day in (TODAY, tomorrow)] == [Decimal(1250), Decimal(1250)]
    tell(acme, "13", 24 * 60 + 30)
    assert [value(held, day).total for day in (TODAY, tomorrow)] == [Decimal(1250), Decimal(1300)]
    ledgers.memory.clear()
    assert [value(held, day).total for day in (TODAY, tomorrow)] == [Decimal(1250), Decimal(1300)]
    assert daily(ledgers.load(held), tomorrow).value[-2:].tolist() == [1250.0, 1300.0]


def test_prices_of_another_world_change_nothing(held, acme):
    assert value(held).total == Decimal(1100)
    ledger = ledgers.load(held)
    replay = World.objects.create(kind="replay", name="2008")
    tell(acme, "50", 50, world_id=replay.pk)
    assert ledgers.load(held) is ledger
    Portfolio.objects.filter(pk=held.pk).update(world=replay)
    held.refresh_from_db()
    assert value(held).total == Decimal(5000)


def test_what_hangs_on_no_price_is_not_computed_again(held, acme, django_assert_num_queries):
    first = ledgers.load(held)
    tell(acme, "12.50", 50)
    with django_assert_num_queries(2):
        second = ledgers.load(held)
    assert second is not first
    assert (second.entries, second.rates) == (first.entries, first.rates)
    assert ledgers.load(held) is second


def test_books_stay_unless_something_came_or_went_in_kind(held, acme, portfolio):
    bought = Transaction.objects.create(
        portfolio=portfolio, kind="buy", instrument=acme, quantity=Decimal(1), price=Decimal(10),
        currency="EUR", time=datetime(2024, 3, 5, 12, tzinfo=UTC), day=date(2024, 3, 5), sequence=2,
    )  # fmt: skip
    bump(held)
    tell(acme, "12", 10)
    book = figures.book(ledgers.load(held), TODAY)
    tell(acme, "12.50", 50)
    assert figures.book(ledgers.load(held), TODAY) is not book
    Transaction.objects.exclude(pk=bought.pk).delete()
    bump(held)
    book = figures.book(ledgers.load(held), TODAY)
    arrays = daily(ledgers.load(held), TODAY).value[-1]
    tell(acme, "13", 55)
    assert figures.book(ledgers.load(held), TODAY) is book
    assert (arrays, daily(ledgers.load(held), TODAY).value[-1]) == (2.5, 3.0)
    assert value(held).total == Decimal(3)


def test_net_worth_and_holdings_follow(held, acme, investor):
    tell(acme, "12.50", 50)
    found = valuation.net_worth(investor)
    assert (found.total, found.day_change) == (Decimal(1250), Decimal(150))
    (row,) = overview.holdings(found)
    assert (row.value, row.quality, row.price.at) == (Decimal(1250), "live", NOON + timedelta(minutes=50))


def test_a_benchmark_ends_with_its_quote(held, listed):
    other = listed("IDX", "EUR", CLOSES)
    tell(other, "22", 50)
    ledger = ledgers.load(held)
    days = daily(ledger, TODAY).days
    assert index(ledger, of_instrument(other), days)[-2:].tolist() == [11.0, 22.0]


def test_the_api_tells_a_positions_time_and_quality(held, acme, api):
    tell(acme, "12.50", 50)
    (row,) = api.get(f"/api/v1/portfolios/{held.pk}/positions").json()["items"]
    assert (row["price"], row["price_at"], row["price_quality"]) == (
        "12.5",
        "2024-03-06T12:50:00+00:00",
        "live",
    )
    Quote.objects.all().delete()
    (row,) = api.get(f"/api/v1/portfolios/{held.pk}/positions").json()["items"]
    assert (row["price"], row["price_at"], row["price_quality"]) == ("11", None, "close")


@pytest.mark.parametrize("quality", [one for one in Quality if one not in {Quality.CLOSE, Quality.STALE}])
def test_pages_show_a_quote_of_any_quality(held, acme, client, investor, quality):
    acme.is_fictional = True  # or none may be simulated
    acme.save()
    quote = NewQuote(acme.pk, Decimal("12.50"), NOON + timedelta(minutes=50), "feed", quality)
    assert record_quotes(world_id=LIVE_WORLD, batch=[quote], trusted=True).moved == 1
    client.force_login(investor)
    for name, args in (("dashboard", []), ("portfolio", [held.pk]), ("portfolio-holdings", [held.pk])):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 200
        assert "1,250.00" in answer.content.decode()
