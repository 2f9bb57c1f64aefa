"""Daily series of single situations."""

from datetime import date

import numpy as np
import pytest

from portfolios.domain.arrays import NO_SPLITS, Points, day_number, last_known
from portfolios.domain.entries import Split
from portfolios.domain.returns import daily_returns, linked
from tests.support.ledgers import entry
from tests.support.series import series

START, END = "2024-01-01", "2024-01-05"


def test_series_of_an_arrival_without_a_price_counts_it_as_inflow_once_it_has_one():
    row = entry("2024-01-02", "transfer_in", 2, None, instrument=1)
    found = series([row], START, END, prices={1: {"2024-01-04": 50, "2024-01-05": 55}})
    assert found.value.tolist() == [0, 0, 0, 100, 110]
    assert found.inflow.tolist() == [0, 0, 0, 100, 0]
    assert found.incomplete.tolist() == [False, True, True, False, False]
    total = linked(daily_returns(found.value, found.inflow, found.outflow).daily)[-1]
    assert total == pytest.approx(0.1, abs=1e-15)


def test_series_before_the_first_price_uses_the_own_trade_and_never_a_later_price():
    row = entry("2024-01-02", "buy", 2, 40, instrument=1)
    found = series([row], START, END, prices={1: {"2024-01-04": 50}}, tracks_cash=False)
    assert found.value.tolist() == [0, 80, 80, 100, 100]
    known = day_number(date(2024, 1, 2)), day_number(date(2024, 1, 4))
    assert found.price_as_of[:, 0].tolist() == [-1, known[0], known[0], known[1], known[1]]


def test_series_over_a_split_keeps_value_and_shows_units_of_the_day():
    row = entry("2024-01-02", "buy", 3, 70, instrument=1)
    market = {1: {"2024-01-02": 70, "2024-01-04": 11}}
    found = series(
        [row], START, END, prices=market, splits=[Split(1, date(2024, 1, 3), 7, 1)], tracks_cash=False
    )
    assert found.quantities[:, 0].tolist() == [0, 3, 21, 21, 21]
    assert found.value.tolist() == [0, 210, 210, 231, 231]


def test_series_of_a_sale_of_more_than_held_stays_at_zero_and_starts_anew():
    rows = [
        entry("2024-01-02", "buy", 1, 10, instrument=1),
        entry("2024-01-03", "sell", 5, 10, instrument=1),
        entry("2024-01-04", "buy", 2, 10, instrument=1),
    ]
    found = series(rows, START, END, prices={1: {"2024-01-01": 10}}, tracks_cash=False)
    assert found.quantities[:, 0].tolist() == [0, 1, 0, 2, 2]


def test_series_keeps_entries_and_prices_from_before_its_first_day():
    rows = [entry("2023-06-01", "deposit", 100), entry("2023-06-02", "buy", 1, 60, instrument=1)]
    found = series(rows, START, END, prices={1: {"2023-12-29": 70}})
    assert found.value.tolist() == [110.0] * 5
    assert found.cash.tolist() == [40.0] * 5
    assert found.inflow[1:].sum() == 0


def test_series_of_foreign_cash_follows_the_rate_and_has_no_flow():
    row = entry("2024-01-01", "deposit", 100, currency="USD")
    found = series([row], START, END, rates={"USD": {"2024-01-01": 0.5, "2024-01-03": 0.75}})
    assert found.value.tolist() == [50, 50, 75, 75, 75]
    assert found.inflow[1:].tolist() == [0, 0, 0, 0]


def test_series_without_entries_is_zero_everywhere():
    found = series([], START, END)
    assert found.value.tolist() == [0.0] * 5
    assert found.values.shape == (5, 0)
    assert not found.incomplete.any()


def test_series_sells_the_last_third_of_a_share_without_dust():
    rows = [entry("2024-01-02", "buy", "0.1", 30, instrument=1) for _ in range(3)]
    rows.append(entry("2024-01-03", "sell", "0.3", 30, instrument=1))
    found = series(rows, START, END, prices={1: {"2024-01-01": 30}}, tracks_cash=False)
    assert found.value.tolist()[2:] == [0, 0, 0]


def test_last_known_takes_the_last_of_one_day_and_nothing_from_beyond_the_window():
    points = Points(np.array([10, 12, 12, 15]), np.array([0, 0, 0, 0]), np.array([1.0, 2.0, 3.0, 4.0]))
    known = last_known(11, 3, 2, points.day, points.column)
    values = known.of(points.value)
    assert values[:, 0].tolist() == [1.0, 3.0, 3.0]
    assert np.isnan(values[:, 1]).all()


def test_units_without_splits_are_one():
    assert NO_SPLITS.units(np.array([1, 2]), np.array([0, 1])).tolist() == [1.0, 1.0]


def test_series_without_cash_needs_no_rate_for_a_deposit_but_for_its_fee():
    deposit = entry("2024-01-02", "deposit", 100, currency="USD")
    with_fee = entry("2024-01-04", "withdrawal", 100, currency="USD", fee=1, fee_currency="USD")
    found = series([deposit, with_fee], START, END, tracks_cash=False)
    assert found.incomplete.tolist() == [False, False, False, True, False]
    found = series([deposit, with_fee], START, END)
    assert found.incomplete.tolist() == [False, True, True, True, True]
