"""Money-weighted returns against Portfolio Performance, pyxirr, fava and hledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portfolios.domain.ledger import fold
from portfolios.domain.reasons import Reason
from portfolios.domain.returns import xirr
from tests.support.ledgers import entry, rates
from tests.support.reference import reference

D = Decimal


def flows(case):
    return [(date.fromisoformat(row["date"]), row["amount"]) for row in case["inputs"]["cash_flows"]]


def in_years_of(days, rate):
    """Restate a rate a year of 365 days for a year of `days` days, as hledger counts it (365.25)."""
    return (1 + rate) ** (days / 365) - 1


@reference(
    "pp-irr-two-flows",
    "pp-irr-eight-flows",
    "pyxirr-unordered",
    "pyxirr-large-negative-13",
    "pyxirr-minus-0.99",
    "pyxirr-minus-0.9938",
    "pyxirr-leading-trailing-zeros",
)
def test_xirr_of_flows_is_the_reference_rate(case):
    expected = case["expected"].get("irr", case["expected"].get("xirr"))
    assert xirr(flows(case)).value == pytest.approx(expected, abs=case["tolerance"])


@reference("pyxirr-day-count")
def test_xirr_counts_days_over_365(case):
    assert xirr(flows(case)).value == pytest.approx(case["expected"]["act/365F"], abs=case["tolerance"])


@reference("pyxirr-no-root")
def test_xirr_without_a_single_root_is_none_with_the_reason(case):
    found = xirr(flows(case))
    assert found.value is case["expected"]["xirr"]
    assert found.reason in {Reason.SEVERAL_ROOTS, Reason.NO_CONVERGENCE}


@reference("pyxirr-no-representable-root")
def test_xirr_whose_root_no_float_can_hold_is_none_with_the_reason(case):
    found = xirr(flows(case))
    assert (found.value, found.reason) == (case["expected"]["xirr"], Reason.NO_CONVERGENCE)


@reference("pp-irr-security-dividend-tax")
def test_xirr_of_an_instrument_before_taxes_comes_from_its_entries(case):
    kinds, rows = {"BUY": 1, "DIVIDEND": -1, "SELL": -1}, []
    for row in case["inputs"]["transactions"]:
        fee, tax = row.get("fee", 0), row["tax"]
        paid = row["amount_net"] - kinds[row["type"]] * (fee + tax)
        rows.append(entry(row["date"], row["type"].lower(), 1, paid, instrument=1, fee=fee))
        if row["type"] == "BUY":
            assert paid == 990
    book = fold(rows, [], rates("EUR"), base="EUR", tracks_cash=False)
    found = [(flow.day, -flow.amount) for flow in book.flows]
    assert [(day.isoformat(), amount) for day, amount in found] == [
        (row["date"], row["amount"]) for row in case["inputs"]["derived_cash_flows"]
    ]
    assert xirr(found).value == pytest.approx(case["expected"]["irr"], abs=case["tolerance"])


@reference("pp-trade-long")
def test_xirr_of_a_trade_is_its_return_over_one_year(case):
    rows = [
        entry(row["date"], row["type"].lower(), row["shares"], row["price"], instrument=1)
        for row in case["inputs"]["transactions"]
    ]
    book = fold(rows, [], rates("EUR"), base="EUR", tracks_cash=False)
    (sale,) = book.disposals
    expected = case["expected"]
    assert (sale.cost, sale.proceeds) == (expected["entry_value"], expected["exit_value"])
    assert sale.price_gain == expected["profit_loss"]
    assert sale.price_gain / sale.cost == D(str(expected["return"]))
    rate = xirr([(flow.day, -flow.amount) for flow in book.flows]).value
    assert rate == pytest.approx(expected["irr"], abs=case["tolerance"])


@reference("fava-irr-buy-with-fee")
def test_xirr_of_a_purchase_counts_the_fee_as_invested(case):
    bought = date.fromisoformat(case["inputs"]["buy"]["date"])
    for end, expected in case["expected"]["irr_at_end"].items():
        # The source dates the end value one day later: its period excludes the end.
        valued = date.fromisoformat(end) + timedelta(days=1)
        found = xirr([(bought, -107.5), (valued, 150.0 if end == "2020-12-31" else 100.0)])
        if valued - bought == timedelta(days=1):
            # A rate of -100 % but for 3e-12: the source stops at its bound, we say that there is none.
            assert (found.value, found.reason) == (None, Reason.NO_CONVERGENCE)
        else:
            # The source's solver stops within a thousandth.
            assert found.value == pytest.approx(expected, abs=1e-3)


@reference("hledger-roi-12pct", "hledger-roi-no-valuation-at-flow", "hledger-roi-loss")
def test_xirr_is_that_of_hledger_in_years_of_its_length(case):
    (value,) = case["inputs"]["valuations"].values()
    end = date.fromisoformat(case["inputs"]["period"][1])
    paid = [(date.fromisoformat(row["date"]), row["amount"]) for row in case["inputs"]["flows"]]
    rate = xirr([*paid, (end, value)]).value
    assert in_years_of(365.25, rate) == pytest.approx(case["expected"]["irr"], abs=case["tolerance"])


@reference("hledger-roi-quarters")
def test_xirr_of_quarters_is_that_of_hledger(case):
    quarters = {
        "Q2": ("2017-04-01", "2017-07-01", []),
        "Q4": ("2017-10-01", "2018-01-01", [("2017-10-01", 50)]),
        "total": ("2017-01-01", "2018-01-01", [("2017-07-01", -100), ("2017-10-01", 50)]),
    }
    for name, (start, end, moved) in quarters.items():
        expected = case["expected"][name]
        begin = expected["begin"] or 100
        rows = [(start, -begin), *moved, (end, expected["end"])]
        rate = xirr([(date.fromisoformat(day), amount) for day, amount in rows]).value
        assert in_years_of(365.25, rate) == pytest.approx(expected["irr"], abs=case["tolerance"])
        assert expected["begin"] + expected["cashflow"] + expected["pnl"] == expected["end"]


@reference("hledger-roi-market-price-half-year")
def test_xirr_of_halves_is_that_of_hledger(case):
    for name, start, end in (
        ("H1", "2019-01-01", "2019-07-01"),
        ("H2", "2019-07-01", "2020-01-01"),
        ("total", "2019-01-01", "2020-01-01"),
    ):
        expected = case["expected"][name]
        rows = [(start, -expected["begin"]), ("2019-07-01", -expected["cashflow"]), (end, expected["end"])]
        rate = xirr([(date.fromisoformat(day), amount) for day, amount in rows]).value
        assert in_years_of(365.25, rate) == pytest.approx(expected["irr"], abs=case["tolerance"])


@reference("hledger-roi-fee-at-purchase")
def test_xirr_of_a_purchase_with_a_fee_is_that_of_hledger(case):
    expected = case["expected"]
    rate = xirr([(date(2022, 8, 1), -expected["cashflow"]), (date(2023, 1, 1), expected["end"])]).value
    assert in_years_of(365.25, rate) == pytest.approx(expected["irr"], abs=1e-3)
