"""Statements against Portfolio Performance."""

from datetime import date

import pytest

from portfolios.domain.ledger import fold
from portfolios.domain.statement import statement
from tests.support.ledgers import entry, money, prices, rates
from tests.support.reference import reference
from tests.support.tables import CrossRates

KINDS = {
    "DEPOSIT": ("deposit", 1),
    "REMOVAL": ("withdrawal", 1),
    "INTEREST": ("interest", 1),
    "INTEREST_CHARGE": ("interest", -1),
    "TAXES": ("tax", 1),
    "TAX_REFUND": ("tax", -1),
    "FEES": ("fee", 1),
    "FEES_REFUND": ("fee", -1),
}
INSTRUMENTS = {"BASF": 1, "AAPL": 2}
QUOTED = {1: "EUR", 2: "USD"}


def rows_of(account, currency):
    """Turn bookings, whose amount is what moved on the account, into entries with gross amounts."""
    rows = []
    for day, what, net, *costs in account:
        fee, tax = (money(costs[0].get(name, 0) if costs else 0) for name in ("fee", "tax"))
        name, *rest = what.split()
        more = {"currency": currency, "fee": fee, "tax": tax}
        if name in KINDS:
            kind, sign = KINDS[name]
            rows.append(entry(day, kind, sign * (money(net) + (tax if name == "INTEREST" else 0)), **more))
            continue
        more["instrument"] = INSTRUMENTS[rest[0]]
        bought = name in {"BUY", "DELIVERY_INBOUND"}
        gross = money(net) - fee - tax if bought else money(net) + fee + tax
        if name == "DIVIDEND":
            rows.append(entry(day, "dividend", 1, gross, **more))
            continue
        shares = int(rest[1])
        kind = {
            "BUY": "buy",
            "SELL": "sell",
            "DELIVERY_INBOUND": "transfer_in",
            "DELIVERY_OUTBOUND": "transfer_out",
        }
        rows.append(entry(day, kind[name], shares, gross / shares, **more))
        if name.startswith("DELIVERY"):
            # Its costs are paid from outside there, from the cash here.
            rows.append(entry(day, "deposit", fee + tax, currency=currency))
    return rows


@reference("pp-performance-statement-full")
def test_statement_of_two_accounts_and_currencies_is_that_of_portfolio_performance(case):
    given, expected = case["inputs"], case["expected"]
    entries = [
        *rows_of(given["eur_account"] + given["eur_portfolio_extra"], "EUR"),
        *rows_of(given["usd_account"] + given["usd_portfolio_extra"], "USD"),
    ]
    dollars = sorted((date.fromisoformat(day), money(rate)) for day, rate in given["eur_usd"].items())
    market = prices(QUOTED, i1=given["prices"]["BASF_EUR"], i2=given["prices"]["AAPL_USD"])
    start, end = (date.fromisoformat(day) for day in given["period"])
    found = statement(
        entries, [], CrossRates("EUR", "EUR", {"USD": dollars}), market, base="EUR", start=start, end=end
    )
    lines = found.lines
    assert lines.adds_up()
    assert found.left_out == ()
    ours = {
        "initial_value": lines.opening,
        # There the currency part of a security's gain is inside the gain, and that of cash a line.
        "unrealised_gains": lines.unrealised + found.currency_of_unrealised,
        "realised_gains": lines.realised + found.currency_of_realised,
        "earnings": lines.income,
        "fees": lines.fees,
        "taxes": lines.taxes,
        "currency_gains": found.currency_of_cash,
        "transfers": lines.net_flows,
        "final_value": lines.closing,
    }
    # The source rounds every booking to cents first; so a line may be a cent off.
    assert {name: float(amount) for name, amount in ours.items()} == pytest.approx(expected, abs=0.011)


@pytest.mark.parametrize("book", ["A", "B", "C"])
@reference("pp-statement-deposit-interest")
def test_statement_leaves_the_first_day_out_and_takes_the_last_in(case, book):
    rows = [entry(day, kind.lower(), amount) for day, kind, amount in case["inputs"][book]]
    start, end = (date.fromisoformat(day) for day in case["inputs"]["period"])
    lines = statement(rows, [], rates("EUR"), prices({}), base="EUR", start=start, end=end).lines
    expected = case["expected"][book]
    assert (lines.opening, lines.income, lines.closing) == (
        expected["initial"],
        expected["earnings"],
        expected["final"],
    )


@reference("pp-dividend-gross")
def test_income_of_a_dividend_is_gross_of_the_tax_withheld(case):
    net, tax = case["inputs"]["dividend_net"], case["inputs"]["tax"]
    row = entry("2024-01-02", "dividend", 1, net + tax, instrument=1, tax=tax)
    book = fold([row], [], rates("EUR"), base="EUR")
    assert book.incomes[0].base == case["expected"]["gross"] == case["expected"]["earnings"]
    assert book.charges[0].base == case["expected"]["taxes"]
    assert book.cash == {"EUR": net}
