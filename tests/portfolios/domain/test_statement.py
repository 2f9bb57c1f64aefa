"""Statements of single situations: what counts, what is left out, and that it still adds up."""

from datetime import date
from decimal import Decimal

from portfolios.domain.reasons import Reason
from portfolios.domain.statement import Gap, statement
from tests.support.ledgers import entry, prices, rates

D = Decimal
START, END = date(2024, 2, 1), date(2024, 3, 1)
USD = {"2024-01-01": "0.90", "2024-01-15": "0.95", "2024-02-15": "1.00"}


def of(*rows, market=None, table=None, tracks_cash=True, quoted="EUR", start=START):
    found = statement(
        rows,
        [],
        table or rates("EUR", USD=USD),
        prices({1: quoted}, i1=market or {}),
        base="EUR",
        start=start,
        end=END,
        tracks_cash=tracks_cash,
        currencies={1: quoted},
    )
    assert found.lines.adds_up()
    return found


def test_currency_gains_before_the_period_are_not_in_it():
    found = of(
        entry("2024-01-02", "deposit", 100, currency="USD"),
        entry("2024-01-16", "withdrawal", 100, currency="USD"),
    )
    assert set(found.lines.parts()) == {0}


def test_foreign_cash_spent_in_the_period_keeps_its_currency_effect():
    found = of(
        entry("2024-01-02", "deposit", 100, currency="USD"),
        entry("2024-02-16", "withdrawal", 100, currency="USD"),
    )
    lines = found.lines
    assert (lines.opening, lines.currency_effect, lines.net_flows, lines.closing) == (95, 5, -100, 0)


def test_gain_of_the_period_counts_from_the_value_at_its_start():
    rows = [entry("2024-01-02", "buy", 2, 50, instrument=1), entry("2024-02-10", "sell", 1, 90, instrument=1)]
    lines = of(*rows, market={"2024-01-31": 80, "2024-02-28": 85}, tracks_cash=False).lines
    assert (lines.opening, lines.realised, lines.unrealised) == (160, 10, 5)
    assert (lines.net_flows, lines.closing) == (-90, 85)


def test_transfer_in_counts_from_its_market_value_whatever_it_cost():
    row = entry("2024-02-10", "transfer_in", 1, 10, instrument=1)
    lines = of(row, market={"2024-02-09": 80, "2024-02-28": 85}).lines
    assert (lines.net_flows, lines.unrealised, lines.closing) == (80, 5, 85)


def test_transfer_out_realises_the_gain_of_the_period():
    rows = [
        entry("2024-01-02", "buy", 1, 50, instrument=1),
        entry("2024-02-10", "transfer_out", 1, None, instrument=1),
    ]
    lines = of(*rows, market={"2024-01-31": 80, "2024-02-09": 85}, tracks_cash=False).lines
    assert (lines.opening, lines.realised, lines.net_flows, lines.closing) == (80, 5, -85, 0)


def test_instrument_without_a_price_is_left_out_and_its_money_is_a_flow():
    rows = [
        entry("2024-02-02", "deposit", 100),
        entry("2024-02-03", "transfer_in", 5, None, instrument=1),
        entry("2024-02-04", "dividend", 5, 1, instrument=1),
    ]
    found = of(*rows)
    assert found.left_out == (Gap(Reason.NO_PRICE, instrument=1),)
    lines = found.lines
    assert (lines.income, lines.net_flows, lines.closing) == (0, 105, 105)


def test_currency_without_a_rate_is_left_out_and_what_it_pays_is_a_flow():
    rows = [
        entry("2024-02-02", "deposit", 100, currency="CHF"),
        entry("2024-02-03", "buy", 1, 50, instrument=1, fee=2, fee_currency="CHF"),
        entry("2024-02-04", "deposit", 60),
    ]
    found = of(*rows, market={"2024-02-28": 55})
    assert found.left_out == (Gap(Reason.NO_RATE, currency="CHF"),)
    lines = found.lines
    assert (lines.fees, lines.unrealised, lines.net_flows, lines.closing) == (0, 5, 60, 65)


def test_instrument_whose_currency_gets_its_rate_too_late_is_left_out():
    rows = [entry("2023-12-01", "buy", 1, 50, instrument=1, currency="USD")]
    found = of(*rows, market={"2024-02-28": 55}, quoted="USD", start=date(2023, 11, 1), tracks_cash=False)
    assert Gap(Reason.NO_RATE, instrument=1) in found.left_out
    assert (found.lines.net_flows, found.lines.closing) == (0, 0)


def test_lines_on_the_page_are_rounded_so_that_they_add_up():
    rows = [
        entry("2024-02-02", "deposit", "0.004"),
        entry("2024-02-03", "interest", "0.004"),
        entry("2024-02-04", "fee", "-0.004"),
    ]
    lines = of(*rows).lines
    shown = lines.rounded(2)
    assert (shown.opening, shown.closing) == (0, D("0.01"))
    assert shown.adds_up()
    assert sorted(shown.parts()) == [0, 0, 0, 0, 0, 0, D("0.01")]
    assert shown.taxes == 0


def test_statement_of_nothing_is_nothing():
    assert set(of().lines.parts()) == {0}
