"""Tickers, their ticks and bars as the published contract tells them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.domain.ticks import tick_id
from market.models import CorporateAction, DailyBar, Exchange, Instrument
from market.services.quotes import record_quotes
from tests.market.ticks.told import at, bring, line

pytestmark = pytest.mark.django_db
TICKERS, OHLC = "/api/v1/tickers", "/api/v1/ohlc"
LONG = "12345678901234567890.123456789012345678"


@pytest.fixture
def anybody() -> APIClient:
    return APIClient()


def exact(answer) -> dict:
    """Read a body with each fractional number as the text that was sent."""
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content, parse_float=str)


def refused(answer) -> tuple[int, list[str]]:
    return answer.status_code, [one["field"] for one in answer.json()["errors"]]


def test_a_ticker_with_its_newest_tick_and_its_days(stock, anybody):
    bring(
        line("10:00:00", "150.5", day="04/04/2022"),
        f"STK,05/04/2022,10:00:00,{LONG},200,149,100,150.0,100,0",
    )
    assert exact(anybody.get(TICKERS)) == {
        "tickers_with_dates": [
            {
                "id": str(stock.uuid),
                "ticker": "STK",
                "dates": ["04-04-2022", "05-04-2022"],
                "sellqty": 100,
                "sellprice": 150,
                "ltp": LONG,
                "ltq": 200,
                "latest_timestamp": "2022-04-05T10:00:00Z",
            }
        ],
        "total": 1,
        "skip": 0,
        "limit": 100,
    }


def test_tickers_by_days_and_text(stock, instrument, anybody):
    instrument("OTH", name="Other plc")
    bring(line("10:00:00", "1", day="01/04/2022"), line("10:00:00", "1", ticker="OTH"))

    def named(**query: str) -> list[tuple[str, list[str]]]:
        rows = exact(anybody.get(TICKERS, query))["tickers_with_dates"]
        return [(one["ticker"], one["dates"]) for one in rows]

    assert named() == [("OTH", ["05-04-2022"]), ("STK", ["01-04-2022"])]
    assert named(search="other") == [("OTH", ["05-04-2022"])]
    assert named(end_date="04-04-2022") == [("STK", ["01-04-2022"])]
    assert named(start_date="2022-04-02", end_date="2022-04-05") == [("OTH", ["05-04-2022"])]
    assert named(skip="1", limit="5000") == [("STK", ["01-04-2022"])]
    assert exact(anybody.get(TICKERS, {"limit": "5000"}))["limit"] == 1000


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"skip": "-1"}, "skip"),
        ({"limit": "ten"}, "limit"),
        ({"start_date": "04/05/2022"}, "start_date"),
        ({"end_date": "31-02-2022"}, "end_date"),
        ({"start_date": "2022-04-05", "end_date": "2022-04-04"}, "end_date"),
    ],
)
def test_a_wrong_parameter_is_named(anybody, query, field):
    assert refused(anybody.get(TICKERS, query)) == (400, [field])


def test_a_quote_that_is_newer_is_the_last_price(stock, instrument, anybody):
    bring(line("10:00:00", "150"))
    quoted = instrument("QTD")
    later = [
        NewQuote(one.pk, Decimal("151.5"), at("11:00:00"), "feed", ask=Decimal("151.6"))
        for one in (stock, quoted)
    ]
    record_quotes(world_id=LIVE_WORLD, batch=later)
    rows = exact(anybody.get(TICKERS))["tickers_with_dates"]
    assert [(one["ticker"], one["ltp"], one["ltq"], one["sellprice"], one["dates"]) for one in rows] == [
        ("QTD", "151.5", None, "151.6", []),
        ("STK", "151.5", None, "151.6", ["05-04-2022"]),
    ]


def test_ticks_newest_first(stock, anybody):
    bring(line("10:00:00", "1"), line("10:00:00.250", "2.5"), line("10:00:00", "3", day="01/04/2022"))
    body = exact(anybody.get(f"{TICKERS}/{stock.uuid}", {"skip": "1", "limit": "1"}))
    [order] = body.pop("orders")
    assert body == {"ticker": "STK", "total": 3, "skip": 1, "limit": 1, "interval": None}
    assert order == {
        "id": str(tick_id(stock.uuid, at("10:00:00"), 0)),
        "ltp": 1,
        "sellprice": "100.5",
        "sellqty": 30,
        "ltq": 10,
        "openinterest": 0,
        "tick_id": str(stock.uuid),
        "buyprice": "99.5",
        "buyqty": 20,
        "timestamp": "2022-04-05T10:00:00Z",
        "date": "05/04/2022",
        "time": "10:00:00",
    }


def test_pages_of_ticks_join_without_gap_or_repetition(stock, anybody):
    lines = [
        line(f"10:{minute:02}:00", str(minute + 1), day=f"0{day}/04/2022")
        for day in (1, 2, 3)
        for minute in range(3)
        for _twice in range(2)
    ]
    bring(*lines)
    pages = [
        exact(anybody.get(f"{TICKERS}/{stock.uuid}", {"skip": skip, "limit": 4})) for skip in range(0, 20, 4)
    ]
    seen = [one for page in pages for one in page["orders"]]
    assert {page["total"] for page in pages} == {18}
    assert len({UUID(one["id"]) for one in seen}) == 18
    assert [one["timestamp"] for one in seen] == sorted((one["timestamp"] for one in seen), reverse=True)


def test_ticks_of_the_last_minutes(stock, anybody, evening):
    bring(line("19:29:59", "1"), line("19:30:00", "2"), line("19:59:00", "3"), line("10:00:00", "4"))
    body = exact(anybody.get(f"{TICKERS}/{stock.uuid}", {"interval": "30"}))
    assert ([one["ltp"] for one in body["orders"]], body["total"], body["interval"]) == ([3, 2], 2, 30)
    for wrong in ("0", "-5", "half"):
        assert refused(anybody.get(f"{TICKERS}/{stock.uuid}", {"interval": wrong})) == (400, ["interval"])


def test_what_is_somebody_elses_is_not_there(ida, api, stranger_api, anybody, instrument):
    mine = instrument("OWN", owner=ida)
    bring(line("10:00:00", "1", ticker="OWN"), owner=ida.pk)
    assert exact(api.get(f"{TICKERS}/{mine.uuid}"))["total"] == 1
    assert [one["ticker"] for one in exact(api.get(TICKERS))["tickers_with_dates"]] == ["OWN"]
    assert exact(api.get(OHLC, {"ticker": "OWN"}))[0]["close"] == 1
    for other in (stranger_api, anybody):
        assert other.get(f"{TICKERS}/{mine.uuid}").status_code == 404
        assert other.get(OHLC, {"ticker": "OWN"}).status_code == 404
        assert exact(other.get(TICKERS))["total"] == 0
    assert anybody.get(f"{TICKERS}/{uuid4()}").status_code == 404


@pytest.fixture
def indian(instrument: Callable[..., Instrument]) -> Instrument:
    """Trade in Mumbai, whose hours begin at half past those of UTC."""
    exchange = Exchange.objects.create(mic="XNSE", name="NSE", time_zone="Asia/Kolkata")
    return instrument("IND", exchange=exchange)


def bars_of(client: APIClient, **query: str) -> list[tuple]:
    rows = exact(client.get(OHLC, query))
    return [
        (one["timestamp"] or one["date"], one["open"], one["high"], one["low"], one["close"]) for one in rows
    ]


def test_bars_within_a_day_begin_at_the_exchanges_midnight(indian, anybody):
    bring(
        line("09:15:10", "10", ticker="IND"),
        line("09:29:59", "12", ticker="IND"),
        line("09:30:00", "9", ticker="IND"),
        line("10:05:00", "11.5", ticker="IND"),
        zone="Asia/Kolkata",
    )
    assert bars_of(anybody, ticker="ind", interval="1h") == [
        ("2022-04-05T03:30:00Z", 10, 12, 9, 9),
        ("2022-04-05T04:30:00Z", "11.5", "11.5", "11.5", "11.5"),
    ]
    assert bars_of(anybody, ticker="IND", interval="15m")[:2] == [
        ("2022-04-05T03:45:00Z", 10, 12, 10, 12),
        ("2022-04-05T04:00:00Z", 9, 9, 9, 9),
    ]
    assert bars_of(anybody, ticker="IND", interval="5m")[0] == ("2022-04-05T03:45:00Z", 10, 10, 10, 10)
    assert len(bars_of(anybody, ticker="IND", interval="1m")) == 4
    assert bars_of(anybody, ticker="IND") == [("2022-04-05", 10, 12, 9, "11.5")]


def test_bars_of_days_weeks_and_months(stock, anybody):
    DailyBar.objects.create(instrument=stock, date="2022-03-30", close=5, source="import")
    DailyBar.objects.create(
        instrument=stock, date="2022-03-31", open=5, high=8, low=4, close=7, volume=3, source="import"
    )
    bring(
        line("10:00:00", "6", day="01/04/2022"),
        line("10:00:00", "9", day="04/04/2022"),
        line("11:00:00", "8", day="04/04/2022"),
    )
    quote = NewQuote(stock.pk, Decimal(10), at("12:00:00"), "feed", high=Decimal(11), low=Decimal(7))
    record_quotes(world_id=LIVE_WORLD, batch=[quote])
    assert bars_of(anybody, ticker="STK") == [
        ("2022-03-30", 5, 5, 5, 5),
        ("2022-03-31", 5, 8, 4, 7),
        ("2022-04-01", 6, 6, 6, 6),
        ("2022-04-04", 9, 9, 8, 8),
        ("2022-04-05", 10, 11, 7, 10),
    ]
    assert bars_of(anybody, ticker="STK", start_date="31-03-2022", end_date="2022-04-01") == [
        ("2022-03-31", 5, 8, 4, 7),
        ("2022-04-01", 6, 6, 6, 6),
    ]
    assert bars_of(anybody, ticker="STK", interval="1w") == [
        ("2022-03-28", 5, 8, 4, 6),
        ("2022-04-04", 9, 11, 7, 10),
    ]
    assert bars_of(anybody, ticker="STK", interval="1mo") == [
        ("2022-03-01", 5, 8, 4, 7),
        ("2022-04-01", 6, 11, 6, 10),
    ]


def test_bar_of_a_week_is_in_the_units_of_its_last_day(stock, anybody):
    """A split of 4 for 1 on Wednesday: 400 before it is 100 after it, and a week's bar holds one unit."""
    for day, close in (("2022-03-29", 400), ("2022-03-30", 101), ("2022-04-01", 102)):
        DailyBar.objects.create(
            instrument=stock,
            date=day,
            open=close,
            high=close + 1,
            low=close - 1,
            close=close,
            source="import",
        )
    CorporateAction.objects.create(
        instrument=stock, kind="split", ex_date="2022-03-30", numerator=4, denominator=1, source="t"
    )
    assert bars_of(anybody, ticker="STK", interval="1w") == [("2022-03-28", 100, 103, "99.75", 102)]
    assert bars_of(anybody, ticker="STK", interval="1mo") == [
        ("2022-03-01", 100, 102, "99.75", 101),
        ("2022-04-01", 102, 103, 101, 102),
    ]
    assert bars_of(anybody, ticker="STK")[0] == ("2022-03-29", 400, 401, 399, 400)


def test_a_quote_after_the_last_tick_closes_the_bar_of_its_day(stock, anybody):
    bring(line("10:00:00", "9"), line("11:00:00", "8"))
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(stock.pk, Decimal(12), at("12:00:00"), "feed")])
    assert bars_of(anybody, ticker="STK") == [("2022-04-05", 9, 12, 8, 12)]
    assert bars_of(anybody, ticker="STK", interval="1h")[-1] == ("2022-04-05T12:00:00Z", 12, 12, 12, 12)


def test_bars_ask_for_a_ticker_that_there_is(anybody, stock):
    assert refused(anybody.get(OHLC)) == (400, ["ticker"])
    assert refused(anybody.get(OHLC, {"ticker": "STK", "interval": "2h"})) == (400, ["interval"])
    assert refused(anybody.get(OHLC, {"ticker": "STK", "start_date": "soon"})) == (400, ["start_date"])
    assert anybody.get(OHLC, {"ticker": "NONE"}).status_code == 404
    assert exact(anybody.get(OHLC, {"ticker": "STK"})) == []


def test_the_cost_of_a_page_is_the_same_for_few_ticks_and_for_many(
    stock, instrument, anybody, django_assert_num_queries
):
    days = [date(2022, 1, 1) + timedelta(days=number) for number in range(60)]
    bring(*(line("10:00:00", "1", day=f"{day:%d/%m/%Y}") for day in days), line("10:00:00", "1"))
    for symbol in ("AA", "BB"):
        instrument(symbol)
    bring(line("10:00:00", "1", ticker="AA"), line("10:00:00", "1", ticker="BB"))
    with django_assert_num_queries(5):
        anybody.get(TICKERS)
    with django_assert_num_queries(3):
        anybody.get(f"{TICKERS}/{stock.uuid}", {"skip": "50"})
    with django_assert_num_queries(3):
        anybody.get(f"{TICKERS}/{instrument('CC').uuid}")
