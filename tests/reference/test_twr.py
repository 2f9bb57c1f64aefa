"""Time-weighted returns against Portfolio Performance, hledger and fava."""

from datetime import date

import numpy as np
import pytest

from portfolios.domain.arrays import day_of
from portfolios.domain.ledger import fold
from portfolios.domain.observations import Spans
from portfolios.domain.positions import positions
from portfolios.domain.returns import annualised, daily_returns, linked, simple, time_weighted, xirr
from portfolios.domain.risk import drawdowns
from portfolios.domain.statement import statement
from tests.support.ledgers import entry, money, prices, rates
from tests.support.reference import ACCOUNTING, reference
from tests.support.series import series


def cash_ledger(case):
    return [entry(row["date"], row["type"].lower(), row["amount"]) for row in case["inputs"]["transactions"]]


def returns_of(found):
    return daily_returns(found.value, found.inflow, found.outflow)


def dated(found):
    return [day_of(number) for number in found.days]


@reference("pp-ttwror-daily-cash-account")
def test_twr_of_a_cash_account_is_that_of_portfolio_performance_every_day(case):
    returns = returns_of(series(cash_ledger(case), *case["inputs"]["period"]))
    assert returns.daily == pytest.approx(case["expected"]["daily_return"], abs=case["tolerance"])
    assert linked(returns.daily) == pytest.approx(case["expected"]["cumulative"], abs=case["tolerance"])


@reference("pp-ttwror-weekly-aggregation")
def test_twr_of_a_week_is_the_product_of_its_days(case):
    found = series(
        cash_ledger(ACCOUNTING[case["inputs"]["same_as"]]),
        *ACCOUNTING[case["inputs"]["same_as"]]["inputs"]["period"],
    )
    numbers = [day.isocalendar()[:2] for day in dated(found)[1:]]
    first = np.array([at for at, week in enumerate(numbers) if week not in numbers[:at]])
    last = np.append(first[1:], len(numbers)) - 1
    weeks = Spans(first, last).linked(returns_of(found).daily[1:])
    assert weeks == pytest.approx(case["expected"]["returns"], abs=case["tolerance"])
    cumulative = linked(weeks)
    assert cumulative == pytest.approx(case["expected"]["cumulative"], abs=case["tolerance"])


@reference("pp-ttwror-flow-neutral-last-day")
def test_twr_of_a_deposit_on_the_last_day_changes_nothing(case):
    found = series(cash_ledger(case), *case["inputs"]["period"])
    cumulative = dict(zip(dated(found), linked(returns_of(found).daily), strict=True))
    for name, expected in case["expected"].items():
        day = date.fromisoformat(name.removeprefix("cumulative_on_"))
        assert cumulative[day] == pytest.approx(expected, abs=case["tolerance"])


@reference("pp-ttwror-interest-without-capital")
def test_twr_of_value_from_nowhere_is_zero_with_one_warning(case):
    returns = returns_of(series(cash_ledger(case), *case["inputs"]["period"]))
    assert linked(returns.daily).tolist() == [case["expected"]["cumulative_all_days"]] * 9
    assert returns.unfounded.sum() == case["expected"]["warnings"]


@reference("derived-same-day-deposit")
def test_twr_of_a_deposit_counts_it_from_the_start_of_its_day(case):
    begin, end = case["inputs"]["value_begin"], case["inputs"]["value_end"]
    returns = daily_returns(np.array([begin, end]), np.array([0, case["inputs"]["deposit"]]), np.zeros(2))
    assert returns.daily[1] == pytest.approx(
        case["expected"]["pp_inflow_start_of_day"], abs=case["tolerance"]
    )


@reference("derived-same-day-withdrawal")
def test_twr_of_a_withdrawal_counts_it_until_the_end_of_its_day(case):
    begin, end = case["inputs"]["value_begin"], case["inputs"]["value_end"]
    returns = daily_returns(np.array([begin, end]), np.zeros(2), np.array([0, case["inputs"]["withdrawal"]]))
    assert returns.daily[1] == pytest.approx(case["expected"]["pp_outflow_end_of_day"], abs=case["tolerance"])


@reference("hledger-roi-12pct", "hledger-roi-no-valuation-at-flow", "hledger-roi-loss")
def test_twr_values_every_day_and_needs_no_valuation_at_the_flow(case):
    paid = [(row["date"], -row["amount"]) for row in case["inputs"]["flows"]]
    ((valued_on, value),) = case["inputs"]["valuations"].items()
    gain = value - sum(amount for _, amount in paid)
    entries = [entry(day, "deposit", amount) for day, amount in paid]
    found = series([*entries, entry(valued_on, "interest", gain)], "2016-12-31", "2018-01-01")
    total = time_weighted(returns_of(found)).value
    # hledger falls back to the IRR of the window where a flow has no valuation; a day's value is known here.
    ours = {"hledger-roi-12pct": 0.12, "hledger-roi-no-valuation-at-flow": 0.10, "hledger-roi-loss": -0.90}
    assert total == pytest.approx(ours[case["id"]], abs=1e-12)
    if case["id"] == "hledger-roi-12pct":
        assert total == pytest.approx(case["expected"]["twr_period"], abs=case["tolerance"])
        assert annualised(total, 365).value == pytest.approx(0.12, abs=1e-12)


@reference("hledger-roi-quarters")
def test_twr_of_quarters_is_that_of_hledger(case):
    entries = [
        entry("2017-01-01", "deposit", 100),
        entry("2017-06-30", "interest", 10),
        entry("2017-07-01", "deposit", 100),
        entry("2017-10-01", "withdrawal", 50),
        entry("2017-12-31", "interest", -5),
    ]
    ends = {"Q1": "2017-03-31", "Q2": "2017-06-30", "Q3": "2017-09-30", "Q4": "2017-12-31"}
    start = "2016-12-31"
    for name, end in ends.items():
        expected, found = case["expected"][name], series(entries, start, end)
        assert (found.value[0], found.value[-1]) == (expected["begin"], expected["end"])
        assert found.inflow[1:].sum() - found.outflow[1:].sum() == expected["cashflow"]
        total = time_weighted(returns_of(found)).value
        assert total == pytest.approx(expected["twr"], abs=case["tolerance"] + 1e-12)
        start = end


@reference("hledger-roi-market-price-half-year")
def test_twr_of_halves_is_that_of_hledger_and_chains_exactly(case):
    rows = [
        entry(row["date"], "buy", row["shares"], price, instrument=1)
        for row, price in zip(case["inputs"]["buys"], (40, 50.93), strict=True)
    ]
    market = {1: case["inputs"]["prices"]}
    for name, start, end in (("H1", "2018-12-31", "2019-06-30"), ("H2", "2019-06-30", "2019-12-31")):
        expected = case["expected"][name]
        found = series(rows, start, end, prices=market, tracks_cash=False)
        assert found.value[-1] == pytest.approx(expected["end"], abs=1e-9)
        total = time_weighted(returns_of(found)).value
        assert total == pytest.approx(expected["twr"], abs=case["tolerance"])
    whole = series(rows, "2018-12-31", "2019-12-31", prices=market, tracks_cash=False)
    assert time_weighted(returns_of(whole)).value == pytest.approx(56.59 / 43.11 - 1, abs=1e-12)


@reference("hledger-roi-fee-at-purchase")
def test_twr_of_a_purchase_loses_its_fee_on_the_first_day(case):
    bought = case["inputs"]["buy"]
    rows = [entry(bought["date"], "buy", bought["shares"], bought["price"], instrument=1, fee=bought["fee"])]
    found = series(rows, "2022-01-01", "2022-12-31", prices={1: case["inputs"]["prices"]}, tracks_cash=False)
    expected = case["expected"]
    assert (found.value[0], found.value[-1]) == (expected["begin"], expected["end"])
    assert found.inflow.sum() == expected["cashflow"]
    # The source reports 100 %: its first window begins after the fee. Ours counts it: 200 of 101.
    assert time_weighted(returns_of(found)).value == pytest.approx(200 / 101 - 1, abs=1e-12)


@reference("fava-twr-two-stocks")
def test_twr_of_two_stocks_counts_purchases_from_the_start_of_their_day(case):
    market = {1: case["inputs"]["prices"]["A"], 2: case["inputs"]["prices"]["B"]}
    number = {"A": 1, "B": 2}
    rows = []
    for row in case["inputs"]["transactions"]:
        shares = row.get("shares") or money(row["amount"]) / money(row["price"])
        rows.append(entry(row["date"], "buy", shares, row["price"], instrument=number[row["buy"]]))
    found = series(rows, "2019-12-31", "2020-12-01", prices=market, tracks_cash=False)
    cumulative = dict(zip(dated(found), linked(returns_of(found).daily), strict=True))
    # The source values at the flow, at the end of the day: 5 % and 41 %. With prices on three days only,
    # a purchase from the start of its day shares that day's jump: 305/300 and 710/605.
    assert case["expected"]["cumulative"]["2020-12-01"] == pytest.approx(1.05 * 410 / 305 - 1, abs=0.005)
    assert cumulative[date(2020, 1, 1)] == 0.0
    assert cumulative[date(2020, 7, 1)] == pytest.approx(305 / 300 - 1, abs=1e-12)
    assert cumulative[date(2020, 12, 1)] == pytest.approx(305 / 300 * 710 / 605 - 1, abs=1e-9)


@reference("fava-drawdown")
def test_drawdown_of_the_time_weighted_index_ignores_a_sale(case):
    bought, sold = case["inputs"]["flows"]
    rows = [
        entry(bought["date"], "buy", bought["buy_shares"], bought["price"], instrument=1),
        entry(sold["date"], "sell", sold["sell_shares"], sold["price"], instrument=1),
    ]
    found = series(rows, "2020-01-01", "2020-01-07", prices={1: case["inputs"]["prices"]}, tracks_cash=False)
    below = drawdowns(1.0 + linked(returns_of(found).daily))
    assert below == pytest.approx(case["expected"]["drawdowns"], abs=1e-12)
    assert below.min() == pytest.approx(case["expected"]["max_drawdown"], abs=1e-12)


@reference("wealthfolio-holdings-mode")
def test_simple_return_of_two_valuations_is_the_change_over_the_start(case):
    start, end = (money(case["inputs"][name]["market_value"]) for name in ("start", "end"))
    assert simple(start, end, money(0)).value == money(case["expected"]["period_return"])


@reference("pp-security-tax-refund-held")
def test_returns_of_an_instrument_before_taxes_are_those_of_portfolio_performance(case):
    expected, tolerance = case["expected"], case["tolerance"]
    start, end = (date.fromisoformat(day) for day in case["inputs"]["period"])
    arrival = entry("2014-01-02", "transfer_in", 100, "76.38", instrument=1, fee=10, tax=10)
    refund = entry("2014-06-01", "tax", -5, instrument=1)
    market = {"2014-12-05": "74.3"}
    taxed, table = [arrival, refund], prices({1: "EUR"}, i1=market)
    (view,) = positions(fold(taxed, [], rates("EUR"), base="EUR", until=end), [], rates("EUR"), table, end)
    assert (view.quantity, view.market_value) == (expected["shares_held"], expected["market_value"])
    assert (view.cost_basis, view.average_cost) == (7638, money("76.38"))
    assert view.cost_basis + view.charges == expected["cost_fifo_incl_fees_taxes"]
    assert (view.fees, view.taxes) == (expected["fees"], expected["taxes"])
    assert (view.unrealised, view.realised) == (
        expected["unrealised_gain_net"],
        expected["realised_gain_net"],
    )
    period = statement(taxed, [], rates("EUR"), table, base="EUR", start=start, end=end, tracks_cash=False)
    assert period.lines.gain() == expected["delta"]

    untaxed = [entry("2014-01-02", "transfer_in", 100, "76.38", instrument=1, fee=10)]
    found = series(untaxed, "2013-12-06", "2014-12-06", prices={1: market}, tracks_cash=False)
    total = time_weighted(returns_of(found)).value
    assert total == pytest.approx(expected["ttwror"], abs=1e-12)
    assert annualised(total, (end - start).days).value == pytest.approx(
        expected["ttwror_annualised"], abs=1e-12
    )
    rate = xirr([(arrival.day, -7648), (end, 7430)]).value
    assert rate == pytest.approx(expected["irr"], abs=tolerance)
