"""Random ledgers: whatever was booked, cash, units and cost stay consistent and everything adds up."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from portfolios.domain.arrays import columns, day_number
from portfolios.domain.book import ProblemKind
from portfolios.domain.entries import in_order
from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.series import value_series
from portfolios.domain.shortfall import units
from portfolios.domain.statement import statement
from tests.support.ledgers import CURRENCIES, FIRST, LENGTH, QUOTED, World, days, entry, worlds

LAST = FIRST + timedelta(days=LENGTH)
methods = st.sampled_from(list(CostMethod))
shorts = st.booleans()
MOVES = {"buy", "sell", "transfer_in", "transfer_out"}


def book_of(world: World, method=CostMethod.FIFO, until=LAST, **more):
    return fold(
        world.entries,
        world.splits,
        world.rates,
        base="EUR",
        method=method,
        tracks_cash=world.tracks_cash,
        until=until,
        currencies=QUOTED,
        prices=world.prices,
        **more,
    )


def statement_of(world: World, start, end, method=CostMethod.FIFO, **more):
    return statement(
        world.entries,
        world.splits,
        world.rates,
        world.prices,
        base="EUR",
        start=start,
        end=end,
        method=method,
        tracks_cash=world.tracks_cash,
        currencies=QUOTED,
        **more,
    )


def gross(row):
    return row.quantity * row.price if row.price is not None else row.quantity


@given(worlds(), methods)
def test_fold_of_any_ledger_keeps_cash_as_the_plain_sum_of_movements(world, method):
    book = book_of(world, method)
    cash = defaultdict(Decimal)
    sign = {
        "buy": -1,
        "sell": 1,
        "deposit": 1,
        "withdrawal": -1,
        "dividend": 1,
        "interest": 1,
        "fee": -1,
        "tax": -1,
    }
    with exact():
        for row in world.entries if world.tracks_cash else []:
            cash[row.currency] += sign.get(row.kind, 0) * gross(row)
            cash[row.fee_currency] -= row.fee
            cash[row.tax_currency] -= row.tax
        assert {name: amount for name, amount in book.cash.items() if amount} == {
            name: amount for name, amount in cash.items() if amount
        }


@given(worlds(splits=False), methods)
def test_fold_of_any_ledger_keeps_units_as_bought_less_sold_never_below_zero(world, method):
    book = book_of(world, method)
    held = defaultdict(Decimal)
    for row in in_order(world.entries):
        if row.kind in {"buy", "transfer_in"}:
            held[row.instrument] += row.quantity
        elif row.kind in {"sell", "transfer_out"}:
            held[row.instrument] = max(held[row.instrument] - row.quantity, Decimal(0))
    for instrument, holding in book.holdings.items():
        assert holding.quantity == held[instrument]
        assert sum(lot.quantity for lot in holding.lots) == holding.quantity


@given(worlds(splits=False), methods, shorts)
def test_fold_of_any_ledger_loses_no_cost_between_lots_and_disposals(world, method, allow_short):
    book = book_of(world, method, allow_short=allow_short)
    with exact():
        for instrument, holding in book.holdings.items():
            rows = [row for row in world.entries if row.instrument == instrument and row.kind == "buy"]
            moved = [row for row in book.transfers if row.instrument == instrument]
            if any(row.cost_base is None for row in moved) or any(
                row.currency != QUOTED[instrument] for row in rows
            ):
                continue
            bought = sum((gross(row) for row in rows), Decimal(0))
            disposals = [row for row in book.disposals if row.instrument == instrument]
            sold = sum((row.cost for row in disposals if row.quantity > 0), Decimal(0))
            covered = sum((row.proceeds for row in disposals if row.quantity < 0), Decimal(0))
            left = sum((lot.cost for lot in holding.lots), Decimal(0))
            if not moved and holding.quantity >= 0:
                assert bought == sold + left - covered
            if not holding.quantity:
                assert left == 0


@given(worlds())
def test_fold_of_any_ledger_splits_each_gain_into_price_and_currency_exactly(world):
    with exact():
        for row in book_of(world).disposals:
            if row.cost_base is not None:
                assert row.price_gain + row.currency_effect == row.proceeds_base - row.cost_base


@given(worlds(splits=False))
def test_fifo_of_any_ledger_takes_the_lots_of_a_brute_force_queue(world):
    taken, queues = defaultdict(list), defaultdict(list)
    for row in in_order(world.entries):
        if row.kind in {"buy", "transfer_in"}:
            queues[row.instrument].append([row.id, row.quantity])
        elif row.kind in {"sell", "transfer_out"}:
            left = row.quantity
            while left and queues[row.instrument]:
                lot = queues[row.instrument][0]
                part = min(left, lot[1])
                taken[row.id].append((lot[0], part))
                lot[1] -= part
                left -= part
                if not lot[1]:
                    queues[row.instrument].pop(0)
    found = defaultdict(list)
    for row in book_of(world).disposals:
        if not row.missing:
            found[row.entry_id].append((row.lot_id, row.quantity))
    sales = {row.id for row in world.entries if row.kind == "sell"}
    assert found == {number: pieces for number, pieces in taken.items() if number in sales}


@given(worlds())
def test_fold_of_any_ledger_is_the_same_in_whatever_order_the_entries_come(world):
    backwards = World(
        world.entries[::-1], world.splits[::-1], world.price_rows, world.rate_rows, world.tracks_cash
    )
    one, other = book_of(world), book_of(backwards)
    assert (one.disposals, one.cash, one.flows) == (other.disposals, other.cash, other.flows)


@given(worlds(), days(), days(), methods, shorts)
def test_statement_of_any_ledger_and_period_adds_up_exactly(world, one, other, method, allow_short):
    found = statement_of(world, min(one, other), max(one, other), method, allow_short=allow_short)
    assert found.left_out == ()
    assert found.lines.adds_up()
    with exact():
        effects = found.currency_of_unrealised + found.currency_of_realised + found.currency_of_cash
        assert effects == found.lines.currency_effect
    assert found.lines.rounded(2).adds_up()


@given(worlds(complete=False), days(), days())
def test_statement_of_a_market_with_holes_adds_up_and_names_what_is_left_out(world, one, other):
    found = statement_of(world, min(one, other), max(one, other))
    assert found.lines.adds_up()
    assert len({(gap.instrument, gap.currency) for gap in found.left_out}) == len(found.left_out)


@given(worlds(), st.lists(days(), min_size=3, max_size=3))
def test_statement_of_two_periods_in_a_row_meets_in_the_middle(world, three):
    start, middle, end = sorted(three)
    first, second, whole = (
        statement_of(world, *period) for period in ((start, middle), (middle, end), (start, end))
    )
    assert first.lines.closing == second.lines.opening
    with exact():
        for name in ("income", "fees", "taxes", "net_flows"):
            parts = getattr(first.lines, name) + getattr(second.lines, name)
            assert parts == getattr(whole.lines, name)


@given(worlds(), days(), shorts)
def test_statement_closing_value_is_units_times_price_times_rate_plus_cash(world, day, allow_short):
    closing = statement_of(world, FIRST - timedelta(days=1), day, allow_short=allow_short).lines.closing
    book = book_of(world, until=day, allow_short=allow_short)
    total = Fraction(0)
    for instrument, holding in book.holdings.items():
        used = world.prices.price(instrument, day)
        factor = Fraction(1)
        for split in world.splits:
            if split.instrument == instrument and used.as_of < split.ex_date <= day:
                factor *= Fraction(split.denominator, split.numerator)
        rate = world.rates.rate(QUOTED[instrument], day).rate
        total += Fraction(holding.quantity) * Fraction(used.price) * factor * Fraction(rate)
    for currency, amount in book.cash.items():
        total += Fraction(amount) * Fraction(world.rates.rate(currency, day).rate)
    assert abs(Fraction(closing) - total) < Fraction(1, 10**12)


def series_of(world: World, first, last, **more):
    ledger = columns(world.entries, list(QUOTED), CURRENCIES)
    period = day_number(first), day_number(last)
    return value_series(ledger, world.market, *period, tracks_cash=world.tracks_cash, **more)


def close(number, reference, scale):
    return abs(number - float(reference)) <= 1e-9 * max(scale, abs(float(reference)), 1.0)


@given(worlds(), days(), shorts)
def test_series_of_any_ledger_is_the_decimal_ledger_within_a_billionth(world, day, allow_short):
    start, more = FIRST - timedelta(days=1), {"allow_short": allow_short}
    series, found = series_of(world, start, LAST, **more), statement_of(world, start, day, **more)
    at = (day - start).days
    scale = float(sum((abs(gross(row)) for row in world.entries), Decimal(1))) * 10
    assert close(series.value[at], found.lines.closing, scale)
    assert close(series.inflow[1 : at + 1].sum(), found.inflows, scale)
    assert close(series.outflow[1 : at + 1].sum(), found.outflows, scale)
    book = book_of(world, until=day, **more)
    for instrument, holding in book.holdings.items():
        assert close(series.quantities[at, instrument], holding.quantity, 1.0)
    assert not series.incomplete.any()


@given(worlds(complete=False, own_rates=False), days())
def test_series_of_a_market_with_holes_is_complete_where_the_statement_is(world, day):
    start = FIRST - timedelta(days=1)
    series, found = series_of(world, start, day), statement_of(world, start, day)
    if not found.left_out:
        assert not series.incomplete[-1]
    if not series.incomplete.any() and not found.left_out:
        scale = float(sum((abs(gross(row)) for row in world.entries), Decimal(1))) * 10
        assert close(series.value[-1], found.lines.closing, scale)
        assert close(series.inflow[1:].sum() - series.outflow[1:].sum(), found.lines.net_flows, scale)


@given(worlds())
def test_fold_of_a_sale_beyond_the_holding_names_exactly_the_units_that_lack(world):
    book = book_of(world)
    missing = defaultdict(Decimal)
    for row in book.disposals:
        if row.missing:
            missing[row.entry_id] += row.quantity
            assert (row.cost, row.cost_base) == (0, 0)
    sales = {row.id for row in world.entries if row.kind == "sell"}
    named = {
        row.entry_id: row.quantity
        for row in book.problem(ProblemKind.MISSING_ACQUISITION)
        if row.entry_id in sales
    }
    assert missing == named


@given(worlds(), methods, days())
def test_units_of_any_ledger_with_short_sales_are_those_of_the_fold_and_of_its_lots(world, method, day):
    book = book_of(world, method, until=day, allow_short=True)
    for instrument, holding in book.holdings.items():
        rows = [row for row in world.entries if row.instrument == instrument and row.kind in MOVES]
        splits = [one for one in world.splits if one.instrument == instrument]
        with exact():
            assert sum(lot.quantity for lot in holding.lots) == holding.quantity
            assert units(rows, splits, (), instrument, day, allow_short=True) == holding.quantity
        assert len({lot.quantity > 0 for lot in holding.lots}) <= 1
    sales = {row.id for row in world.entries if row.kind == "sell"}
    assert not {row.entry_id for row in book.problem(ProblemKind.MISSING_ACQUISITION)} & sales


@given(worlds(splits=False), methods, shorts, st.booleans())
def test_fold_of_any_ledger_leaves_no_cost_behind_when_everything_is_closed(world, method, allow_short, fees):
    book = book_of(world, method, allow_short=allow_short, fees_in_basis=fees)
    closing = [
        entry(
            LAST,
            "sell" if holding.quantity > 0 else "buy",
            abs(holding.quantity),
            "7.77",
            instrument=instrument,
            currency=holding.currency,
            fee="0.01",
        )
        for instrument, holding in book.holdings.items()
        if holding.quantity
    ]
    everything = replace(world, entries=[*world.entries, *closing])
    closed = book_of(everything, method, allow_short=allow_short, fees_in_basis=fees)
    with exact():
        for instrument, holding in closed.holdings.items():
            assert (holding.quantity, holding.lots) == (0, ())
            before = [lot.cost for lot in book.holdings[instrument].lots]
            last = [row for row in closed.disposals if row.instrument == instrument and row.day == LAST]
            if None not in before:
                assert sum(row.cost for row in last) == sum(before)
