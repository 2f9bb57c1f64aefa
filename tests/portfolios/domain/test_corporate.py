"""Corporate actions: units, cost and gains by hand, and what holds of any chain of them."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.domain.prices import CloseSeries
from portfolios.domain.arrays import columns, day_number, joined
from portfolios.domain.book import ProblemKind
from portfolios.domain.corporate import columns as corporate
from portfolios.domain.corporate.border import bounded, stays
from portfolios.domain.corporate.delisted import delisted_closes, delisted_price
from portfolios.domain.corporate.moves import action_of, fraction, moves
from portfolios.domain.entries import Split
from portfolios.domain.exact import exact
from portfolios.domain.ledger import Ledger, fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.prices import PriceUsed, SplitTable, Valuer
from portfolios.domain.scopes import Scope, within
from portfolios.domain.series import value_series
from portfolios.domain.shortfall import shortfalls, units
from portfolios.domain.statement import statement
from tests.support.corporate import action, chains
from tests.support.ledgers import (
    CURRENCIES,
    FIRST,
    LENGTH,
    QUOTED,
    World,
    days,
    entry,
    money,
    prices,
    rates,
    worlds,
)

LAST = FIRST + timedelta(days=LENGTH)
some = settings(max_examples=25)


def bought(*rows):
    return [
        entry(day, "buy", quantity, price, instrument=1, id=number)
        for number, (day, quantity, price) in enumerate(rows, 1)
    ]


def book(entries, *actions, splits=(), method=CostMethod.FIFO, **more):
    return fold(
        [entry("2024-01-01", "deposit", 100000, id=0), *entries],
        splits,
        more.pop("rates", rates("EUR")),
        base="EUR",
        method=method,
        currencies=more.pop("currencies", {1: "EUR", 2: "EUR", 3: "EUR"}),
        actions=actions,
        **more,
    )


def lots(book, instrument):
    rows = book.holdings[instrument].lots
    return [(row.entry_id, str(row.acquired), row.quantity, row.cost_base) for row in rows]


TWO = (("2024-01-02", 10, 100), ("2024-02-01", 30, 120))


def test_a_spin_off_moves_its_share_of_each_lots_cost_and_keeps_the_dates():
    found = book(bought(*TWO), action("2024-03-01", "spin_off", 1, target=2, ratio=(1, 4), cost_share="0.2"))
    assert lots(found, 1) == [(1, "2024-01-02", 10, 800), (2, "2024-02-01", 30, 2880)]
    assert lots(found, 2) == [(1, "2024-01-02", Decimal("2.5"), 200), (2, "2024-02-01", Decimal("7.5"), 720)]
    assert (found.disposals, len(found.flows)) == ([], 1)


def test_a_spin_off_pays_cash_for_the_fraction_of_the_new_units():
    rows = bought(("2024-01-02", 10, 100), ("2024-02-01", 31, 120))
    spun = action("2024-03-01", "spin_off", 1, target=2, ratio=(1, 4), cost_share="0.2", cash_in_lieu=50)
    found = book(rows, spun)
    # 41 / 4 = 10.25 new units: a quarter of the first lot's 2.5 units, which cost 200, is sold for 12.50
    assert found.holdings[2].quantity == 10
    (sale,) = found.disposals
    assert (sale.quantity, sale.proceeds, sale.cost, sale.price_gain) == (
        Decimal("0.25"),
        Decimal("12.5"),
        20,
        Decimal("-7.5"),
    )
    assert (action_of(sale.entry_id), sale.lot_id) == (str(spun.id), 1)
    assert found.cash["EUR"] == 100000 - 1000 - 3720 + Decimal("12.5")


def test_a_merger_for_shares_carries_lots_dates_and_cost():
    found = book(bought(*TWO), action("2024-03-01", "merger", 1, target=2, ratio=(1, 2)))
    assert lots(found, 1) == []
    assert lots(found, 2) == [(1, "2024-01-02", 5, 1000), (2, "2024-02-01", 15, 3600)]
    assert (found.disposals, len(found.flows)) == ([], 1)


def test_a_merger_for_cash_is_a_sale_of_every_lot():
    found = book(bought(*TWO), action("2024-03-01", "merger", 1, cash=130))
    assert [(row.lot_id, row.proceeds_base, row.price_gain) for row in found.disposals] == [
        (1, 1300, 300),
        (2, 3900, 300),
    ]
    assert (found.cash["EUR"], found.holdings[1].quantity) == (100000 - 4600 + 5200, 0)


def test_a_merger_for_both_sells_the_share_that_cash_has_of_all_that_is_given():
    both = action("2024-03-01", "merger", 1, target=2, ratio=(1, 2), cash=60, cost_share="0.6")
    found = book(bought(*TWO), both)
    assert lots(found, 2) == [(1, "2024-01-02", 5, 600), (2, "2024-02-01", 15, 2160)]
    assert [(row.quantity, row.proceeds, row.cost, row.price_gain) for row in found.disposals] == [
        (4, 600, 400, 200),
        (12, 1800, 1440, 360),
    ]
    assert found.cash["EUR"] == 100000 - 4600 + 2400


def test_what_a_merger_brings_stands_by_its_dates_among_what_is_held():
    rows = [
        entry("2024-01-10", "buy", 5, 50, instrument=2, id="own"),
        *bought(*TWO),
        entry("2024-04-01", "sell", 7, 90, instrument=2, id="sale"),
    ]
    found = book(rows, action("2024-03-01", "merger", 1, target=2, ratio=(1, 2)))
    assert [(row.lot_id, row.quantity) for row in found.disposals] == [(1, 5), ("own", 2)]
    assert shortfalls(rows, [], [action("2024-03-01", "merger", 1, target=2, ratio=(1, 2))]) == {}
    assert shortfalls(rows, [], []) == {"sale": 2}


def test_a_merger_into_another_currency_keeps_the_base_cost_at_the_days_rate():
    table = rates("EUR", USD={"2024-01-01": "0.8", "2024-03-01": "0.9"})
    found = book(
        [entry("2024-01-02", "buy", 10, 100, instrument=1, currency="USD", id=1)],
        action("2024-03-01", "merger", 1, target=2, ratio=(1, 1)),
        currencies={1: "USD", 2: "EUR"},
        rates=table,
    )
    (lot,) = found.holdings[2].lots
    assert (lot.cost, lot.cost_base) == (900, 800)


@pytest.mark.parametrize(
    ("ratio", "left", "sold", "gain"),
    [((1, 3), 33, "0.333333333333333333", "-20"), ((21, 20), 105, None, None)],
)
def test_a_split_pays_cash_for_a_fraction(ratio, left, sold, gain):
    paid = action("2024-03-01", "cash_in_lieu", 1, cash_in_lieu=240)
    found = book(bought(("2024-01-02", 100, 100)), paid, splits=[Split(1, date(2024, 3, 1), *ratio)])
    assert found.holdings[1].quantity == left
    if sold is None:
        assert found.disposals == []
        return
    (sale,) = found.disposals
    assert (sale.quantity, round(sale.price_gain, 9)) == (money(sold), money(gain))
    with exact():
        assert sale.cost + found.holdings[1].lots[0].cost == 10000


def test_a_delisting_that_pays_nothing_realises_the_whole_cost():
    found = book(bought(*TWO), action("2024-03-01", "delisting", 1, cash=0, pays_out=True))
    assert [row.price_gain for row in found.disposals] == [-1000, -3600]
    assert found.holdings[1].quantity == 0


def test_a_delisting_with_a_last_price_leaves_the_units_and_is_the_price_from_then_on():
    gone = action("2024-03-01", "delisting", 1, cash=0)
    assert lots(book(bought(*TWO), gone), 1)[0] == (1, "2024-01-02", 10, 1000)
    close = PriceUsed(money(5), "EUR", date(2024, 2, 28), "x")
    before, on = (1, date(2024, 2, 29)), (1, date(2024, 3, 1))
    assert delisted_price([gone], before, close) is close
    assert delisted_price([gone], on, close).price == 0
    later = PriceUsed(money(5), "EUR", date(2024, 3, 2), "x")
    assert delisted_price([gone], (1, date(2024, 3, 9)), later) is later
    known = {
        1: CloseSeries(np.array([gone.ex_date.toordinal() + at for at in (-1, 0, 2)]), np.array([3.0, 4, 5]))
    }
    assert delisted_closes([gone], known)[1].closes.tolist() == [3, 0, 5]
    assert delisted_closes([gone], {})[1].closes.tolist() == [0]


def test_a_new_unit_without_a_price_is_worth_what_the_old_ones_were():
    table = prices({1: "EUR"}, i1={"2024-02-20": 80})
    merged = action("2024-03-01", "merger", 1, target=2, ratio=(1, 2))
    (move,) = moves(bought(*TWO), [], [merged], table)
    assert (move.quantity, move.received, move.price.price) == (40, 20, 160)
    (move,) = moves(bought(*TWO), [Split(1, date(2024, 2, 25), 2, 1)], [merged])
    assert (move.received, move.price.price) == (40, 120)


def test_the_day_an_action_happens_is_no_gain_of_what_it_turns_into():
    table = prices({1: "EUR", 2: "EUR"}, i1={"2024-02-28": 80}, i2={"2024-02-28": 170, "2024-03-01": 171})
    merged = action("2024-03-01", "merger", 1, target=2, ratio=(1, 2))
    found = statement(
        bought(*TWO), [], rates("EUR"), table, base="EUR", start=date(2024, 2, 29), end=date(2024, 3, 1),
        tracks_cash=False, currencies={1: "EUR", 2: "EUR"}, actions=[merged],
    )  # fmt: skip
    assert (found.lines.net_flows, found.lines.unrealised) == (0, 20 * 171 - 40 * 80)
    assert found.lines.adds_up()


@pytest.mark.parametrize(("text", "part"), [("10.25", "0.25"), ("9.999999999999", 0), ("7.000000000001", 0)])
def test_a_fraction_is_what_is_beyond_whole_units_but_not_rounding(text, part):
    assert fraction(money(text)) == money(part)


def fold_of(world, chain, method=CostMethod.FIFO, until=LAST, **more):
    return fold(
        world.entries, world.splits, world.rates, base="EUR", method=method, tracks_cash=world.tracks_cash,
        until=until, currencies=QUOTED, prices=world.prices, actions=chain, **more,
    )  # fmt: skip


def statement_of(world, chain, start, end, **more):
    return statement(
        world.entries, world.splits, world.rates, world.prices, base="EUR", start=start, end=end,
        tracks_cash=world.tracks_cash, currencies=QUOTED, actions=chain, **more,
    )  # fmt: skip


def total_cost(found):
    """Sum what is still held, what was sold and what left in kind cost."""
    left = [row for row in found.transfers if not row.incoming]
    held = [lot for one in found.holdings.values() for lot in one.lots]
    return sum((row.cost_base for row in [*held, *found.disposals, *left]), Decimal(0))


@some
@given(worlds(), chains(), days(), st.sampled_from(list(CostMethod)))
def test_any_chain_of_actions_conserves_the_cost(world, chain, day, method):
    found, without = fold_of(world, chain, method, day), fold_of(world, [], method, day)
    if not found.problem(ProblemKind.UNKNOWN_COST):
        with exact():
            assert total_cost(found) == total_cost(without)


def beyond_gains(found):
    """Sum the cost of what is held or left in kind and all cash, without gains and money that came."""
    left = [row for row in found.transfers if not row.incoming]
    held = [lot for one in found.holdings.values() for lot in one.lots]
    cost = sum((row.cost_base for row in [*held, *left]), Decimal(0))
    gains = sum((row.price_gain + row.currency_effect for row in found.disposals), Decimal(0))
    return (
        cost
        + sum(found.cash_base.values())
        - gains
        - sum(row.amount for row in found.flows if not row.in_kind)
    )


@some
@given(worlds(), chains(), days(), st.sampled_from(list(CostMethod)))
def test_any_chain_of_actions_on_long_and_short_lots_conserves_cost_and_gains(world, chain, day, method):
    found, without = (fold_of(world, one, method, day, allow_short=True) for one in (chain, []))
    if not found.problem(ProblemKind.UNKNOWN_COST):
        with exact():
            assert beyond_gains(found) == beyond_gains(without)
    for holding in found.holdings.values():
        assert len({lot.quantity > 0 for lot in holding.lots}) < 2


@some
@given(worlds(), chains(), days(), st.booleans())
def test_any_chain_of_actions_leaves_the_units_that_a_plain_walk_counts(world, chain, day, short):
    found = fold_of(world, chain, until=day, allow_short=short)
    for instrument, holding in found.holdings.items():
        counted = units(world.entries, world.splits, chain, instrument, day, allow_short=short)
        assert holding.quantity == counted == sum(lot.quantity for lot in holding.lots)
    missing = found.problem(ProblemKind.MISSING_ACQUISITION)
    by_day = {row.id: row.day for row in world.entries}
    lacking = shortfalls(world.entries, world.splits, chain, allow_short=short)
    assert {row.entry_id: row.quantity for row in missing} == {
        key: lack for key, lack in lacking.items() if by_day[key] <= day
    }


@some
@given(worlds(), chains(), days(), days(), st.booleans())
def test_a_statement_over_any_chain_of_actions_adds_up_without_new_flows(world, chain, one, other, short):
    found = statement_of(world, chain, min(one, other), max(one, other), allow_short=short)
    assert found.lines.adds_up()
    assert found.lines.rounded(2).adds_up()
    assert found.left_out == ()
    if world.tracks_cash:
        assert not any(action_of(flow.entry_id) for flow in found.flows)


@some
@given(worlds(complete=False), chains(), days(), days())
def test_a_statement_over_actions_in_a_market_with_holes_adds_up(world, chain, one, other):
    assert statement_of(world, chain, min(one, other), max(one, other)).lines.adds_up()


def series_of(world, chain, first, last, **more):
    instruments = list(QUOTED)
    done = moves(world.entries, world.splits, chain, world.prices, **more)
    typed = columns(world.entries, instruments, CURRENCIES)
    ledger = joined(corporate.columns(done, instruments, CURRENCIES), typed)
    ends = day_number(first), day_number(last)
    return value_series(ledger, world.market, *ends, tracks_cash=world.tracks_cash, **more)


def test_units_that_are_given_beside_old_ones_are_a_gain_and_no_flow():
    world = World(
        [entry("2024-01-02", "buy", 10, 20, instrument=1)],
        [],
        {key: [(FIRST, Decimal(25))] for key in QUOTED},
        {name: [(FIRST, Decimal(1))] for name in CURRENCIES if name != "EUR"},
        tracks_cash=False,
    )
    spun = [action("2024-01-03", "spin_off", 1, target=2, ratio=(1, 1), cost_share="0")]
    series, found = series_of(world, spun, FIRST, LAST), statement_of(world, spun, FIRST, LAST)
    assert (series.inflow.sum(), series.value[-1]) == (200, 500)
    assert (found.inflows, found.lines.closing) == (200, 500)


@some
@given(worlds(), chains(), days(), st.booleans())
def test_the_daily_series_over_any_chain_of_actions_is_the_decimal_ledger(world, chain, day, short):
    start = FIRST - timedelta(days=1)
    series = series_of(world, chain, start, LAST, allow_short=short)
    found = statement_of(world, chain, start, day, allow_short=short)
    at = (day - start).days

    def close(number, reference):
        return abs(number - float(reference)) <= 1e-9 * max(1e6, abs(float(reference)))

    assert close(series.value[at], found.lines.closing)
    assert close(series.inflow[1 : at + 1].sum(), found.inflows)
    assert close(series.outflow[1 : at + 1].sum(), found.outflows)
    for instrument, holding in fold_of(world, chain, until=day, allow_short=short).holdings.items():
        assert close(series.quantities[at, instrument], holding.quantity)


@some
@given(worlds(), chains(), days(), days())
def test_nothing_stays_beyond_a_border_that_an_action_crosses(world, chain, one, other):
    for outside in ({0}, {1, 2}):
        ledger = Ledger(
            world.entries, world.splits, world.rates, base="EUR", tracks_cash=world.tracks_cash,
            currencies=QUOTED, prices=world.prices, at_market=True,
            left_out_instruments=frozenset(outside), actions=chain,
        )  # fmt: skip
        ledger.run(max(one, other))
        assert not outside & {at for at, held in ledger.positions.items() if held.queue.quantity}


def part_of(world, chain, scope, start, end, **more):
    """State a scope as the reports do: its own entries, those of crossings, and the actions inside."""
    valuer = Valuer(world.prices, world.rates, SplitTable(world.splits))

    def worth(move):
        target = move.action.target
        return valuer.price(target, QUOTED[target], move.ex_date, move.price)

    done = moves(world.entries, world.splits, chain, world.prices, **more)
    given = fold_of(world, chain, **more).given
    rows = within(world.entries, scope, tracks_cash=world.tracks_cash)
    crossing = bounded(done, scope, worth, lambda move: given.get(move.entry_id, ()))
    return statement(
        [*rows, *crossing], world.splits, world.rates, world.prices, base="EUR", start=start, end=end,
        tracks_cash=world.tracks_cash and scope.cash, currencies=QUOTED,
        actions=[one for one in chain if stays(one, scope)], **more,
    )  # fmt: skip


@pytest.mark.parametrize("cash", [False, True])
def test_a_spin_off_over_the_border_goes_and_comes_in_kind(cash):
    price_rows = {
        0: [(FIRST, Decimal(100)), (date(2024, 1, 20), Decimal(75))],
        1: [(date(2024, 1, 10), Decimal(140)), (date(2024, 1, 20), Decimal(150))],
    }
    world = World(
        [
            entry("2024-01-01", "deposit", 1000),
            entry("2024-01-02", "buy", 10, 90, instrument=0),
        ],
        [],
        {**{key: [(FIRST, Decimal(1))] for key in QUOTED}, **price_rows},
        {name: [(FIRST, Decimal(1))] for name in CURRENCIES if name != "EUR"},
        tracks_cash=True,
    )
    spun = [action("2024-01-10", "spin_off", 0, target=1, ratio=(9, 40), cost_share="0.25", cash_in_lieu=144)]

    def lines(instrument):
        found = part_of(world, spun, Scope(frozenset({instrument}), cash=cash), date(2024, 1, 5), LAST)
        names = ("opening", "net_flows", "unrealised", "realised", "income", "closing")
        return found, tuple(getattr(found.lines, name) for name in names)

    # 2.25 units come for 10: 2 are worth 280, a quarter is paid out at 144; a ninth of 250 was its cost
    money, stays = (100, 36) if cash else (0, 0)
    parent, found = lines(0)
    assert found == (1000 + money, -280 - 36 + stays, 0, 36 + 280 - 250, 0, 750 + money + stays)
    (gone,) = parent.rows.transfers
    assert (gone.instrument, gone.incoming, gone.quantity, gone.value_base) == (1, False, 2, 280)
    assert round(gone.cost_base, 9) == Decimal("222.222222222")
    child, found = lines(1)
    assert found == (money, 280 + stays, 20, 0, 0, 300 + money + stays)
    assert [lot.acquired for lot in child.rows.held[0].lots] == [date(2024, 1, 2)]


# Of several actions of one day, one over a border comes last in its part.
apart = chains().map(lambda chain: list({one.ex_date: one for one in chain}.values()))


@some
@given(worlds(), apart, days(), days(), st.booleans())
def test_instruments_and_cash_add_up_to_the_portfolio_over_any_chain_of_actions(
    world, chain, one, other, short
):
    start, end = min(one, other), max(one, other)
    whole = statement_of(world, chain, start, end, allow_short=short).lines
    parts = [*(Scope(frozenset({key}), cash=False) for key in QUOTED), Scope(frozenset())]
    found = [part_of(world, chain, part, start, end, allow_short=short) for part in parts]
    assert all(part.lines.adds_up() and part.lines.rounded(2).adds_up() for part in found)
    assert all(part.left_out == () for part in found)
    for name in ("opening", "closing", "net_flows"):
        if name != "net_flows" or world.tracks_cash:
            away = sum(getattr(part.lines, name) for part in found) - getattr(whole, name)
            assert abs(away) < Decimal("1e-12")
    pair = part_of(world, chain, Scope(frozenset({0, 1})), start, end, allow_short=short)
    assert pair.lines.adds_up()
    earned = {row.entry_id for part in [*found, pair] for row in part.rows.incomes}
    assert not {key for key in earned if action_of(key)}
