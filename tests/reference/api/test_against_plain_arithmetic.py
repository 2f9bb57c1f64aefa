"""A year of made-up bookings over the REST API, against a plain reckoning day by day.

The reckoning below shares no code with the platform: lists, decimals and loops, slow and short.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from random import Random

import pytest

D, ZERO = Decimal, Decimal(0)
FIRST, DAYS = date(2023, 1, 2), 366
QUOTED = {"AAA": "EUR", "BBB": "USD", "CCC": "JPY", "DDD": "GBP"}
SCALE = {"EUR": D(1), "USD": D("0.9"), "JPY": D("0.0064"), "GBP": D("1.15")}
SPLITS = {"AAA": [(date(2023, 5, 10), 2, 1)], "CCC": [(date(2023, 3, 6), 3, 2), (date(2023, 9, 4), 1, 5)]}
CHECKED = (0, 1, 63, 128, 129, 245, 365)


def day(number):
    return FIRST + timedelta(days=number)


class Market:
    """Prices and rates on some days, from the first on."""

    def __init__(self, random):
        self.prices = {name: self.series(random, D(50)) for name in QUOTED}
        self.rates = {code: self.series(random, SCALE[code]) for code in SCALE if code != "EUR"}

    def series(self, random, start):
        days = sorted({0, *random.sample(range(1, DAYS), 40)})
        return {
            day(number): (start * D(random.randint(80, 125)) / 100).quantize(D("1E-6")) for number in days
        }

    def rate(self, code, on):
        return (
            D(1)
            if code == "EUR"
            else self.rates[code][max(known for known in self.rates[code] if known <= on)]
        )

    def price(self, name, on):
        """Take the last known price, in the units of the day."""
        known = max(known for known in self.prices[name] if known <= on)
        price = self.prices[name][known]
        for ex_date, new, old in SPLITS.get(name, []):
            if known < ex_date <= on:
                price = price * old / new
        return price


def bookings(random, market):
    """Make rows as the API takes them; sales never exceed what is held."""
    held, rows = defaultdict(D), [{"date": day(0), "kind": "deposit", "amount": D(5000), "currency": "EUR"}]
    for number in sorted(random.sample(range(1, DAYS), 90)):
        on = day(number)
        name = random.choice(list(QUOTED))
        for ex_date, new, old in SPLITS.get(name, []):
            if (name, ex_date) not in held and ex_date <= on:
                held[name], held[name, ex_date] = held[name] * new / old, D(1)
        row = booking(random, market, on, name, held)
        if random.random() < 0.4:
            row |= {"fee": D(random.randint(1, 900)) / 100, "fee_currency": random.choice(list(SCALE))}
        if row["currency"] != "EUR" and random.random() < 0.3:
            off = D(random.randint(95, 105)) / 100
            row["fx_rate"] = (market.rate(row["currency"], on) * off).quantize(D("1E-8"))
        rows.append(row)
    return rows


def booking(random, market, on, name, held):
    kind = random.choice(
        ["buy", "buy", "buy", "sell", "dividend", "deposit", "withdrawal", "interest", "tax"]
    )
    if kind == "sell" and held[name] < 1:
        kind = "buy"
    if kind in {"deposit", "withdrawal", "interest", "tax"}:
        amount = D(random.randint(100, 90000)) / 100
        return {"date": on, "kind": kind, "amount": amount, "currency": random.choice(list(SCALE))}
    quantity = D(random.randint(1, 12)) * 10
    if kind == "sell":
        quantity = (held[name] * random.randint(1, 4) / 4).quantize(D("1E-3"), "ROUND_DOWN")
    held[name] += {"buy": quantity, "sell": -quantity, "dividend": 0}[kind]
    price = (market.price(name, on) * random.randint(90, 110) / 100).quantize(D("1E-4"))
    if kind == "dividend":
        price = D("0.25")
    return {
        "date": on,
        "kind": kind,
        "instrument": name,
        "quantity": quantity,
        "price": price,
        "currency": QUOTED[name],
    }


@dataclass
class Reckoning:
    """Where everything stands at the end of a day; sums in euros."""

    tracks_cash: bool
    cash: dict = field(default_factory=lambda: defaultdict(D))
    lots: dict = field(default_factory=lambda: defaultdict(list))
    realised: Decimal = ZERO
    income: Decimal = ZERO
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    inflow: Decimal = ZERO
    outflow: Decimal = ZERO

    def begin(self, on):
        self.inflow = self.outflow = D(0)
        for name, splits in SPLITS.items():
            for ex_date, new, old in splits:
                if ex_date == on:
                    self.lots[name] = [[units * new / old, cost] for units, cost in self.lots[name]]

    def flow(self, amount):
        if amount > 0:
            self.inflow += amount
        else:
            self.outflow -= amount

    def book(self, row, market):
        code, kind = row["currency"], row["kind"]
        rate = row.get("fx_rate") or market.rate(code, row["date"])
        amount = row["amount"] if "amount" in row else row["quantity"] * row["price"]
        sign = {"buy": -1, "withdrawal": -1, "tax": -1}.get(kind, 1)
        paid = sign * amount * rate
        if kind == "buy":
            self.lots[row["instrument"]].append([row["quantity"], amount * rate])
        elif kind == "sell":
            self.realised += amount * rate - self.relieve(row["instrument"], row["quantity"])
        elif kind in {"dividend", "interest"}:
            self.income += amount * rate
        elif kind == "tax":
            self.taxes += amount * rate
        external = kind in {"deposit", "withdrawal"}
        if fee := row.get("fee"):
            fee_rate = rate if row["fee_currency"] == code else market.rate(row["fee_currency"], row["date"])
            self.fees += fee * fee_rate
            self.cash[row["fee_currency"]] -= fee
            paid = paid if external else paid - fee * fee_rate
        self.cash[code] += sign * amount
        if not self.tracks_cash:
            self.flow((row["fee"] * fee_rate if fee else D(0)) if external else -paid)
        elif external:
            self.flow(paid)

    def relieve(self, name, units):
        cost = D(0)
        while units:
            lot = self.lots[name][0]
            take = min(units, lot[0])
            part = lot[1] * take / lot[0]
            cost, units = cost + part, units - take
            lot[0], lot[1] = lot[0] - take, lot[1] - part
            if not lot[0]:
                self.lots[name].pop(0)
        return cost

    def units(self, name):
        return sum((lot[0] for lot in self.lots[name]), D(0))

    def value(self, market, on):
        held = sum(
            (self.units(name) * market.price(name, on) * market.rate(QUOTED[name], on) for name in QUOTED),
            D(0),
        )
        money = sum((amount * market.rate(code, on) for code, amount in self.cash.items()), D(0))
        return held + money if self.tracks_cash else held


def reckoned(rows, market, tracks_cash):
    """Yield each day with the state at its end, its value and its flows."""
    state = Reckoning(tracks_cash)
    for number in range(DAYS):
        on = day(number)
        state.begin(on)
        for row in rows:
            if row["date"] == on:
                state.book(row, market)
        yield number, state, state.value(market, on)


def set_up(program, rows, market, tracks_cash):
    for name, code in QUOTED.items():
        program.instrument(
            name, code, {known.isoformat(): price for known, price in market.prices[name].items()}
        )
        for ex_date, new, old in SPLITS.get(name, []):
            program.split(program.symbols[name], ex_date.isoformat(), new, old)
    for code, rates in market.rates.items():
        program.rates(code, "EUR", {known.isoformat(): rate for known, rate in rates.items()})
    portfolio = program.portfolio("EUR", tracks_cash=tracks_cash)
    named = [
        {**row, "instrument": program.symbols[row["instrument"]]} if "instrument" in row else row
        for row in rows
    ]
    portfolio.batch(named)
    return portfolio


def check(portfolio, state, value, on):
    near = {"rel": D("1E-15"), "abs": D("1E-12")}
    found = portfolio.read("valuation", date=on)
    assert found["incomplete"] is False
    assert D(found["total"]) == pytest.approx(value, **near)
    assert D(found["realised"]) == pytest.approx(state.realised, **near)
    assert (D(found["fees"]), D(found["taxes"]), D(found["income"])) == (
        state.fees,
        state.taxes,
        state.income,
    )
    cost = sum((lot[1] for lots in state.lots.values() for lot in lots), D(0))
    assert D(found["cost_basis"]) == pytest.approx(cost, **near)
    if state.tracks_cash:
        assert {row["currency"]: D(row["amount"]) for row in found["cash"]} == {
            code: amount for code, amount in state.cash.items() if amount
        }
    held = {row["symbol"]: D(row["quantity"]) for row in portfolio.rows("positions", date=on)}
    assert held == {name: state.units(name) for name in QUOTED if state.units(name)}


@pytest.mark.parametrize("tracks_cash", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_year_of_bookings_over_the_api_is_that_of_plain_arithmetic(program, seed, tracks_cash):
    random = Random(seed)
    market = Market(random)
    rows = bookings(random, market)
    portfolio = set_up(program, rows, market, tracks_cash)
    growth, before, flows, linked, values = 1.0, D(0), [], [], []
    with localcontext() as context:
        context.prec = 60
        for number, state, value in reckoned(rows, market, tracks_cash):
            if number in CHECKED:
                check(portfolio, state, value, day(number).isoformat())
            begin = before + state.inflow
            # An account that begins a day with less than nothing has no return from there on.
            growth = None if growth is None or begin < 0 else growth
            if growth is not None and begin:
                growth *= float((value + state.outflow) / begin)
            values.append(float(value))
            linked.append(None if growth is None else growth - 1)
            flows.append(state.outflow - state.inflow)
            before = value
    rows = portfolio.rows("series", end=day(DAYS - 1).isoformat())[1:]
    assert [float(row["value"]) for row in rows] == pytest.approx(values, rel=1e-9)
    found = [None if row["time_weighted"] is None else float(row["time_weighted"]) for row in rows]
    assert found == pytest.approx(linked, abs=1e-9)
    performance = portfolio.read("performance", end=day(DAYS - 1).isoformat())
    flows[-1] += before
    assert (performance["time_weighted"] is None) is (growth is None)
    rate = 1 + float(performance["money_weighted"])
    paid = [float(amount) / rate ** (number / 365) for number, amount in enumerate(flows)]
    assert sum(paid) == pytest.approx(0, abs=1e-6 * sum(map(abs, paid)))
    statement = portfolio.read("statement", end=day(DAYS - 1).isoformat())
    assert float(statement["gain"]) == pytest.approx(float(sum(flows)), abs=1e-9)
