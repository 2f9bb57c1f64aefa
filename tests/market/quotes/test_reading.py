"""Pages and selectors show the newest price over the last close, with its time, source and quality."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.models import LIVE_WORLD, World
from market.domain.actions import Split
from market.domain.prices import PriceUsed, Quality, quality_of_quote
from market.models import CorporateAction, Exchange
from market.selectors import charts, listing, prices
from market.selectors.quotes import newest
from tests.market.builders import bar
from tests.market.quotes.told import NOON, number, record, told

DAY = NOON.date()


@pytest.mark.parametrize(
    ("given", "at", "now", "quality"),
    [
        ("live", NOON, NOON + timedelta(minutes=15), "live"),
        ("live", NOON, NOON + timedelta(minutes=16), "delayed"),
        ("delayed", NOON, NOON, "delayed"),
        ("live", NOON, NOON + timedelta(hours=12), "close"),
        ("simulated", NOON, NOON + timedelta(days=5), "simulated"),
        ("live", NOON, NOON + timedelta(days=5, hours=11), "close"),
        ("live", NOON, NOON + timedelta(days=6), "stale"),
        ("simulated", NOON, NOON + timedelta(days=6), "stale"),
    ],
)
def test_a_quote_ages(given, at, now, quality):
    assert quality_of_quote(given, at, DAY, now) == quality


@pytest.mark.django_db
@pytest.mark.usefixtures("at_noon")
class TestNewest:
    def test_a_quote_wins_over_a_close_that_is_no_newer(self, instrument):
        london = instrument("LON", currency="GBP", quote_unit=Decimal("0.01"))
        bar(london, "2024-03-05", "200")
        bar(london, "2024-03-06", "201")
        record(told(london, "250", 5 * 60 + 50))
        at = NOON + timedelta(hours=5, minutes=50)
        used = PriceUsed(Decimal("2.5"), "GBP", DAY, "feed", Quality.LIVE, at)
        assert prices.latest(LIVE_WORLD, [london.pk]) == {london.pk: used}
        bar(london, "2024-03-07", "300")
        assert prices.latest(LIVE_WORLD, [london.pk], date(2024, 3, 7))[london.pk].price == number(3)

    def test_another_worlds_quote_is_no_price_here(self, stock):
        bar(stock, "2024-03-05", "10")
        game = World.objects.create(kind="simulated", name="Game")
        record(told(stock, "12"), world_id=game.pk)
        assert prices.latest(LIVE_WORLD, [stock.pk])[stock.pk].price == number(10)
        assert prices.latest(game.pk, [stock.pk])[stock.pk].price == number(12)
        assert listing.quote(game.pk, stock).price.price == number(12)

    def test_series_end_with_the_quote_and_history_stays(self, stock):
        for day, close in (("2024-03-04", "9"), ("2024-03-05", "10"), ("2024-03-06", "11")):
            bar(stock, day, close)
        before = prices.close_series(LIVE_WORLD, [stock.pk])[stock.pk]
        record(told(stock, "12"))
        now = prices.series_to_now(LIVE_WORLD, [stock], "UTC")[stock.pk]
        assert now.closes.tolist() == [9.0, 10.0, 12.0]
        assert now.days.tolist() == before.days.tolist()
        assert prices.close_series(LIVE_WORLD, [stock.pk])[stock.pk].closes.tolist() == [9.0, 10.0, 11.0]

    def test_a_quote_of_tomorrow_elsewhere_counts_today(self, instrument):
        tokyo, _ = Exchange.objects.get_or_create(
            mic="XTKS", defaults={"name": "Tokyo", "time_zone": "Asia/Tokyo"}
        )
        one = instrument("TKY", exchange=tokyo)
        for day, close in (("2024-03-05", "10"), ("2024-03-06", "11")):
            bar(one, day, close)
        record(told(one, "12", at=datetime(2024, 3, 6, 16, tzinfo=UTC)))
        series = prices.series_to_now(LIVE_WORLD, [one], "Europe/Berlin")[one.pk]
        assert [date.fromordinal(day) for day in series.days] == [date(2024, 3, 5), DAY]
        assert series.closes.tolist() == [10.0, 12.0]
        quote = newest(LIVE_WORLD, [one.pk])[one.pk]
        assert quote.counts_from("Asia/Tokyo") == date(2024, 3, 7)
        split = Split(one.pk, date(2024, 3, 7), 2, 1)
        assert quote.counts_from("Europe/Berlin", [split]) == date(2024, 3, 7)

    def test_the_list_tells_quote_change_and_course(self, stock):
        bar(stock, "2024-03-04", "8")
        bar(stock, "2024-03-05", "10")
        record(told(stock, "12"))
        (row,) = listing.rows(LIVE_WORLD, [stock])
        assert (row.quote.price.price, row.quote.change) == (number(12), Decimal("0.2"))
        assert row.spark == [8.0, 10.0, 12.0]
        record(told(stock, "11", 1, previous_close=number(8)))
        assert listing.quote(LIVE_WORLD, stock).change == Decimal("0.375")

    def test_a_quote_alone_is_a_price_without_a_change(self, stock):
        record(told(stock, "12"))
        assert listing.quote(LIVE_WORLD, stock).change is None
        figures = charts.figures(LIVE_WORLD, stock)
        assert (figures.day, figures.high.price, figures.span.last) == (None, number(12), DAY)
        assert [one.close for one in charts.chart(LIVE_WORLD, stock, "MAX").rows] == [number(12)]

    def test_the_chart_ends_with_the_day_so_far(self, stock):
        bar(stock, "2024-03-05", "10", open=number(10), high=number(11), low=number(9))
        bar(stock, "2024-03-06", "10", open=number(10), high=number(11), low=number(9))
        record(told(stock, "12"), told(stock, "15", 1), told(stock, "14", 2, volume=number(70)))
        last = charts.chart(LIVE_WORLD, stock, "MAX").rows[-1]
        assert (last.day, last.open, last.high, last.low, last.close, last.volume) == (
            DAY, number(12), number(15), number(12), number(14), number(70),
        )  # fmt: skip
        figures = charts.figures(LIVE_WORLD, stock)
        assert (figures.day.ratio, figures.high.price) == (Decimal("0.4"), number(15))

    def test_a_close_of_a_later_day_ends_the_chart(self, stock, at_noon):
        record(told(stock, "12"))
        at_noon.shift(timedelta(days=1))
        bar(stock, "2024-03-07", "13")
        assert [one.close for one in charts.chart(LIVE_WORLD, stock, "MAX").rows] == [number(13)]
        assert listing.quote(LIVE_WORLD, stock).price.price == number(13)

    def test_a_chart_over_a_split_is_in_units_of_the_quote(self, stock):
        bar(stock, "2024-03-05", "40")
        CorporateAction.objects.create(
            instrument=stock, kind="split", ex_date=DAY, numerator=4, denominator=1, source="t"
        )
        record(told(stock, "12"))
        assert [one.close for one in charts.chart(LIVE_WORLD, stock, "MAX").rows] == [number(10), number(12)]
        assert listing.quote(LIVE_WORLD, stock).change == Decimal("0.2")

    def test_pages_and_api_tell_when_and_how_sure(self, stock, ida):
        bar(stock, "2024-03-05", "10")
        record(told(stock, "12.5", 5 * 60 + 50))
        reader, api = Client(), APIClient()
        reader.force_login(ida)
        api.force_authenticate(ida)
        page = reader.get(f"/market/{stock.uuid}/").content.decode()
        assert "Last price" in page
        assert "Live price." in page
        assert "March 6, 2024, 5:50 p.m." in page
        assert "5:50 p.m." in reader.get("/market/").content.decode()
        shown = api.get(f"/api/v1/instruments/{stock.uuid}").json()["last_price"]
        assert shown == {
            "price": "12.5", "currency": "USD", "as_of": "2024-03-06", "source": "feed", "quality": "live",
            "at": "2024-03-06T17:50:00Z",
        }  # fmt: skip
