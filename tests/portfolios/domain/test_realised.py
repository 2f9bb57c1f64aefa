"""Tax years, holding periods, and that a year's sums are those of its rows."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.realised import TaxRule, Term, by_year, realised_rows
from tests.support.ledgers import QUOTED, entry, rates, worlds


@pytest.mark.parametrize(
    ("acquired", "sold", "term"),
    [
        ("2023-03-01", "2024-03-01", Term.SHORT),
        ("2023-03-01", "2024-03-02", Term.LONG),
        ("2024-02-29", "2025-02-28", Term.SHORT),
        ("2024-02-29", "2025-03-01", Term.LONG),
        ("2024-01-01", "2024-01-01", Term.SHORT),
    ],
)
def test_holding_is_long_after_a_year_by_the_calendar(acquired, sold, term):
    assert TaxRule().term(date.fromisoformat(acquired), date.fromisoformat(sold)) is term


def test_holding_is_long_after_so_many_days_where_that_is_the_rule():
    bought, rule = date(2023, 3, 1), TaxRule(long_after_days=365)
    assert rule.term(bought, bought + timedelta(days=365)) is Term.SHORT
    assert rule.term(bought, bought + timedelta(days=366)) is Term.LONG


def test_tax_year_ends_the_day_before_the_next_begins():
    rule = TaxRule((4, 6))
    assert rule.span(2023) == (date(2023, 4, 6), date(2024, 4, 5))
    assert [rule.year(day) for day in rule.span(2023)] == [2023, 2023]
    assert rule.year(date(2024, 4, 6)) == 2024


def test_sale_without_its_purchase_and_sale_from_a_pool_have_no_holding_period():
    rows = [
        entry("2024-01-02", "buy", 1, 10, instrument=1),
        entry("2024-03-01", "sell", 3, 12, instrument=1),
    ]
    first, missing = realised_rows(fold(rows, [], rates("EUR"), base="EUR"), TaxRule())
    assert (first.days, first.term, first.gain) == (59, Term.SHORT, 2)
    assert (missing.days, missing.term, missing.disposal.missing) == (None, None, True)
    (year,) = by_year([first, missing], TaxRule())
    assert (year.rows, year.missing, year.short, year.undated, year.gain) == (2, 1, 2, 24, 26)
    pooled = fold(rows, [], rates("EUR"), base="EUR", method=CostMethod.AVERAGE)
    assert {row.term for row in realised_rows(pooled, TaxRule())} == {None}


def test_sale_of_unknown_cost_is_listed_and_in_no_sum():
    rows = [
        entry("2024-01-02", "transfer_in", 1, None, instrument=1),
        entry("2024-03-01", "sell", 1, 12, instrument=1),
    ]
    found = realised_rows(fold(rows, [], rates("EUR"), base="EUR"), TaxRule())
    (year,) = by_year(found, TaxRule())
    assert (found[0].gain, found[0].days, year.unknown, year.gain, year.proceeds) == (None, 59, 1, 0, 0)


@settings(max_examples=40)
@given(worlds(), st.sampled_from(list(CostMethod)), st.booleans())
def test_every_year_adds_up_from_its_rows_and_all_years_to_the_book(world, method, fees):
    book = fold(
        world.entries,
        world.splits,
        world.rates,
        base="EUR",
        method=method,
        fees_in_basis=fees,
        tracks_cash=world.tracks_cash,
        currencies=QUOTED,
        prices=world.prices,
    )
    rule = TaxRule((1, 20))
    rows = realised_rows(book, rule)
    years = by_year(rows, rule)
    with exact():
        for year in years:
            assert year.gain == year.gains - year.losses == year.short + year.long + year.undated
            assert year.gain == year.proceeds - year.cost
        known = [row for row in book.disposals if row.price_gain is not None]
        # What has a gain has it in two parts, unless a rate of the instrument's own currency is missing.
        total = sum(row.proceeds_base - row.cost_base for row in book.disposals if row_known(row))
        assert sum(year.gain for year in years) == total
        for row in known:
            if row.currency_effect is not None:
                assert row.price_gain + row.currency_effect == row.proceeds_base - row.cost_base
    assert sum(year.rows for year in years) == len(book.disposals)


def row_known(row):
    return row.proceeds_base is not None and row.cost_base is not None
