"""The worked examples of docs/algorithms are computed from the tables on the pages: a page cannot drift."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from market.domain.bars import BarRow
from market.domain.basis import AdjustmentBasis, restored_row
from portfolios.domain import relative, risk
from portfolios.domain.arrays import day_of
from portfolios.domain.benchmark import same_flows, total_return
from portfolios.domain.entries import Pick, Split
from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.positions import positions
from portfolios.domain.realised import TaxRule, by_year, realised_rows
from portfolios.domain.rebalancing import Asset, Funding, Wishes, plan
from portfolios.domain.relative import Pair
from portfolios.domain.returns import annualised, daily_returns, simple, time_weighted, xirr
from portfolios.domain.scopes import Scope, within
from portfolios.domain.statement import statement
from tests.support.corporate import action
from tests.support.ledgers import entry, money, prices, rates
from tests.support.series import series

PAGES = Path(__file__).parents[3] / "docs" / "algorithms"
UNITS = {"buy", "sell", "dividend", "transfer_in", "transfer_out"}


def tables(page):
    """Read the tables of a page: a list of rows each, a row by column name."""
    found, header = [], None
    for line in (PAGES / page).read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if header is None:
            header = cells
            found.append([])
        elif set(line) - set("|-"):
            found[-1].append(dict(zip(header, cells, strict=True)))
    return found


def ledger(rows):
    return [
        entry(
            row["Day"],
            row["Kind"],
            row["Quantity"],
            row["Price"],
            instrument=1 if row["Kind"] in UNITS else None,
            currency=row.get("Currency", "EUR"),
            fee=row.get("Fee", 0),
            tax=row.get("Tax", 0),
        )
        for row in rows
    ]


def column(rows, name, key):
    return {row[key]: row[name] for row in rows}


def by_day(rows, name="Price"):
    return column(rows, name, "Day")


def test_page_of_cost_basis_computes_every_method():
    trades, results = tables("cost-basis.md")
    assert {row["Method"] for row in results} == set(CostMethod)
    for row in results:
        book = fold(ledger(trades), [], rates("EUR"), base="EUR", method=CostMethod(row["Method"]))
        with exact():
            charges = sum(sold.acquisition_charges + sold.charges for sold in book.disposals)
            assert sum(sold.cost for sold in book.disposals) == money(row["Relieved"])
            assert sum(sold.price_gain for sold in book.disposals) == money(row["Gain"])
            assert sum(lot.cost for lot in book.holdings[1].lots) == money(row["Cost left"])
            assert charges == money(row["Charges"])
        method = CostMethod(row["Method"])
        book = fold(ledger(trades), [], rates("EUR"), base="EUR", method=method, fees_in_basis=True)
        with exact():
            assert sum(sold.price_gain for sold in book.disposals) == money(row["Gain with fees"])
            assert sum(lot.cost for lot in book.holdings[1].lots) == money(row["Cost left with fees"])
    *bought, sale = ledger(trades)
    chosen = sale._replace(picks=(Pick(bought[2].id, money(10)), Pick(bought[0].id, money(5))))
    book = fold([*bought, chosen], [], rates("EUR"), base="EUR")
    assert (sum(sold.cost for sold in book.disposals), sum(one.price_gain for one in book.disposals)) == (
        1600,
        500,
    )


def test_page_of_currency_computes_the_parts_of_the_gain():
    trades, market, results = tables("currency.md")
    found = statement(
        ledger(trades),
        [],
        rates("EUR", USD=by_day(market, "Rate of USD")),
        prices({1: "USD"}, i1=by_day(market)),
        base="EUR",
        start=date(2024, 1, 9),
        end=date(2024, 6, 28),
    )
    ours = {
        "Price gain": found.lines.unrealised,
        "Currency effect of units": found.currency_of_unrealised,
        "Currency effect of cash": found.currency_of_cash,
        "Net flows": found.lines.net_flows,
        "Closing value": found.lines.closing,
    }
    assert ours == {row["Line"]: money(row["EUR"]) for row in results}
    assert found.lines.adds_up()


def test_page_of_the_statement_computes_exact_and_shown_lines():
    trades, market, results = tables("statement.md")
    found = statement(
        ledger(trades),
        [],
        rates("EUR"),
        prices({1: "EUR"}, i1=by_day(market)),
        base="EUR",
        start=date(2023, 12, 31),
        end=date(2024, 6, 30),
    ).lines
    shown = found.rounded(2)
    names = [field.name for field in fields(found)]
    assert [getattr(found, name) for name in names] == [money(row["Exact"]) for row in results]
    assert [str(getattr(shown, name)) for name in names] == [row["Shown"] for row in results]
    assert found.adds_up()
    assert shown.adds_up()


def test_page_of_returns_computes_every_day_and_the_total():
    trades, market, days, figures = tables("returns.md")
    start, end = days[0]["Day"], days[-1]["Day"]
    found = series(ledger(trades), start, end, prices={1: by_day(market)})
    returns = daily_returns(found.value, found.inflow, found.outflow)
    assert [day_of(number).isoformat() for number in found.days] == [row["Day"] for row in days]
    assert found.value.tolist() == [float(row["Value"]) for row in days]
    assert found.inflow.tolist() == [float(row["In"]) for row in days]
    assert found.outflow.tolist() == [float(row["Out"]) for row in days]
    assert returns.daily == pytest.approx([float(row["Return"]) for row in days], abs=1e-15)
    total, plain = (float(row["Value"]) for row in figures)
    assert time_weighted(returns).value == pytest.approx(total, abs=1e-15)
    net = money(found.inflow[1:].sum() - found.outflow[1:].sum())
    assert simple(money(found.value[0]), money(found.value[-1]), net).value == Decimal(str(plain))
    assert annualised(total, 4).value is None


def test_page_of_xirr_computes_the_rate():
    flows, (figure,) = tables("xirr.md")
    found = xirr([(date.fromisoformat(row["Day"]), float(row["Flow"])) for row in flows])
    assert found.value == pytest.approx(float(figure["Value"]), abs=1e-9)


def test_page_of_valuation_computes_the_position_of_every_day():
    trades, market, results = tables("valuation.md")
    splits = [Split(1, date(2014, 6, 9), 7, 1)]
    table = prices({1: "EUR"}, i1=by_day(market))
    for row in results:
        day = date.fromisoformat(row["Day"])
        book = fold(ledger(trades), splits, rates("EUR"), base="EUR", until=day)
        (view,) = positions(book, splits, rates("EUR"), table, day)
        assert (view.quantity, view.price.price) == (money(row["Quantity"]), money(row["Price used"]))
        assert view.price.as_of == date.fromisoformat(row["Of"])
        assert (view.market_value, view.average_cost) == (money(row["Value"]), money(row["Average cost"]))
        assert view.day_change == money(row["Day change"])


def test_page_of_risk_computes_every_figure():
    _decided, months, figures = tables("risk.md")
    returns = np.array([float(row["Return"]) for row in months])
    ours = {
        "Drawdown": -risk.max_drawdown(returns).value,
        "Volatility": risk.volatility(returns, 12).value,
        "Downside deviation": risk.downside_deviation(returns, 0.0, 12).value,
        "Sharpe": risk.sharpe(returns, 0.0, 12).value,
        "Sortino": risk.sortino(returns, 0.0, 12).value,
        "Omega": risk.omega(returns).value,
        "Annual return": risk.annual_return(returns, 12).value,
        "Calmar": risk.calmar(returns, 12).value,
        "VaR 5 %": risk.value_at_risk(returns, 0.05).value,
        "CVaR 5 %": risk.conditional_value_at_risk(returns, 0.05).value,
    }
    assert ours == pytest.approx({row["Figure"]: float(row["Value"]) for row in figures}, abs=1e-12)


def test_page_of_scopes_computes_each_of_them():
    trades, closes, lines = tables("scopes.md")
    scopes = {
        "Instrument, before taxes": Scope(frozenset({1}), cash=False, taxes=False),
        "Instrument": Scope(frozenset({1}), cash=False),
        "Cash": Scope(frozenset()),
        "Portfolio": Scope(),
    }
    for name, scope in scopes.items():
        found = statement(
            within(ledger(trades), scope, tracks_cash=True),
            [],
            rates("EUR"),
            prices({1: "EUR"}, i1=by_day(closes)),
            base="EUR",
            start=date(2024, 1, 1),
            end=date(2024, 1, 31),
            tracks_cash=scope.cash,
        ).lines
        shown = {
            "Unrealised": found.unrealised,
            "Income": found.income,
            "Fees": found.fees,
            "Taxes": found.taxes,
            "Net flows": found.net_flows,
            "Closing value": found.closing,
        }
        assert shown == {row["Line"]: money(row[name]) for row in lines}, name


def happened(row):
    """Build what a row of the page says of 2024-03-01: its splits, and its actions."""
    kind, day = row["Action"], "2024-03-01"
    new, old = (int(one) for one in row["Ratio"].split(" for ")) if row["Ratio"] else (0, 1)
    more = {"cash": row["Cash"], "cost_share": row["Cost"], "cash_in_lieu": row["Lieu"]}
    more = {name: value for name, value in more.items() if value}
    if kind in {"split", "stock_dividend"}:
        new += old if kind == "stock_dividend" else 0
        paid = [action(day, "cash_in_lieu", 1, **more)] if more else []
        return [Split(1, date.fromisoformat(day), new, old)], paid
    target = {"target": 2, "ratio": (new, old)} if row["Ratio"] else {}
    return [], [action(day, kind, 1, pays_out=kind == "delisting", **target, **more)]


def test_page_of_corporate_actions_computes_every_kind():
    _kinds, trades, results, _prices = tables("corporate-actions.md")
    bought = [entry(row["Day"], "buy", row["Quantity"], row["Price"], instrument=1) for row in trades]
    quoted = {1: "EUR", 2: "EUR", 3: "EUR"}
    for row in results:
        splits, actions = happened(row)
        book = fold(bought, splits, rates("EUR"), base="EUR", currencies=quoted, actions=actions)
        with exact():
            for name, instrument in (("AAA", 1), ("BBB", 2)):
                lots = book.holdings[instrument].lots if instrument in book.holdings else ()
                assert sum(lot.quantity for lot in lots) == money(row[name])
                assert sum(lot.cost for lot in lots) == money(row[f"{name} cost"])
            assert sum(sold.proceeds for sold in book.disposals) == money(row["Paid"])
            assert sum(sold.price_gain for sold in book.disposals) == money(row["Realised"])
    chain = [
        action("2024-03-01", "spin_off", 1, target=2, ratio=(1, 4), cost_share="0.2"),
        action("2024-03-03", "merger", 2, target=3, ratio=(1, 5)),
    ]
    doubled = [Split(2, date(2024, 3, 2), 2, 1)]
    book = fold(bought, doubled, rates("EUR"), base="EUR", currencies=quoted, actions=chain)
    assert [lot.cost for lot in book.holdings[1].lots] == [800, 2976]
    assert [(str(lot.acquired), lot.cost) for lot in book.holdings[3].lots] == [
        ("2024-01-02", 200),
        ("2024-02-01", 744),
    ]


def test_page_of_benchmarks_computes_every_figure_and_the_same_flows():
    _decided, months, figures, days = tables("benchmarks.md")
    pair = Pair(*(np.array([float(row[name]) for row in months]) for name in ("Ours", "Benchmark")))
    ours = {
        "Beta": relative.beta(pair).value,
        "Alpha": relative.alpha(pair, 0.0, 12).value,
        "Tracking error": relative.tracking_error(pair, 12).value,
        "Information ratio": relative.information_ratio(pair).value,
        "Down capture": relative.down_capture(pair).value,
    }
    assert ours == pytest.approx({row["Figure"]: float(row["Value"]) for row in figures}, abs=1e-12)
    close, dividend, paid, worth = (
        np.array([float(row[name]) for row in days]) for name in ("Close", "Dividend", "Paid in", "Worth")
    )
    index = total_return(close, dividend)
    found = same_flows(index, paid[0], paid * [0, 1, 1], np.zeros(3))
    assert found.value == pytest.approx(worth)


def test_page_of_realised_gains_sorts_sales_by_tax_year_and_holding_period():
    trades, results, totals = tables("realised-gains.md")
    book = fold(ledger(trades), [], rates("EUR"), base="EUR")
    for name, start in (("Year from January", (1, 1)), ("Year from 6 April", (4, 6))):
        rows = realised_rows(book, TaxRule(start))
        found = [
            (str(row.disposal.day), str(row.disposal.acquired), row.disposal.quantity, row.days, row.term)
            for row in rows
        ]
        assert found == [
            (row["Sold"], row["Bought"], money(row["Quantity"]), int(row["Days"]), row["Term"])
            for row in results
        ]
        assert [row.gain for row in rows] == [money(row["Gain"]) for row in results]
        assert [row.year for row in rows] == [int(row[name]) for row in results]
    years = by_year(realised_rows(book, TaxRule()), TaxRule())
    names = ("proceeds", "cost", "gain", "gains", "losses", "short", "long", "charges")
    assert [(one.year, *(getattr(one, name) for name in names)) for one in years] == [
        (int(row["Year from January"]), *(money(row[name.capitalize()]) for name in names)) for row in totals
    ]


def test_page_of_short_positions_opens_one_and_closes_it():
    trades, states = tables("short-positions.md")
    for row in states:
        day = date.fromisoformat(row["Day"])
        book = fold(ledger(trades), [], rates("EUR"), base="EUR", allow_short=True, until=day)
        holding = book.holdings[1]
        assert holding.quantity == money(row["Units"])
        assert sum(lot.cost for lot in holding.lots) == money(row["Cost"])
        assert sum(one.price_gain for one in book.disposals) == money(row["Realised so far"])
        assert book.problems == []
    (view,) = positions(
        fold(ledger(trades), [], rates("EUR"), base="EUR", allow_short=True, until=date(2024, 2, 29)),
        [],
        rates("EUR"),
        prices({1: "EUR"}, i1={"2024-02-29": 95}),
        date(2024, 2, 29),
    )
    assert (view.market_value, view.unrealised, view.average_cost) == (-570, 30, 100)


def test_rebalancing_page():
    (held, wanted) = tables("rebalancing.md")
    rows = [row for row in held if row["group"] != "(cash)"]
    assets = [
        Asset(at, row["group"], *(Decimal(row[name]) for name in ("units", "price", "lot")))
        for at, row in enumerate(rows)
    ]
    targets = {row["group"]: Decimal(row["target"]) for row in held}
    for row in wanted:
        wishes = Wishes(targets, Funding(row["funding"]), Decimal(row["new money"]))
        found = plan(assets, Decimal(1000), wishes)
        units = {one.group: one.units for one in found.trades}
        assert [units.get(one.group, Decimal(0)) for one in assets] == [
            Decimal(row[one.group]) for one in assets
        ]
        assert found.cash_after == Decimal(row["cash after"])


def test_page_of_corporate_actions_converts_adjusted_prices():
    *_others, rows = tables("corporate-actions.md")
    known = [
        Split(1, date(2024, 3, 4), 3, 2),
        Split(1, date(2024, 5, 6), 1, 10),
        Split(1, date(2024, 7, 1), 4, 1),
    ]
    late = Split(1, date(2024, 4, 2), 2, 1)
    basis = AdjustmentBasis(date(2024, 6, 28))
    for row in rows:
        day = date.fromisoformat(row["Day"])
        given = BarRow(day, money(row["Given"]), volume=money(row["Given volume"]))
        assert str(basis.ratio(known, day)) == row["Ratio"]
        for splits, close, volume in (
            (known, "As traded", "Volume"),
            ([*known, late], "After the late split", "Volume then"),
        ):
            traded = restored_row(given, basis.ratio(splits, day))
            assert traded == BarRow(day, money(row[close]), volume=money(row[volume]))
