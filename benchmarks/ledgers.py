"""Synthetic ledgers, the same for every program that is measured.

One portfolio in USD: 50 instruments with a close on each weekday from 2015 to 2024, monthly
deposits, and buys (55 %), sells (30 %) and dividends at the day's close. Amounts are exact, cash
and holdings never negative, the order of the rows within a day is the booking order. The same seed
always tells the same story, so what it comes to is known: `KNOWN`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

SEED = 20240229
START, END = date(2015, 1, 1), date(2024, 12, 31)
SYMBOLS = ["S" + chr(65 + number // 26) + chr(65 + number % 26) for number in range(50)]
CENT, THOUSANDTH, ZERO, ONE = Decimal("0.01"), Decimal("0.001"), Decimal(0), Decimal(1)
WEEKDAYS = [
    day
    for day in (START + timedelta(number) for number in range((END - START).days + 1))
    if day.weekday() < 5
]


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction: for a deposit the quantity is the amount, for a dividend the price is per share."""

    day: date
    kind: str
    symbol: str
    quantity: Decimal
    price: Decimal
    fee: Decimal


def closes() -> dict[str, dict[date, Decimal]]:
    """Make the closes: a geometric random walk in cents, the same for every size of ledger."""
    chance = random.Random(SEED + 1)
    series: dict[str, dict[date, Decimal]] = {}
    for symbol in SYMBOLS:
        price, drift, spread = (
            chance.uniform(20, 300), chance.uniform(-0.00005, 0.0006), chance.uniform(0.008, 0.025),
        )  # fmt: skip
        series[symbol] = {}
        for day in WEEKDAYS:
            series[symbol][day] = max(ONE, Decimal(str(round(price, 2))).quantize(CENT))
            price = max(1.0, price * (1 + chance.gauss(drift, spread)))
    return series


class _Account:
    """The state of the account while its story is made up."""

    def __init__(self, prices: dict[str, dict[date, Decimal]]) -> None:
        self.chance = random.Random(SEED)
        self.prices, self.cash, self.rows = prices, ZERO, list[Row]()
        self.held = dict.fromkeys(SYMBOLS, ZERO)

    def deposit(self, day: date, amount: Decimal) -> None:
        self.rows.append(Row(day, "DEPOSIT", "", amount, ONE, ZERO))
        self.cash += amount

    def act(self, day: date) -> None:
        """Buy, sell or be paid a dividend."""
        draw = self.chance.random()
        owned = [symbol for symbol in SYMBOLS if self.held[symbol] > 0]
        if (draw < 0.55 or not owned) and self.buy(day):
            return
        symbol = self.chance.choice(owned)
        if draw < 0.85:
            self.sell(day, symbol)
        else:
            self.be_paid(day, symbol)

    def buy(self, day: date) -> bool:
        symbol = self.chance.choice(SYMBOLS)
        price, fee = self.prices[symbol][day], Decimal(self.chance.choice(["0.00", "1.00", "1.50", "4.95"]))
        share = Decimal(str(round(self.chance.uniform(0.01, 0.04), 4)))
        quantity = ((self.cash - fee) * share / price).quantize(THOUSANDTH, ROUND_DOWN)
        if quantity <= 0:
            return False
        self.rows.append(Row(day, "BUY", symbol, quantity, price, fee))
        self.cash -= quantity * price + fee
        self.held[symbol] += quantity
        return True

    def sell(self, day: date, symbol: str) -> None:
        price, fee = self.prices[symbol][day], Decimal(self.chance.choice(["0.00", "1.00", "1.50"]))
        part = Decimal(str(self.chance.choice([1.0, 0.5, 0.25, 0.1])))
        quantity = max(THOUSANDTH, (self.held[symbol] * part).quantize(THOUSANDTH, ROUND_DOWN))
        quantity = min(quantity, self.held[symbol])
        fee = ZERO if quantity * price < fee else fee
        self.rows.append(Row(day, "SELL", symbol, quantity, price, fee))
        self.cash += quantity * price - fee
        self.held[symbol] -= quantity

    def be_paid(self, day: date, symbol: str) -> None:
        price = self.prices[symbol][day]
        per_share = max(
            CENT, Decimal(str(round(float(price) * self.chance.uniform(0.002, 0.01), 2))).quantize(CENT)
        )
        self.rows.append(Row(day, "DIVIDEND", symbol, self.held[symbol], per_share, ZERO))
        self.cash += self.held[symbol] * per_share


def ledger(size: int, prices: dict[str, dict[date, Decimal]]) -> list[Row]:
    """Make a ledger of `size` transactions."""
    account = _Account(prices)
    firsts = {(day.year, day.month): day for day in reversed(WEEKDAYS)}
    deposits = {day: Decimal("2000.00") for day in firsts.values()} | {WEEKDAYS[0]: Decimal("100000.00")}
    trading = sorted(account.chance.choices(WEEKDAYS[1:], k=size - len(deposits)))
    at = 0
    for day in WEEKDAYS:
        if day in deposits:
            account.deposit(day, deposits[day])
        while at < len(trading) and trading[at] == day:
            account.act(day)
            at += 1
    return account.rows


@dataclass(frozen=True, slots=True)
class Known:
    """What a ledger comes to on its last day: its value, and its gains by FIFO before fees; USD."""

    total: Decimal
    realised: Decimal


KNOWN = {
    1_000: Known(Decimal("496144.44959"), Decimal("83922.76621")),
    10_000: Known(Decimal("508736.80903"), Decimal("137241.45591")),
    50_000: Known(Decimal("671540.12035"), Decimal("105678.34745")),
}


def write_journal(rows: list[Row], prices: dict[str, dict[date, Decimal]], folder: Path) -> Path:
    """Write the ledger for hledger and ledger; answer the main file."""
    with (folder / "prices.journal").open("w") as file:
        for day in WEEKDAYS:
            file.writelines(f"P {day} {symbol} {prices[symbol][day]} USD\n" for symbol in SYMBOLS)
    main = folder / "main.journal"
    with main.open("w") as file:
        file.write("include prices.journal\n\n")
        file.writelines(_entry(row) for row in rows)
    return main


def _entry(row: Row) -> str:
    amount = row.quantity * row.price
    head = f"{row.day} {row.kind} {row.symbol}\n"
    if row.kind == "DEPOSIT":
        return f"{head}    assets:broker:cash    {amount} USD\n    equity:external    {-amount} USD\n\n"
    if row.kind == "DIVIDEND":
        return f"{head}    assets:broker:cash    {amount} USD\n    income:dividends    {-amount} USD\n\n"
    sign = 1 if row.kind == "BUY" else -1
    fee = f"    expenses:fees    {row.fee} USD\n" if row.fee else ""
    return (
        f"{head}    assets:broker:{row.symbol}    {sign * row.quantity} {row.symbol} @ {row.price} USD\n"
        f"{fee}    assets:broker:cash    {-(sign * amount + row.fee)} USD\n\n"
    )


def write_beancount(rows: list[Row], prices: dict[str, dict[date, Decimal]], folder: Path) -> Path:
    """Write the ledger for beancount, lots by FIFO; answer the file."""
    accounts = ("Assets:Broker:Cash", "Equity:External", "Expenses:Fees", "Income:Dividends", "Income:Gains")
    main = folder / "main.beancount"
    with main.open("w") as file:
        file.write('option "operating_currency" "USD"\n')
        file.writelines(f"{START} open {account}\n" for account in accounts)
        file.writelines(f'{START} open Assets:Broker:{symbol} {symbol} "FIFO"\n' for symbol in SYMBOLS)
        file.writelines(_postings(row) for row in rows)
        for day in WEEKDAYS:
            file.writelines(f"{day} price {symbol} {prices[symbol][day]} USD\n" for symbol in SYMBOLS)
    return main


def _postings(row: Row) -> str:
    amount = row.quantity * row.price
    head = f'{row.day} * "{row.kind} {row.symbol}"\n'
    if row.kind == "DEPOSIT":
        return f"{head}  Assets:Broker:Cash  {amount} USD\n  Equity:External  {-amount} USD\n"
    if row.kind == "DIVIDEND":
        return f"{head}  Assets:Broker:Cash  {amount} USD\n  Income:Dividends  {-amount} USD\n"
    fee = f"  Expenses:Fees  {row.fee} USD\n" if row.fee else ""
    if row.kind == "BUY":
        lot = f"  Assets:Broker:{row.symbol}  {row.quantity} {row.symbol} {{{row.price} USD}}\n"
        return f"{head}{lot}{fee}  Assets:Broker:Cash  {-(amount + row.fee)} USD\n"
    lot = f"  Assets:Broker:{row.symbol}  {-row.quantity} {row.symbol} {{}} @ {row.price} USD\n"
    return f"{head}{lot}{fee}  Assets:Broker:Cash  {amount - row.fee} USD\n  Income:Gains\n"
