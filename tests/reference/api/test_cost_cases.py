"""Cost, gains, fees, dividends and statements of the outside cases, read over the REST API."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.reference.api.program import text
from tests.support.ledgers import money
from tests.support.reference import reference


def by_amount(program, portfolio, rows):
    """Book trades whose whole amount is given."""
    held = program.instrument("SEC")
    for row in rows:
        price = round(money(row["amount"]) / money(row["shares"]), 18)
        portfolio.trade(row["date"], row["type"].lower(), held, row["shares"], price)
    return held


def cents(amount):
    return round(float(amount), 2)


@pytest.mark.parametrize(("method", "name"), [("fifo", "fifo"), ("average", "moving_average")])
@reference("pp-cost-1")
def test_cost_over_the_api_of_what_is_left_is_that_of_portfolio_performance(case, method, name, program):
    portfolio, expected = program.portfolio(cost_method=method), case["expected"]
    held = by_amount(program, portfolio, case["inputs"]["transactions"])
    program.closes(held, {"2010-03-01": case["inputs"]["last_price"]})
    view = portfolio.position(date="01-03-2010")
    assert cents(view["cost_basis"]) == expected[f"cost_{name}"]
    assert cents(view["realised"]) == expected[f"realised_{name}"]
    assert cents(view["unrealised"]) == expected[f"unrealised_{name}"]


def forex(program, case, base, method="fifo"):
    held = program.instrument("SEC", "USD", {"2024-03-31": case["inputs"]["end"]["price_usd"]})
    program.rates("EUR", "USD", {"2024-03-31": case["inputs"]["end"]["eur_usd"]})
    portfolio = program.portfolio(base, cost_method=method)
    for row in case["inputs"]["transactions"]:
        kind = {"IN": "buy", "OUT": "sell"}[row["type"]]
        own_rate = {} if base == "USD" else {"fx_rate": text(row["rate"])}
        price = money(row["usd"]) / money(row["shares"])
        portfolio.trade(row["date"], kind, held, row["shares"], price, **own_rate)
    return portfolio.position(date="2024-03-31")


@reference("pp-cost-forex")
def test_realised_over_the_api_in_a_foreign_currency_uses_the_rates_of_the_trades(case, program):
    expected = case["expected"]["in_EUR"]
    view = forex(program, case, "EUR")
    assert money(view["realised"]) == expected["realised_fifo"]
    # By hand: 50 at 50 USD bought at 0.90, sold at 70 USD at 0.88; the rate did 50 × 50 × (0.88 - 0.90).
    assert (view["realised_price"], view["realised_currency"]) == ("880", "-50")
    # What is left cost 50 × 50 × 0.90 + 50 × 60 × 0.85 = 4800 and is worth 100 × 80 / 1.1588.
    assert view["cost_basis"] == "4800"
    assert float(view["unrealised"]) == pytest.approx(8000 / 1.1588 - 4800, abs=1e-9)


@reference("pp-cost-forex")
def test_gains_over_the_api_by_average_cost_have_the_currency_part_of_portfolio_performance(case, program):
    expected, view = case["expected"]["in_EUR"], forex(program, case, "EUR", "average")
    for name in ("realised", "unrealised"):
        assert cents(view[name]) == expected[f"{name}_average"]
        assert cents(view[f"{name}_currency"]) == expected[f"{name}_average_fx_part"]


@reference("pp-cost-forex")
def test_gains_over_the_api_in_the_currency_of_the_instrument_have_no_currency_part(case, program):
    expected = case["expected"]["in_USD"]
    view = forex(program, case, "USD")
    assert money(view["realised"]) == expected["realised_fifo"]
    assert money(view["realised_currency"]) == expected["realised_fx_part"]
    assert money(view["unrealised"]) == expected["unrealised_fifo"]
    assert money(view["unrealised_currency"]) == expected["unrealised_fx_part"]


@reference("pp-cost-cent-rounding-to-zero")
def test_cost_over_the_api_of_nothing_held_is_nothing(case, program):
    portfolio = program.portfolio()
    by_amount(program, portfolio, case["inputs"]["transactions"])
    assert portfolio.rows("positions") == []
    assert portfolio.rows("lots") == []
    closed = portfolio.position(closed="true")
    assert (closed["quantity"], money(closed["cost_basis"])) == ("0", case["expected"]["cost_fifo"])
    assert sum(money(row["cost"]) for row in portfolio.rows("disposals")) == money("0.01")


@reference("pp-cost-large-position")
def test_cost_over_the_api_of_a_large_position_keeps_every_digit(case, program):
    portfolio, expected = program.portfolio(), case["expected"]
    by_amount(program, portfolio, case["inputs"]["transactions"])
    (lot,) = portfolio.rows("lots")
    view = portfolio.position()
    assert money(lot["quantity"]) == expected["shares_held"]
    assert money(lot["cost"]) == money(expected["cost"])
    assert money(view["average_cost"]) == money(expected["cost_per_share"])


def bought(program, case, units="amount", cost="price", day="time", **settings):
    portfolio, held = program.portfolio(**settings), program.instrument("SEC")
    for row in case["inputs"]["lots"]:
        portfolio.trade(row[day], "buy", held, row[units], row[cost])
    return portfolio, held


@reference("rotki-fifo-holding-period")
def test_disposals_over_the_api_tell_what_was_held_over_a_year(case, program):
    portfolio, held = bought(program, case)
    portfolio.trade(case["inputs"]["sale"]["time"], "sell", held, case["inputs"]["sale"]["amount"], 700)
    free, taxed = [], []
    for row in portfolio.rows("disposals"):
        age = date.fromisoformat(row["date"]) - date.fromisoformat(row["acquired"])
        (free if age > timedelta(days=case["inputs"]["tax_free_after_days"]) else taxed).append(row)
    expected = case["expected"]
    assert sum(money(row["quantity"]) for row in taxed) == expected["taxable_amount"]
    assert sum(money(row["cost"]) for row in taxed) == money(expected["taxable_cost"])
    assert sum(money(row["cost"]) for row in free) == money(expected["tax_free_cost"])
    left = [money(row["quantity"]) for row in portfolio.rows("lots")]
    assert left == [row["amount"] for row in expected["remaining"]]


@reference("rotki-fifo-two-sales")
def test_two_sales_over_the_api_take_one_lot_in_parts(case, program):
    portfolio, held = bought(program, case)
    left = []
    for sale in case["inputs"]["sales"]:
        portfolio.trade(sale["time"], "sell", held, sale["amount"], 700)
        left.append(sum(money(row["quantity"]) for row in portfolio.rows("lots")))
    assert left == case["expected"]["remaining_after"]
    costs = [money(row["cost"]) for row in portfolio.rows("disposals")]
    assert costs == [money(cost) for cost in case["expected"]["cost"]]


OVERSOLD = ("rotki-sell-more-than-held-within-year", "rotki-sell-more-than-held-after-year")


@reference(*OVERSOLD)
def test_short_sale_over_the_api_is_refused(case, program):
    portfolio, held = bought(program, case)
    sale = case["inputs"]["sale"]
    answer = portfolio.try_add(
        sale["time"], "sell", instrument=held, quantity=text(sale["amount"]), price="700"
    )
    assert answer.problem() == (400, "oversold", ["quantity"])
    assert portfolio.rows("disposals") == []


@reference(*OVERSOLD)
def test_imported_sale_over_the_api_without_its_purchase_is_marked_incomplete(case, program):
    portfolio, sale = program.portfolio(), case["inputs"]["sale"]
    program.instrument("SEC")
    rows = [f"{row['time']},buy,SEC,{row['amount']},{row['price']}" for row in case["inputs"]["lots"]]
    rows.append(f"{sale['time']},sell,SEC,{sale['amount']},700")
    content = "\n".join(["date,type,symbol,quantity,price", *rows])
    path = f"{portfolio.path}/imports"
    made = program.done("POST", path, {"content": content, "mapping": {"currency": "EUR"}})
    assert program.done("POST", f"{path}/{made['id']}/apply", {})["result"]["imported"] == 3
    free, taxed = money(0), money(0)
    for row in portfolio.rows("disposals"):
        age = date.fromisoformat(sale["time"]) - date.fromisoformat(row["acquired"] or sale["time"])
        if age > timedelta(days=case["inputs"]["tax_free_after_days"]):
            free += money(row["cost"])
        else:
            taxed += money(row["cost"])
    expected = case["expected"]
    assert (taxed, free) == (money(expected["taxable_cost"]), money(expected["tax_free_cost"]))
    assert [row["quantity"] for row in portfolio.rows("disposals") if row["missing_acquisition"]] == ["1"]
    assert portfolio.position(closed="true")["incomplete"] is not expected["complete"]
    (problem,) = portfolio.read("valuation")["problems"]
    assert (problem["kind"], problem["quantity"]) == ("missing-acquisition", "1")


@reference("rotki-fees-fifo-vs-acb")
def test_gain_over_the_api_by_average_cost_with_fees_in_it(case, program):
    portfolio, held = program.portfolio(cost_method="average", fees_in_basis=True), program.instrument("SEC")
    for day, (side, amount, total, fee) in enumerate(case["inputs"]["trades"], start=1):
        price = money(total) / amount
        portfolio.trade(f"2024-01-0{day}", side.lower(), held, amount, price, fee=text(fee))
    gains = [money(row["price_gain"]) for row in portfolio.rows("disposals")]
    assert gains == case["expected"]["average_fee_in_cost"]["sale_pnl"]


@reference("rotki-fees-fifo-vs-acb")
def test_gain_over_the_api_leaves_fees_aside(case, program):
    portfolio, held = program.portfolio(), program.instrument("SEC")
    for day, (side, amount, total, fee) in enumerate(case["inputs"]["trades"], start=1):
        price = money(total) / amount
        portfolio.trade(f"2024-01-0{day}", side.lower(), held, amount, price, fee=text(fee))
    expected = case["expected"]["fifo_fee_separate"]
    assert [money(row["price_gain"]) for row in portfolio.rows("disposals")] == expected["sale_pnl"]
    assert money(portfolio.read("valuation")["fees"]) == -4 * expected["each_fee_pnl"]


@reference("beancount-fifo-7", "beancount-fifo-12", "beancount-lifo-7")
def test_lots_over_the_api_are_taken_by_day_and_not_by_order_of_entry(case, program):
    portfolio, held = bought(program, case, "units", "cost", "date", cost_method=case["group"])
    portfolio.trade("2015-10-04", "sell", held, case["inputs"]["sell_units"], 130)
    taken = [
        [money(row["quantity"]), money(row["cost"]) / money(row["quantity"])]
        for row in portfolio.rows("disposals")
    ]
    assert taken == [[units, money(cost)] for units, cost in case["expected"]["taken"]]
    left = [
        [money(row["quantity"]), money(row["cost"]) / money(row["quantity"])]
        for row in portfolio.rows("lots")
    ]
    assert sorted(left) == sorted([units, money(cost)] for units, cost in case["expected"]["left"])


@reference("beancount-average-merge")
def test_average_cost_over_the_api_of_two_lots_before_and_after_a_sale_is_their_mean(case, program):
    portfolio, held = program.portfolio(cost_method="average"), program.instrument("SEC")
    for row in case["inputs"]["lots"]:
        portfolio.trade("2024-01-01", "buy", held, row["units"], row["cost"])
    assert money(portfolio.position()["average_cost"]) == money(case["expected"]["average"])
    portfolio.trade("2024-01-09", "sell", held, case["inputs"]["sell_units"], 1)
    view = portfolio.position()
    assert money(view["quantity"]) == case["expected"]["left_units"]
    assert money(view["average_cost"]) == money(case["expected"]["average"])


@reference("sure-average-after-full-sale", "maybe-weighted-average")
def test_average_cost_over_the_api_is_weighted_and_begins_anew_after_a_full_sale(case, program):
    portfolio, held = program.portfolio(cost_method="average"), program.instrument("SEC")
    for day, (side, amount, price) in enumerate(case["inputs"]["events"], start=1):
        portfolio.trade(f"2024-01-0{day}", side.lower(), held, amount, price or 1)
    found = float(portfolio.position()["average_cost"])
    assert found == pytest.approx(case["expected"]["average_cost"], abs=case["tolerance"])


@reference("pp-dividend-gross")
def test_dividend_over_the_api_is_income_gross_of_its_tax(case, program):
    portfolio, (net, tax) = program.portfolio(), (case["inputs"]["dividend_net"], case["inputs"]["tax"])
    portfolio.money("2024-01-02", "dividend", net + tax, tax=text(tax), instrument=program.instrument("SEC"))
    found = portfolio.read("valuation")
    assert money(found["income"]) == case["expected"]["gross"] == case["expected"]["earnings"]
    assert money(found["taxes"]) == case["expected"]["taxes"]
    assert money(found["total"]) == net


@pytest.mark.parametrize("book", ["A", "B", "C"])
@reference("pp-statement-deposit-interest")
def test_statement_over_the_api_leaves_the_first_day_out_and_takes_the_last_in(case, book, program):
    portfolio = program.portfolio()
    for day, kind, amount in case["inputs"][book]:
        portfolio.money(day, kind.lower(), amount)
    start, end = case["inputs"]["period"]
    found = portfolio.read("statement", start=start, end=end)
    expected = case["expected"][book]
    assert money(found["opening_value"]) == expected["initial"]
    assert money(found["income"]) == expected["earnings"]
    assert money(found["closing_value"]) == expected["final"]


MONEY = {
    "DEPOSIT": ("deposit", 1),
    "REMOVAL": ("withdrawal", 1),
    "INTEREST": ("interest", 1),
    "INTEREST_CHARGE": ("interest", -1),
    "TAXES": ("tax", 1),
    "TAX_REFUND": ("tax", -1),
    "FEES": ("fee", 1),
    "FEES_REFUND": ("fee", -1),
}
UNITS = {"BUY": "buy", "SELL": "sell", "DELIVERY_INBOUND": "transfer_in", "DELIVERY_OUTBOUND": "transfer_out"}


def book_account(program, portfolio, rows, currency):
    """Book what moved on an account; the amounts there are net of fee and tax."""
    for day, what, net, *costs in rows:
        fee, tax = (money(costs[0].get(name, 0) if costs else 0) for name in ("fee", "tax"))
        name, *rest = what.split()
        more = {"currency": currency, "fee": text(fee), "tax": text(tax)}
        if name in MONEY:
            kind, sign = MONEY[name]
            portfolio.money(day, kind, sign * (money(net) + (tax if name == "INTEREST" else 0)), **more)
            continue
        held = program.symbols[rest[0]]
        gross = money(net) + (-fee - tax if name in {"BUY", "DELIVERY_INBOUND"} else fee + tax)
        if name == "DIVIDEND":
            portfolio.money(day, "dividend", gross, instrument=held, **more)
            continue
        portfolio.trade(day, UNITS[name], held, rest[1], round(gross / int(rest[1]), 18), **more)
        if name.startswith("DELIVERY"):  # its costs are paid from outside there, from the cash here
            portfolio.money(day, "deposit", fee + tax, currency=currency)


@reference("pp-performance-statement-full")
def test_statement_over_the_api_of_two_currencies_is_that_of_portfolio_performance(case, program):
    given, expected = case["inputs"], case["expected"]
    program.instrument("BASF", "EUR", given["prices"]["BASF_EUR"])
    program.instrument("AAPL", "USD", given["prices"]["AAPL_USD"])
    program.rates("EUR", "USD", {"2014-05-25": 1.2141, **given["eur_usd"]})
    portfolio = program.portfolio("EUR")
    book_account(program, portfolio, given["eur_account"] + given["eur_portfolio_extra"], "EUR")
    book_account(program, portfolio, given["usd_account"] + given["usd_portfolio_extra"], "USD")
    start, end = given["period"]
    found = portfolio.read("statement", start=start, end=end)
    parts = found["parts"]
    ours = {
        "initial_value": money(found["opening_value"]),
        # There the currency part of a security's gain is inside the gain, and that of cash a line.
        "unrealised_gains": money(found["unrealised"]) + money(parts["currency_of_unrealised"]),
        "realised_gains": money(found["realised"]) + money(parts["currency_of_realised"]),
        "earnings": money(found["income"]),
        "fees": money(found["fees"]),
        "taxes": money(found["taxes"]),
        "currency_gains": money(parts["currency_of_cash"]),
        "transfers": money(found["net_flows"]),
        "final_value": money(found["closing_value"]),
    }
    # The source rounds every booking to cents first; so a line may be a cent off.
    assert {name: float(amount) for name, amount in ours.items()} == pytest.approx(expected, abs=0.011)
    assert found["left_out"] == []
    gain = sum(money(found[name]) for name in ("unrealised", "realised", "income", "currency_effect"))
    moved = gain - money(found["fees"]) - money(found["taxes"]) + money(found["net_flows"])
    assert money(found["opening_value"]) + moved == money(found["closing_value"])
