"""The default portfolio as the published contract's endpoints show it: orders, positions, coins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core import clock
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors import prices, rates
from portfolios.domain.book import Book, Holding
from portfolios.domain.exact import ZERO, exact, share
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.figures import book
from portfolios.selectors.ledger import Ledger, load, today, units_held


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """One position in the unit its venue quotes; `pnl` in the instrument's major currency.

    None: there is no price yet, or the cost is unknown.
    """

    symbol: str
    quantity: Decimal
    average_price: Decimal | None
    current_price: Decimal | None
    pnl: Decimal | None
    currency: str
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class ContractPositions:
    """All positions; `total_pnl` is in `currency`, and lacks the positions named in `unpriced`.

    That currency is the positions' own where they share one, else the user's base currency.
    """

    positions: list[ContractPosition]
    total_pnl: Decimal
    currency: str
    unpriced: list[str]


@dataclass(frozen=True, slots=True)
class CoinTotal:
    """What the user's coins are worth in `currency`; coins without a price are named in `unpriced`."""

    total: Decimal
    currency: str
    unpriced: list[str]


def default_of(user: Any) -> Portfolio | None:
    """Answer the user's default portfolio, if it was ever written to."""
    return Portfolio.objects.filter(default_for=user).first()


def purchases(user: Any) -> QuerySet[Transaction]:
    """List the purchases in the default portfolio, oldest first."""
    return (
        Transaction.objects.filter(
            portfolio__default_for=user, kind=Transaction.Kind.BUY, deleted_at=None, instrument__isnull=False
        )
        .select_related("instrument")
        .order_by("time", "sequence")
    )


def coin_quantity(portfolio: Portfolio, instrument: Instrument) -> Decimal:
    """Tell how many of a coin the portfolio holds now, redenominations included."""
    return units_held(portfolio, instrument, today(portfolio))


def average_cost(portfolio: Portfolio, instrument: Instrument) -> Decimal | None:
    """Tell what a unit of a position cost on average, in quote units; None: nothing is held, or not known."""
    with exact():
        holding = book(load(portfolio), today(portfolio)).holdings.get(instrument.pk)
        if holding is None or not holding.quantity or holding.currency != instrument.currency:
            return None
        return _average(holding, instrument)


def _average(holding: Holding, instrument: Instrument) -> Decimal | None:
    costs = [lot.cost for lot in holding.lots]
    known = [one for one in costs if one is not None]
    if len(known) < len(costs):
        return None
    return _quoted(share(sum(known, ZERO), Decimal(1), holding.quantity), instrument)


def positions(user: Any) -> ContractPositions:
    """Answer the open positions of the default portfolio at the last known prices."""
    portfolio = default_of(user)
    if portfolio is None:
        return ContractPositions([], ZERO, user.base_currency, [])
    ledger = load(portfolio)
    day = today(portfolio)
    holdings = [one for one in book(ledger, day).holdings.values() if one.quantity]
    ledger.know_prices([one.instrument for one in holdings], [day])
    with exact():
        found = [_position(ledger, one, day) for one in holdings]
    found.sort(key=lambda one: one.symbol)
    return _totalled(ledger, found, day)


def _position(ledger: Ledger, holding: Holding, day: Any) -> ContractPosition:
    instrument = ledger.instruments[holding.instrument]
    used = ledger.price(holding.instrument, day)
    costs = [lot.cost for lot in holding.lots]
    cost = None if None in costs else sum((one for one in costs if one is not None), ZERO)
    price = used.price if used is not None and used.currency == holding.currency else None
    return ContractPosition(
        symbol=instrument.symbol,
        quantity=holding.quantity,
        average_price=_average(holding, instrument),
        current_price=None if price is None else _quoted(price, instrument),
        pnl=None if price is None or cost is None else price * holding.quantity - cost,
        currency=holding.currency,
        timestamp=clock.now(),
    )


def _quoted(amount: Decimal, instrument: Instrument) -> Decimal:
    return amount if instrument.quote_unit == 1 else share(amount, Decimal(1), instrument.quote_unit)


def _totalled(ledger: Ledger, found: list[ContractPosition], day: Any) -> ContractPositions:
    currencies = {one.currency for one in found}
    currency = currencies.pop() if len(currencies) == 1 else ledger.base
    total, unpriced = ZERO, []
    with exact():
        for one in found:
            used = None if currency == one.currency else ledger.rates.rate(one.currency, day)
            rate = Decimal(1) if currency == one.currency else used.rate if used else None
            if one.pnl is None or rate is None:
                unpriced.append(one.symbol)
            else:
                total += one.pnl * rate
    return ContractPositions(found, total, currency, unpriced)


def coin_total(user: Any) -> CoinTotal:
    """Sum the value of the coins in the default portfolio, in the user's base currency."""
    portfolio = default_of(user)
    held = _coins_held(portfolio) if portfolio else {}
    day = clock.today(user.time_zone)
    closes = prices.latest(LIVE_WORLD, [coin.pk for coin in held], day)
    table = rates.rate_table(user.pk, LIVE_WORLD, {coin.currency for coin in held}, user.base_currency)
    total, unpriced = ZERO, []
    with exact():
        for coin, quantity in held.items():
            close = closes.get(coin.pk)
            rate = table.rate(close.currency, day) if close else None
            if close is None or rate is None:
                unpriced.append(coin.coin_id)
            else:
                total += close.price * rate.rate * quantity
    return CoinTotal(total, user.base_currency, sorted(unpriced))


def _coins_held(portfolio: Portfolio) -> dict[Instrument, Decimal]:
    book_now: Book = book(load(portfolio), today(portfolio))
    quantities = {one.instrument: one.quantity for one in book_now.holdings.values() if one.quantity}
    coins = Instrument.objects.filter(pk__in=quantities, kind=Instrument.Kind.CRYPTO).exclude(coin_id="")
    return {coin: quantities[coin.pk] for coin in coins}
