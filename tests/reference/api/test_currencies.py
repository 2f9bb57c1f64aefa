"""Currencies, rates, coins and pence over the REST API; every number is worked out here by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.actor import Actor
from market.services.rates import RateRow, set_rates
from tests.reference.api.program import lines, numbers

D = Decimal


def test_fee_in_a_coin_leaves_the_cash_of_that_coin_at_its_rate(program):
    coin = program.instrument("BTC", "EUR", {"2024-01-02": 40000}, kind="crypto")
    program.rates("ETH", "EUR", {"2024-01-02": 2000, "2024-01-03": 2500})
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 10000)
    portfolio.trade("2024-01-02", "buy", coin, "0.1", 40000, fee="0.001", fee_currency="ETH")
    found = portfolio.read("valuation", date="2024-01-03")
    # The fee was 0.001 × 2000 = 2 when it was paid; what is owed is 0.001 × 2500 now.
    assert (D(found["fees"]), D(found["total"])) == (2, 10000 - D("2.5"))
    assert {row["currency"]: D(row["amount"]) for row in found["cash"]} == {"EUR": 6000, "ETH": D("-0.001")}
    assert lines(portfolio, "2024-01-01", "2024-01-03")["currency_effect"] == D("-0.5")


def test_coin_for_coin_trade_moves_both_coins_and_no_money(program):
    bitcoin = program.instrument("BTC", "EUR", {"2024-01-02": 40000, "2024-02-01": 42000}, kind="crypto")
    program.rates("ETH", "EUR", {"2024-01-02": 2000, "2024-02-01": 2200})
    portfolio = program.portfolio()
    portfolio.money("2024-01-02", "deposit", 40, currency="ETH")
    portfolio.trade("2024-01-02", "buy", bitcoin, 1, 20, currency="ETH")
    view = portfolio.position(date="2024-02-01")
    # 1 BTC for 20 ETH of 2000; worth 42000 a month later. 20 ETH stay, worth 44000.
    assert numbers(view, ["cost_basis", "market_value", "unrealised"]) == {
        "cost_basis": 40000,
        "market_value": 42000,
        "unrealised": 2000,
    }
    found = lines(portfolio, "2024-01-01", "2024-02-01")
    assert (found["closing_value"], found["net_flows"]) == (86000, 80000)
    assert (found["unrealised"], found["currency_effect"]) == (2000, 4000)


def test_trade_fee_and_tax_in_three_currencies(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 100, "2024-01-31": 110})
    program.rates("USD", "EUR", {"2024-01-02": "0.90", "2024-01-31": "0.95"})
    program.rates("CHF", "EUR", {"2024-01-02": "1.05", "2024-01-31": "1.06"})
    program.rates("GBP", "EUR", {"2024-01-02": "1.15", "2024-01-31": "1.17"})
    portfolio = program.portfolio()
    portfolio.trade(
        "2024-01-02", "buy", held, 10, 100, fee="8", fee_currency="CHF", tax="5", tax_currency="GBP"
    )
    view = portfolio.position(date="2024-01-31")
    assert numbers(
        view, ["cost_basis", "fees", "taxes", "charges", "unrealised_price", "unrealised_currency"]
    ) == {
        "cost_basis": 900,
        "fees": D("8.40"),
        "taxes": D("5.75"),
        "charges": D("14.15"),
        "unrealised_price": 95,  # 10 × (110 - 100) × 0.95
        "unrealised_currency": 50,  # 1000 × (0.95 - 0.90)
    }
    found = portfolio.read("valuation", date="2024-01-31")
    assert {row["currency"]: D(row["value"]) for row in found["cash"]} == {
        "USD": -950,
        "CHF": D("-8.48"),
        "GBP": D("-5.85"),
    }


def test_own_rate_counts_for_the_cost_and_the_rate_of_the_day_for_the_value(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 100})
    program.rates("USD", "EUR", {"2024-01-02": "0.90"})
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade("2024-01-02", "buy", held, 10, 100, fee="1", fx_rate="0.92")
    view = portfolio.position(date="2024-01-02")
    assert numbers(view, ["cost_basis", "fees", "market_value", "unrealised", "unrealised_currency"]) == {
        "cost_basis": 920,
        "fees": D("0.92"),
        "market_value": 900,
        "unrealised": -20,
        "unrealised_currency": -20,
    }
    found = portfolio.read("performance", end="2024-01-02")
    assert (D(found["inflows"]), D(found["closing_value"])) == (D("920.92"), 900)


def test_missing_rate_is_null_with_its_reason_and_never_zero_or_one(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 100})
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 500)
    portfolio.trade("2024-01-02", "buy", held, 10, 100)
    view = portfolio.position(date="2024-01-02")
    for name in ("cost_basis", "market_value", "unrealised", "day_change", "rate"):
        assert (view[name], view["reasons"][name]) == (None, "no-rate")
    assert numbers(view, ["market_value_quote", "cost_basis_quote"]) == {
        "market_value_quote": 1000,
        "cost_basis_quote": 1000,
    }
    found = portfolio.read("valuation", date="2024-01-02")
    assert (found["incomplete"], D(found["total"])) == (True, 500)
    assert {row["currency"]: row["value"] for row in found["cash"]} == {"EUR": "500", "USD": None}
    assert {(row["kind"], row["currency"]) for row in found["problems"]} == {("no-rate", "USD")}
    left_out = lines(portfolio, "2024-01-01", "2024-01-02")["left_out"]
    assert {row["reason"] for row in left_out} == {"no-rate"}
    assert all(row["incomplete"] for row in portfolio.rows("series", end="2024-01-03")[2:])


def test_rate_of_a_later_day_is_never_used_for_an_earlier_one(program):
    program.rates("USD", "EUR", {"2024-02-01": "0.90"})
    portfolio = program.portfolio()
    portfolio.money("2024-01-02", "deposit", 100, currency="USD")
    assert portfolio.read("valuation", date="2024-01-31")["cash"][0]["value"] is None
    assert portfolio.read("valuation", date="2024-02-01")["total"] == "90"


def test_own_rates_win_over_public_ones_for_their_owner_alone(join):
    day = "2024-01-02"
    public = RateRow("USD", "EUR", date.fromisoformat(day), D("0.90"))
    set_rates(actor=Actor.system("test"), rows=[public], public=True)
    ada, bob = join("ada@example.org"), join("bob@example.org")
    ada.rates("USD", "EUR", {day: "0.95"})
    totals = []
    for one in (ada, bob):
        portfolio = one.portfolio("EUR")
        portfolio.money(day, "deposit", 100, currency="USD")
        totals.append(D(portfolio.read("valuation", date=day)["total"]))
    assert totals == [95, 90]


def test_newer_public_rate_counts_from_its_day_on_over_an_own_one(program):
    public = [RateRow("USD", "EUR", date(2024, 1, day), D(rate)) for day, rate in ((1, "0.90"), (9, "0.94"))]
    set_rates(actor=Actor.system("test"), rows=public, public=True)
    program.rates("USD", "EUR", {"2024-01-05": "0.80"})
    portfolio = program.portfolio("EUR")
    portfolio.money("2024-01-01", "deposit", 100, currency="USD")
    days = {4: 90, 5: 80, 8: 80, 9: 94}
    assert {day: D(portfolio.read("valuation", date=f"2024-01-0{day}")["total"]) for day in days} == days


@pytest.mark.parametrize("spelling", ["GBX", "GBp", "gbx"])
def test_pence_are_hundredths_of_a_pound_in_prices_trades_and_money(program, spelling):
    made = program.done(
        "POST", "/api/v1/instruments", {"symbol": "VOD", "name": "Vodafone", "currency": spelling}
    )
    assert (made["currency"], made["quote_unit"]) == ("GBP", "0.01")
    program.closes(made["id"], {"2024-01-02": 75})
    portfolio = program.portfolio("GBP")
    portfolio.money("2024-01-01", "deposit", 100000, currency=spelling)
    row = portfolio.trade("2024-01-02", "buy", made["id"], 1000, 70, currency=spelling, fee="250")
    assert (row["price"], row["currency"], row["fee"]) == ("0.7", "GBP", "2.5")
    portfolio.money("2024-01-03", "dividend", 450, currency=spelling, instrument=made["id"])
    found = portfolio.read("valuation", date="2024-01-03")
    # 1000 pounds in, 700 and a fee of 2.50 out, 4.50 of dividend; 1000 shares at 0.75.
    assert {name: D(found[name]) for name in ("cash_value", "market_value", "total", "fees", "income")} == {
        "cash_value": 302,
        "market_value": 750,
        "total": 1052,
        "fees": D("2.5"),
        "income": D("4.5"),
    }


def test_pence_are_refused_where_they_would_be_ambiguous(program):
    held, portfolio = program.instrument("VOD", "GBX"), program.portfolio("EUR")
    answer = portfolio.try_add(
        "2024-01-02", "buy", instrument=held, quantity="1", price="70", currency="GBX", fx_rate="1.15"
    )
    assert answer.fields() == ["fx_rate"]
    body = {"name": "Pence", "currency": "GBX"}
    assert program.call("POST", "/api/v1/portfolios", body).fields() == ["currency"]
    rate = {"base": "GBX", "quote": "EUR", "date": "2024-01-02", "rate": "0.0115"}
    assert program.call("POST", "/api/v1/rates", [rate]).fields() == ["[0].base"]


def test_net_worth_counts_each_portfolio_in_the_users_currency(program):
    day = "2024-01-02"
    program.rates("USD", "EUR", {day: "0.90"})
    program.portfolio("EUR").money(day, "deposit", 100)
    program.portfolio("USD").money(day, "deposit", 200)
    program.portfolio("NOK").money(day, "deposit", 300)
    found = program.get("/api/v1/net-worth")
    assert (found["currency"], found["total"], found["incomplete"]) == ("EUR", "280", True)
    parts = {row["currency"]: (row["total"], row["value"]) for row in found["portfolios"]}
    assert parts == {"EUR": ("100", "100"), "USD": ("200", "180"), "NOK": ("300", None)}


def test_rate_is_found_inverted_and_over_a_third_currency(program):
    day = "2024-01-02"
    program.rates("EUR", "USD", {day: "1.25"})
    program.rates("GBP", "USD", {day: "1.5"})
    program.rates("CHF", "GBP", {day: "0.8"})
    totals = {}
    for currency in ("EUR", "USD", "GBP", "CHF"):
        portfolio = program.portfolio("EUR")
        portfolio.money(day, "deposit", 100, currency=currency)
        totals[currency] = D(portfolio.read("valuation", date=day)["total"])
    # 100 USD / 1.25; 100 GBP × 1.5 / 1.25; 100 CHF × 0.8 × 1.5 / 1.25
    assert totals == {"EUR": 100, "USD": 80, "GBP": 120, "CHF": 96}


def test_newer_cross_rate_wins_over_an_older_direct_one(program):
    program.rates("GBP", "EUR", {"2024-01-02": "1.10"})
    program.rates("GBP", "USD", {"2024-01-05": "1.50"})
    program.rates("USD", "EUR", {"2024-01-05": "0.80"})
    portfolio = program.portfolio("EUR")
    portfolio.money("2024-01-02", "deposit", 100, currency="GBP")
    assert portfolio.read("valuation", date="2024-01-04")["total"] == "110"
    assert portfolio.read("valuation", date="2024-01-05")["total"] == "120"


def test_share_paid_in_another_currency_than_its_own_has_a_cost_in_both(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 100, "2024-02-01": 120})
    program.rates("USD", "EUR", {"2024-01-02": "0.90", "2024-02-01": "0.95"})
    portfolio = program.portfolio("EUR")
    portfolio.trade("2024-01-02", "buy", held, 10, 91, currency="EUR")
    portfolio.trade("2024-02-01", "sell", held, 4, 115, currency="EUR")
    view = portfolio.position(date="2024-02-01")
    left = D("0.6") * 910
    assert numbers(view, ["cost_basis", "market_value", "unrealised", "realised"]) == {
        "cost_basis": left,
        "market_value": 684,  # 6 × 120 × 0.95
        "unrealised": 684 - left,
        "realised": 460 - 364,
    }
    # 910 EUR were 1011.11 USD that day: a price gain of 720 - 606.67 USD at 0.95, the rest is the rate's.
    assert float(view["cost_basis_quote"]) == pytest.approx(0.6 * 910 / 0.9, abs=1e-12)
    assert float(view["unrealised_price"]) == pytest.approx((720 - 0.6 * 910 / 0.9) * 0.95, abs=1e-12)
    assert D(view["unrealised_price"]) + D(view["unrealised_currency"]) == D(view["unrealised"])
    assert lines(portfolio, "2024-01-01", "2024-02-01")["gain"] == 684 - left + 96


def test_returns_without_a_rate_say_that_they_are_incomplete(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 100})
    portfolio = program.portfolio("EUR")
    portfolio.money("2024-01-01", "deposit", 500)
    assert portfolio.read("performance", end="2024-01-05")["incomplete"] is False
    portfolio.trade("2024-01-03", "buy", held, 1, 100)
    assert portfolio.read("performance", end="2024-01-02")["incomplete"] is False
    assert portfolio.read("performance", end="2024-01-03")["incomplete"] is True


def test_currency_of_a_portfolio_whose_entries_carry_rates_cannot_change(program):
    program.rates("GBP", "USD", {"2024-01-02": "1.30"})
    portfolio = program.portfolio("EUR")
    row = portfolio.money("2024-01-02", "deposit", 100, currency="GBP", fx_rate="1.15")
    answer = program.call("PATCH", portfolio.path, {"currency": "USD"})
    assert answer.fields() == ["currency"]
    program.done("PATCH", portfolio.path, {"currency": "EUR", "name": "Renamed"})
    program.done("PATCH", f"{portfolio.path}/transactions/{row['id']}", {"fx_rate": None})
    program.done("PATCH", portfolio.path, {"currency": "USD"})
    assert lines(portfolio, "2024-01-01", "2024-01-02")["net_flows"] == 130


def test_change_of_tracks_cash_is_seen_at_the_next_read(program):
    held, portfolio = program.instrument("ACME"), program.portfolio()
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    assert portfolio.read("valuation", date="2024-01-02")["total"] == "0"
    program.done("PATCH", portfolio.path, {"tracks_cash": False})
    assert portfolio.read("valuation", date="2024-01-02")["total"] == "100"
    assert lines(portfolio, "2024-01-01", "2024-01-02")["net_flows"] == 100
