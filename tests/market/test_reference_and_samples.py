"""What comes with the platform: exchanges, coins, the ECB's rates, real and invented instruments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from core.errors import DependencyUnavailable
from core.models import LIVE_WORLD
from market.domain.actions import Split
from market.models import Coin, CorporateAction, DailyBar, Exchange, FxRate, Instrument
from market.selectors import actions, prices
from market.selectors.rates import rate_table
from market.services.fx_import import import_ecb_history
from market.services.reference import load_reference
from market.services.sample_data import load_fictional, load_real_sample
from market.tasks import continue_fictional_prices
from market.transports import wheels
from tests.market.builders import STAFF, closes

pytestmark = pytest.mark.django_db


def test_reference_data_is_loaded_once():
    first = load_reference()
    assert load_reference() == first
    assert (Exchange.objects.count(), Coin.objects.count()) == (first.exchanges, first.coins)
    assert first.coins >= 250
    assert Exchange.objects.get(pk="XNYS").time_zone == "America/New_York"
    wanted = {"bitcoin", "ethereum", "tether", "binancecoin", "avalanche-2", "matic-network", "usd-coin"}
    assert set(Coin.objects.filter(pk__in=wanted).values_list("pk", flat=True)) == wanted


def test_the_ecbs_history_is_stored_once():
    stored = import_ecb_history(actor=STAFF)
    assert stored == FxRate.objects.count() > 200_000
    assert import_ecb_history(actor=STAFF) == 0
    # the first day of the euro, and a weekend that keeps Friday's rate
    assert FxRate.objects.get(quote="USD", date="1999-01-04").rate == Decimal("1.1789")
    used = rate_table(None, LIVE_WORLD, ["USD"], "EUR").rate("USD", date(2008, 9, 14))
    assert (used.as_of, used.source) == (date(2008, 9, 12), "ecb")
    assert used.rate == (1 / Decimal("1.4066")).quantize(Decimal(1).scaleb(-18))


def test_real_shares_come_unadjusted_with_their_true_splits_and_dividends():
    listings = load_real_sample()
    assert list(listings) == ["AAPL", "IBM", "MSFT", "GOOG", "FB"]
    counts = {symbol: len(closes(one)) for symbol, one in listings.items()}
    assert counts == {"AAPL": 3270, "IBM": 3270, "MSFT": 3270, "GOOG": 2148, "FB": 196}
    apple, microsoft, ibm = listings["AAPL"], listings["MSFT"], listings["IBM"]
    assert actions.splits([apple.id, microsoft.id, ibm.id]) == [
        Split(apple.id, date(2000, 6, 21), 2, 1),
        Split(microsoft.id, date(2003, 2, 18), 2, 1),
        Split(apple.id, date(2005, 2, 28), 2, 1),
    ]
    paid = actions.dividends([apple.id, microsoft.id, ibm.id])
    assert {
        one.symbol: len([d for d in paid if d.instrument == one.id]) for one in (apple, microsoft, ibm)
    } == {"AAPL": 3, "MSFT": 37, "IBM": 52}
    assert {d.amount for d in paid if d.instrument == apple.id} == {Decimal("2.65")}
    assert [d.amount for d in paid if d.ex_date == date(2004, 11, 15)] == [Decimal("3.08")]
    last = prices.closes_on(LIVE_WORLD, [apple.id], date(2013, 3, 1))[apple.id]
    assert (last.price, last.as_of) == (Decimal("430.47"), date(2013, 3, 1))
    assert apple.exchange_id == "XNAS"


def test_real_shares_are_loaded_once():
    load_real_sample()
    before = (DailyBar.objects.count(), CorporateAction.objects.count(), Instrument.objects.count())
    revision = Instrument.objects.get(symbol="AAPL").price_revision
    load_real_sample()
    assert (DailyBar.objects.count(), CorporateAction.objects.count(), Instrument.objects.count()) == before
    assert Instrument.objects.get(symbol="AAPL").price_revision == revision


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(DependencyUnavailable, match="install the extra “demo”"):
        wheels.path_in("no_such_package_here", "x.csv", distribution="no-such-package")


def test_invented_instruments_are_plainly_so_and_go_on_day_by_day():
    load_fictional(date(2024, 3, 1))
    load_fictional(date(2024, 3, 5))
    by_steps = {one.symbol: closes(one) for one in Instrument.objects.all()}
    assert all(one.is_fictional and one.name.startswith("Fictional ") for one in Instrument.objects.all())
    kinds = set(Instrument.objects.values_list("kind", flat=True))
    assert kinds == {"stock", "etf", "fund", "crypto", "index"}
    Instrument.objects.all().delete()
    held = load_fictional(date(2024, 3, 5))
    assert {one.symbol: closes(one) for one in Instrument.objects.all()} == by_steps
    assert "FWIX" not in held
    assert max(closes(held["FAWA"])) == date(2024, 3, 5)
    assert max(closes(held["FICOIN"])) == date(2024, 3, 5)
    assert date(2024, 3, 3) in closes(held["FICOIN"])
    assert date(2024, 3, 3) not in closes(held["FAWA"])
    used = prices.closes_on(LIVE_WORLD, [held["FAWA"].id], date(2024, 3, 5))[held["FAWA"].id]
    assert (used.source, used.quality) == ("simulated", "simulated")


@time_machine.travel("2024-03-05T12:00:00Z")
def test_invented_prices_are_continued_only_where_they_exist(settings):
    continue_fictional_prices()
    assert DailyBar.objects.count() == 0
    load_fictional(date(2024, 3, 4))
    before = DailyBar.objects.count()
    continue_fictional_prices()  # today is being traded
    assert DailyBar.objects.count() == before
    settings.SIMULATED_MARKET = "off"
    continue_fictional_prices()
    continue_fictional_prices()
    assert DailyBar.objects.count() == before + 9
    assert set(DailyBar.objects.filter(date="2024-03-05").values_list("source", flat=True)) == {"simulated"}


def test_an_invented_split_divides_the_price():
    cloud = load_fictional(date(2022, 6, 7))["FCLD"]
    before, after = closes(cloud)[date(2022, 6, 3)], closes(cloud)[date(2022, 6, 6)]
    assert actions.splits([cloud.id]) == [Split(cloud.id, date(2022, 6, 6), 3, 1)]
    assert Decimal("0.8") < after * 3 / before < Decimal("1.2")
