"""Sample portfolios: what a newcomer sees before their own numbers are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.models import LIVE_WORLD
from market.domain.actions import Dividend, Split
from market.domain.prices import PriceUsed
from market.models import Instrument
from market.selectors import actions, prices
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO
from portfolios.models import Portfolio
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions

CENT = Decimal("0.01")
WITHHELD = Decimal("0.15")
OPENED_AT, TRADED_AT = time(9, 0), time(17, 0)
FRIDAY = 4
PLAN_YEARS = 6
MONTHLY, CHARGE = Decimal(1500), Decimal("2.50")
FRACTION = Decimal("0.0001")
WHOLE_SHARES = frozenset({"AAPL", "MSFT", "IBM", "GOOG", "FB"})


@dataclass(frozen=True, slots=True)
class Step:
    """One act of the story: money in or out (`symbol` empty), or a trade at that day's close.

    `amount`: money for a deposit; for a trade shares (of the real ones) or money to spend. `fee` is
    in the instrument's currency; without a symbol money is in USD.
    """

    day: date
    kind: EntryKind
    symbol: str
    amount: Decimal
    fee: Decimal = ZERO


def _step(day: str, kind: EntryKind, symbol: str, amount: str, fee: str = "0") -> Step:
    return Step(date.fromisoformat(day), kind, symbol, Decimal(amount), Decimal(fee))


BUY, SELL, DEPOSIT = EntryKind.BUY, EntryKind.SELL, EntryKind.DEPOSIT
# Real shares through the crash of 2000, the splits of AAPL and MSFT, 2008, and the rise after it.
HISTORY = (
    _step("2000-03-01", DEPOSIT, "", "60000"),
    _step("2000-03-02", BUY, "AAPL", "100", "14.95"),
    _step("2000-03-02", BUY, "MSFT", "150", "14.95"),
    _step("2000-03-03", BUY, "IBM", "100", "14.95"),
    _step("2001-10-01", BUY, "MSFT", "100", "14.95"),
    _step("2002-07-24", DEPOSIT, "", "10000"),
    _step("2002-07-24", BUY, "IBM", "100", "9.95"),
    _step("2004-09-01", DEPOSIT, "", "10000"),
    _step("2004-09-01", BUY, "GOOG", "100", "9.95"),
    _step("2006-01-17", SELL, "AAPL", "100", "9.95"),
    _step("2008-10-10", BUY, "AAPL", "120", "7.95"),
    _step("2009-03-09", BUY, "IBM", "60", "7.95"),
    _step("2010-05-06", SELL, "MSFT", "200", "7.95"),
    _step("2012-05-18", BUY, "FB", "150", "4.95"),
    _step("2012-09-19", SELL, "AAPL", "60", "4.95"),
)


@transaction.atomic
def create_history_sample(*, actor: Actor, owner_id: Any, listings: dict[str, Instrument]) -> Portfolio:
    """Create a portfolio of real shares from 2000 to 2013, in EUR, with dividends and withheld tax.

    `listings` maps the symbols AAPL, MSFT, IBM, GOOG and FB to instruments that have their prices
    and corporate actions.
    """
    portfolio = create_portfolio(
        actor=actor,
        owner_id=owner_id,
        name=_("Real shares, 2000 to 2013"),
        currency="EUR",
        time_zone="America/New_York",
        note=_("Real daily prices of AAPL, IBM, MSFT, GOOG and FB. They end on 1 March 2013."),
        is_sample=True,
    )
    return _told(actor, portfolio, HISTORY, listings, date(2013, 3, 1))


@transaction.atomic
def create_fictional_sample(
    *,
    actor: Actor,
    owner_id: Any,
    listings: dict[str, Instrument],
    currency: str,
    time_zone: str,
    until: date,
) -> Portfolio:
    """Create a savings plan over the last years in fictional instruments, up to `until`.

    Each month an amount is paid in and spent on the next of `listings`, in that one's currency.
    """
    portfolio = create_portfolio(
        actor=actor,
        owner_id=owner_id,
        name=_("Fictional savings plan"),
        currency=currency,
        time_zone=time_zone,
        note=_("Invented companies with invented prices, to show how everything looks."),
        is_sample=True,
    )
    return _told(actor, portfolio, list(_savings_plan(listings, until)), listings, until)


def _savings_plan(listings: dict[str, Instrument], until: date) -> Iterator[Step]:
    symbols = list(listings)
    first = date(until.year - PLAN_YEARS, until.month, 1)
    for month in range(PLAN_YEARS * 12 + 1):
        year, index = divmod(first.month - 1 + month, 12)
        day = _weekday(date(first.year + year, index + 1, 3))
        if day <= until:
            symbol = symbols[month % len(symbols)]
            yield Step(day, DEPOSIT, symbol, MONTHLY)
            yield Step(day, BUY, symbol, MONTHLY - CHARGE, CHARGE)


def _weekday(day: date) -> date:
    """Answer the day itself, or the Monday after a weekend."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > FRIDAY else 0)


def _told(
    actor: Actor, portfolio: Portfolio, steps: Sequence[Step], listings: dict[str, Instrument], last: date
) -> Portfolio:
    """Write the steps and the dividends that follow from them."""
    pairs = {(listings[step.symbol].pk, step.day) for step in steps if step.symbol}
    closes = prices.closes_at(LIVE_WORLD, pairs)
    zone = ZoneInfo(portfolio.time_zone)
    inputs = [_input(step, listings, closes, zone) for step in steps]
    inputs += _dividends(inputs, list(listings.values()), zone, last)
    add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=sorted(inputs, key=lambda one: one.time))
    return portfolio


def _input(
    step: Step,
    listings: dict[str, Instrument],
    closes: dict[tuple[int, date], PriceUsed],
    zone: ZoneInfo,
) -> TransactionInput:
    instrument = listings.get(step.symbol)
    when = datetime.combine(step.day, OPENED_AT if step.kind is DEPOSIT else TRADED_AT, tzinfo=zone)
    currency = instrument.currency if instrument else "USD"
    if step.kind is DEPOSIT or instrument is None:
        return TransactionInput(
            kind=DEPOSIT, time=when.astimezone(UTC), quantity=step.amount, price=None, currency=currency
        )
    close = closes[instrument.pk, step.day].price
    shares = (
        step.amount if step.symbol in WHOLE_SHARES else (step.amount / close).quantize(FRACTION, ROUND_DOWN)
    )
    return TransactionInput(
        kind=step.kind,
        time=when.astimezone(UTC),
        instrument=instrument,
        quantity=shares,
        price=close,
        currency=currency,
        fee=step.fee,
    )


def _dividends(
    trades: Sequence[TransactionInput], held: Sequence[Instrument], zone: ZoneInfo, last: date
) -> list[TransactionInput]:
    """Pay each dividend on what was held before its ex-date, with tax withheld."""
    found = []
    for instrument in held:
        changes = [one for one in trades if one.instrument == instrument]
        splits = actions.splits([instrument.pk])
        for dividend in actions.dividends([instrument.pk]):
            shares = _held_before(dividend.ex_date, changes, splits, zone)
            if shares > 0 and dividend.ex_date <= last:
                found.append(_paid(dividend, instrument, shares, zone))
    return found


def _paid(dividend: Dividend, instrument: Instrument, shares: Decimal, zone: ZoneInfo) -> TransactionInput:
    return TransactionInput(
        kind=EntryKind.DIVIDEND,
        time=datetime.combine(dividend.ex_date, TRADED_AT, tzinfo=zone).astimezone(UTC),
        instrument=instrument,
        quantity=shares,
        price=dividend.amount,
        currency=dividend.currency,
        tax=(shares * dividend.amount * WITHHELD).quantize(CENT),
    )


def _held_before(
    day: date, changes: Sequence[TransactionInput], splits: Sequence[Split], zone: ZoneInfo
) -> Decimal:
    """Count the shares held at the start of `day`, in the shares of that day."""
    total = ZERO
    for change in changes:
        traded = change.time.astimezone(zone).date()
        if traded >= day:
            continue
        shares = change.quantity if change.kind is BUY else -change.quantity
        for split in splits:
            if traded < split.ex_date <= day:
                shares = shares * split.numerator / split.denominator
        total += shares
    return total
