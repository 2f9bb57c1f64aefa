"""Days, time zones, periods and returns at their edges; every number is worked out here by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core import clock

D = Decimal


def later(day, days):
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Auckland", "2024-01-02"),  # 13 hours ahead: 00:30 of the next day
        ("America/Los_Angeles", "2024-01-01"),  # 8 behind: 03:30 of the same
        ("UTC", "2024-01-01"),
        ("Pacific/Kiritimati", "2024-01-02"),
        ("Asia/Kolkata", "2024-01-01"),
    ],
)
def test_day_of_an_instant_is_that_of_the_portfolios_zone(program, zone, day):
    portfolio = program.portfolio(time_zone=zone)
    row = portfolio.add("2024-01-01T11:30:00Z", "deposit", amount=100)
    assert (row["date"], row["time"]) == (day, "2024-01-01T11:30:00Z")
    assert portfolio.read("valuation", date=later(day, -1))["total"] == "0"
    assert portfolio.read("valuation", date=day)["total"] == "100"
    assert [one["date"] for one in portfolio.rows("series", end=day)] == [later(day, -1), day]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("day", ["2024-03-10", "2024-03-31", "2024-04-07", "2024-09-29", "2024-11-03"])
def test_date_of_a_transaction_stays_that_date_where_clocks_change(program, zone, day):
    row = program.portfolio(time_zone=zone).money(day, "deposit", 1)
    assert row["date"] == day


def test_new_time_zone_moves_transactions_to_their_new_days(program):
    portfolio = program.portfolio(time_zone="UTC")
    row = portfolio.add("2024-01-01T23:30:00-05:00", "deposit", amount=100)
    assert row["date"] == "2024-01-02"
    program.done("PATCH", portfolio.path, {"time_zone": "America/New_York"})
    assert portfolio.rows("transactions")[0]["date"] == "2024-01-01"
    assert portfolio.read("valuation", date="2024-01-01")["total"] == "100"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-01-02T10:00Z", "2024-01-02T10:00:00Z"),
        ("2024-01-02T10:00", "2024-01-02T10:00:00Z"),
        ("2024-01-02T10:00:00", "2024-01-02T10:00:00Z"),
        ("2024-01-02T10:00:00.250+05:30", "2024-01-02T04:30:00.250000Z"),
        ("2024-01-02T23:00:00-08:00", "2024-01-03T07:00:00Z"),
    ],
)
def test_time_is_read_with_or_without_seconds_and_offset(program, sent, kept):
    assert program.portfolio().add(sent, "deposit", amount=1)["time"] == kept


@pytest.mark.parametrize("what", ["valuation", "positions", "lots", "allocation"])
def test_day_is_read_in_both_orders(program, what):
    portfolio = program.portfolio()
    portfolio.money("2024-02-01", "deposit", 1)
    assert portfolio.read(what, date="03-02-2024") == portfolio.read(what, date="2024-02-03")
    assert portfolio.read("valuation", date="01-02-2024")["total"] == "1"
    assert portfolio.read("valuation", date="31-01-2024")["total"] == "0"


@pytest.mark.parametrize(
    "day", ["2024-02-30", "30-02-2024", "2024/02/03", "02.03.2024", "20240203", "yesterday"]
)
def test_day_that_is_none_is_refused_by_name(program, day):
    portfolio = program.portfolio()
    for what, name in (("valuation", "date"), ("performance", "start"), ("series", "end"), ("lots", "date")):
        assert program.call("GET", f"{portfolio.path}/{what}", **{name: day}).fields() == [name]


def test_period_into_the_future_ends_today(program):
    portfolio = program.portfolio()
    portfolio.money("2024-02-01", "deposit", 1)
    today = clock.today("UTC").isoformat()
    ahead, now = (portfolio.read("performance", end=end) for end in (later(today, 400), today))
    assert (ahead["end"], ahead) == (today, now)


def grown(program, days):
    """Hold what doubles on the last of some days: `days` between purchase and end."""
    start = "2022-01-03"
    end = later(start, days)
    held = program.instrument("ACME", closes={start: 10, end: 20})
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade(start, "buy", held, 10, 10)
    return portfolio.read("performance", start=start, end=end)


@pytest.mark.parametrize(("days", "annualised"), [(364, None), (365, 1.0), (366, 2 ** (365 / 366) - 1)])
def test_return_is_annualised_from_a_year_on(program, days, annualised):
    found = grown(program, days)
    assert (found["days"], D(found["time_weighted"])) == (days, 1)
    if annualised is None:
        assert found["time_weighted_annualised"] is None
        assert found["reasons"] == {"time_weighted_annualised": "short-period"}
    else:
        assert float(found["time_weighted_annualised"]) == pytest.approx(annualised, abs=1e-12)
    assert float(found["money_weighted"]) == pytest.approx(2 ** (365 / days) - 1, abs=1e-9)


def invested(program, flows, tracks_cash=True):
    """Book flows, negative ones as deposits; a last withdrawal empties the account by interest."""
    portfolio = program.portfolio(tracks_cash=tracks_cash)
    for day, amount in flows:
        portfolio.money(day, "deposit" if amount < 0 else "withdrawal", abs(amount))
    return portfolio


def test_money_weighted_return_with_two_roots_is_null_and_says_so(program):
    # -100 + 230 / x - 132 / x² is nothing at x = 1.1 and at x = 1.2.
    portfolio = invested(program, [("2021-01-01", -100), ("2022-01-01", 230), ("2023-01-01", -132)])
    portfolio.money("2023-01-01", "interest", -2)
    found = portfolio.read("performance", end="2023-01-01")
    assert (found["closing_value"], found["money_weighted"]) == ("0", None)
    assert found["reasons"]["money_weighted"] == "several-roots"


def test_money_weighted_return_of_a_total_loss_is_null_and_time_weighted_is_minus_all(program):
    portfolio = program.portfolio()
    portfolio.money("2022-01-01", "deposit", 100)
    portfolio.money("2023-01-01", "fee", 100)
    found = portfolio.read("performance", end="2023-01-01")
    assert (D(found["time_weighted"]), D(found["simple"])) == (-1, -1)
    assert D(found["time_weighted_annualised"]) == -1
    assert (found["money_weighted"], found["reasons"]["money_weighted"]) == (None, "no-sign-change")


def test_time_weighted_return_of_an_overdrawn_account_is_null_and_says_so(program):
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 100)
    portfolio.money("2024-01-02", "fee", 150)
    portfolio.money("2024-01-04", "interest", 200)
    found = portfolio.read("performance", end="2024-01-05")
    assert (found["time_weighted"], found["reasons"]["time_weighted"]) == (None, "negative-value")
    assert (D(found["closing_value"]), found["money_weighted"] is None) == (150, False)


def test_returns_where_cash_is_not_tracked_come_from_the_trades(program):
    held = program.instrument("ACME", closes={"2023-01-02": 100, "2023-07-03": 120, "2024-01-02": 132})
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.money("2023-01-01", "deposit", 99999)  # passes by: there is no cash to keep it in
    portfolio.trade("2023-01-02", "buy", held, 10, 100)
    portfolio.trade("2023-07-03", "buy", held, 5, 120)
    portfolio.trade("2023-07-04", "dividend", held, 15, 2)
    found = portfolio.read("performance", end="2024-01-02")
    # What comes in works from the start of its day: 1000 and 600 become 1800 on the day of the second
    # purchase. A dividend of 30 goes out of it; 15 × 132 = 1980 are there at the end.
    linked = (1800 / 1600) * (1830 / 1800) * (1980 / 1800)
    assert float(found["time_weighted"]) == pytest.approx(linked - 1, abs=1e-12)
    rate = 1 + float(found["money_weighted"])
    half, after = 182 / 365, 183 / 365
    present = -1000 - 600 / rate**half + 30 / rate**after + 1980 / rate
    assert present == pytest.approx(0, abs=1e-6)
    assert (D(found["inflows"]), D(found["outflows"])) == (1600, 30)
    value = portfolio.read("valuation", date="2024-01-02")
    assert (value["total"], value["cash"], value["income"]) == ("1980", [], "30")


def test_purchase_and_sale_of_one_day_where_cash_is_not_tracked_count_apart(program):
    held = program.instrument("ACME", closes={"2024-01-02": 10, "2024-01-03": 10})
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    portfolio.trade("2024-01-03", "buy", held, 10, 10)
    portfolio.trade("2024-01-03", "sell", held, 20, 11)
    found = portfolio.read("performance", end="2024-01-03")
    # 100 and 100 more work that day, 220 come out of it.
    assert float(found["time_weighted"]) == pytest.approx(220 / 200 - 1, abs=1e-12)


def test_return_since_long_ago_needs_no_century_to_compute(program):
    portfolio = program.portfolio()
    portfolio.money("1871-01-02", "deposit", 1)
    portfolio.money("1900-01-02", "deposit", 1)
    portfolio.money("2020-01-02", "interest", 9998)
    found = portfolio.read("performance", end="2020-01-02")
    rate = 1 + float(found["money_weighted"])
    years = [(date(2020, 1, 2) - day).days / 365 for day in (date(1871, 1, 2), date(1900, 1, 2))]
    assert sum(rate**span for span in years) == pytest.approx(10000, rel=1e-9)


def test_series_of_a_day_agrees_with_the_valuation_of_that_day(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": "33.33", "2024-01-04": "35.01"})
    program.rates("USD", "EUR", {"2024-01-01": "0.9137", "2024-01-03": "0.9211"})
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", "1234.56")
    portfolio.trade("2024-01-02", "buy", held, "7.5", "33.10", fee="1.99", fee_currency="EUR")
    for row in portfolio.rows("series", end="2024-01-05"):
        exact = D(portfolio.read("valuation", date=row["date"])["total"])
        assert float(row["value"]) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(
    ("currency", "rate", "total"),
    [("JPY", "157.345", "1573.45"), ("BHD", "0.4071", "4.071"), ("BTC", "0.00001234", "0.0001234")],
)
def test_portfolio_in_any_currency_is_exact_beyond_its_minor_unit(program, currency, rate, total):
    program.rates("EUR", currency, {"2024-01-02": rate})
    portfolio = program.portfolio(currency)
    portfolio.money("2024-01-02", "deposit", 10, currency="EUR")
    found = portfolio.read("valuation", date="2024-01-02")
    assert (found["currency"], found["total"]) == (currency, total)
    assert portfolio.rows("allocation", date="2024-01-02") == [
        {"key": "Cash in EUR", "value": total, "share": "1"}
    ]


def test_allocation_counts_cash_and_instruments_and_adds_up_to_one(program):
    stock = program.instrument("ACME", closes={"2024-01-02": 10}, sector="Energy")
    coin = program.instrument("COIN", "USD", {"2024-01-02": 10}, kind="crypto")
    program.rates("USD", "EUR", {"2024-01-02": "0.5"})
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 30)
    portfolio.trade("2024-01-02", "buy", stock, 1, 10)
    portfolio.trade("2024-01-02", "transfer_in", coin, 2, 10)
    expected = {
        "instrument": {"Cash in EUR": 20, "ACME": 10, "COIN": 10},
        "class": {"Cash": 20, "Stock": 10, "Crypto": 10},
        "currency": {"EUR": 30, "USD": 10},
        "sector": {"Cash": 20, "Energy": 10, "No sector": 10},
    }
    for by, slices in expected.items():
        rows = portfolio.rows("allocation", by=by, date="2024-01-02")
        assert {row["key"]: D(row["value"]) for row in rows} == slices
        assert {row["key"]: D(row["share"]) * 40 for row in rows} == slices
        assert sum(D(row["share"]) for row in rows) == 1


def test_over_real_http_the_numbers_are_the_same(over_http):
    held = over_http.instrument("ACME", "USD", {"2024-01-02": 10, "2024-12-31": 12})
    over_http.rates("USD", "EUR", {"2024-01-02": "0.9", "2024-12-31": "1"})
    portfolio = over_http.portfolio("EUR", time_zone="Europe/Berlin")
    portfolio.money("2024-01-02", "deposit", 90)
    portfolio.trade("2024-01-02", "buy", held, "10", "10", currency="USD", fx_rate="0.9")
    portfolio.money("2024-01-02", "deposit", 100, currency="USD")
    found = portfolio.read("performance", start="2024-01-02", end="31-12-2024")
    # 90 EUR and 10 × 10 USD, worth 90 + 90; at the end 90 + 10 × 12.
    assert (found["days"], D(found["opening_value"]), D(found["closing_value"])) == (364, 180, 210)
    assert float(found["time_weighted"]) == pytest.approx(210 / 180 - 1, abs=1e-12)
    refused = portfolio.try_add("2024-01-03", "sell", instrument=held, quantity="11", price="1")
    assert refused.problem() == (400, "oversold", ["quantity"])
