"""Checks of a portfolio beside the market: prices, volumes, splits, rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market.domain.actions import Split
from market.models import Instrument
from portfolios.domain.book import ProblemKind
from portfolios.domain.entries import EntryKind
from portfolios.selectors.quality.base import Found, Mend, Severity, SharedScope, midnight, of_entry
from portfolios.selectors.quality.registry import check
from portfolios.selectors.quality.trades import Trade, hidden_split
from portfolios.selectors.valuation import STALE_AFTER

# beyond what one person trades, where no volume is known to compare with
MOST_UNITS, MOST_COINS = Decimal(10) ** 9, Decimal(10) ** 15
MANY_UNITS, MUCH_MONEY = Decimal(10) ** 6, Decimal(10) ** 8
_TRADES = frozenset({EntryKind.BUY, EntryKind.SELL})


RANGE = _(
    "%(symbol)s was traded at %(price)s on %(day)s; "
    "that day's prices went from %(low)s to %(high)s %(currency)s."
)


@check("price-range", Severity.MEDIUM, Mend.ENTRY, title=_("Price outside the day's range"), sentence=RANGE)
def price_range(scope: SharedScope) -> Iterator[Found]:
    """Find trades at prices that were not paid that day, unless a later split explains them."""
    for one in scope.trades:
        if not one.is_same_day or one.fits(one.price) or hidden_split(one, scope.ledger.splits):
            continue
        pence = one.fits(one.price / 100) or one.fits(one.price * 100)
        hint = _("It is off by a factor of 100: was it typed in pence or cents?") if pence else ""
        yield _of_range(scope, one, hint)


@check("price-edge", Severity.LOW, Mend.ENTRY, title=_("Price just outside the day's range"), sentence=RANGE)
def price_edge(scope: SharedScope) -> Iterator[Found]:
    """Find trades that are off the day's range by little, as on another venue."""
    for one in scope.trades:
        if one.is_same_day and one.is_outside and one.fits(one.price):
            yield _of_range(scope, one)


def _of_range(scope: SharedScope, one: Trade, hint: Promise | str = "") -> Found:
    values = {name: getattr(one, name) for name in ("price", "day", "low", "high", "currency")}
    return Found(
        facts=(one.id, one.price, one.low, one.high),
        values={"symbol": scope.symbol(one.instrument), **values},
        entry=one.id,
        instrument=one.instrument,
        time=one.time,
        hint=hint,
    )


@check(
    "quantity-volume",
    Severity.MEDIUM,
    Mend.ENTRY,
    title=_("Implausible quantity"),
    sentence=_(
        "%(quantity)s %(symbol)s on %(day)s is more than is plausible: "
        "that day %(volume)s changed hands on the whole market."
    ),
)
def quantity_volume(scope: SharedScope) -> Iterator[Found]:
    """Find trades of more units than all the market traded that day."""
    for one in scope.trades:
        if one.volume and one.quantity > one.volume:
            entry, volume = scope.by_id[one.id], one.volume
            yield of_entry(scope, entry, one.quantity, volume, quantity=one.quantity, volume=volume)


@check(
    "quantity-size",
    Severity.MEDIUM,
    Mend.ENTRY,
    title=_("Implausible quantity"),
    sentence=_("%(quantity)s %(symbol)s on %(day)s is more than one person trades."),
)
def quantity_size(scope: SharedScope) -> Iterator[Found]:
    """Find trades that are too large whatever the market, where its volume does not tell already."""
    told = {one.id for one in scope.trades if one.volume and one.quantity > one.volume}
    for entry in scope.ledger.entries:
        if entry.quantity <= MANY_UNITS or entry.kind not in _TRADES or entry.instrument is None:
            continue
        coin = scope.ledger.instruments[entry.instrument].kind == Instrument.Kind.CRYPTO
        much = entry.price is not None and entry.quantity * entry.price > MUCH_MONEY
        if (much or entry.quantity > (MOST_COINS if coin else MOST_UNITS)) and entry.id not in told:
            yield of_entry(scope, entry, entry.quantity, entry.price, quantity=entry.quantity)


@check(
    "split-ignored",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("Split counted twice"),
    sentence=_(
        "%(symbol)s was split %(numerator)s for %(denominator)s on %(split_day)s, but the price of %(day)s "
        "looks adjusted for it already. Enter quantity and price as they were on that day; the split is "
        "applied to them."
    ),
)
def split_ignored(scope: SharedScope) -> Iterator[Found]:
    """Find trades before a split that were entered as if it had happened: one finding a split."""
    groups: dict[Split, list[Trade]] = defaultdict(list)
    for one in scope.trades:
        split = None if one.fits(one.price) else hidden_split(one, scope.ledger.splits)
        if split is not None:
            groups[split].append(one)
    for split, rows in groups.items():
        first = rows[0]
        yield Found(
            facts=(scope.listing(split.instrument), split.ex_date, *((row.id, row.price) for row in rows)),
            values={
                "symbol": scope.symbol(split.instrument), "numerator": split.numerator,
                "denominator": split.denominator, "split_day": split.ex_date, "day": first.day,
            },
            entry=first.id,
            instrument=split.instrument,
            time=first.time,
        )  # fmt: skip


@check(
    "no-price",
    Severity.HIGH,
    Mend.PRICES,
    title=_("No price for %(symbol)s"),
    sentence=_(
        "%(symbol)s is held and has no price, so that its value is not known or taken from your own trade."
    ),
)
def no_price(scope: SharedScope) -> Iterator[Found]:
    """Find what is held without any price of the market."""
    for instrument in _held(scope):
        if scope.ledger.price(instrument, scope.day) is None:
            facts = (scope.listing(instrument),)
            yield Found(facts, {"symbol": scope.symbol(instrument)}, instrument=instrument)


@check(
    "stale-price",
    Severity.MEDIUM,
    Mend.PRICES,
    title=_("Old price of %(symbol)s"),
    sentence=_("The last price of %(symbol)s is of %(day)s; its value today is not known."),
)
def stale_price(scope: SharedScope) -> Iterator[Found]:
    """Find what is held at a price older than a week; a sample's prices are nobody's to mend."""
    if scope.ledger.portfolio.is_sample:
        return
    for instrument in _held(scope):
        used = scope.ledger.price(instrument, scope.day)
        if used is not None and scope.day - used.as_of > STALE_AFTER:
            values: dict[str, object] = {"symbol": scope.symbol(instrument), "day": used.as_of}
            facts = (scope.listing(instrument), used.as_of)
            yield Found(facts, values, instrument=instrument, time=midnight(used.as_of))


@check(
    "no-rate",
    Severity.HIGH,
    Mend.RATES,
    title=_("No exchange rate for %(currency)s"),
    sentence=_(
        "There is no exchange rate from %(currency)s to %(base)s on %(day)s; what needs it is left out."
    ),
)
def no_rate(scope: SharedScope) -> Iterator[Found]:
    """Find currencies without a rate on a day that needs one: one finding each, of the first such day."""
    base, rates = scope.ledger.base, scope.ledger.rates
    first: dict[str, date] = {}
    for one in scope.book.problem(ProblemKind.NO_RATE):
        first.setdefault(one.currency, one.day)
    held = {scope.ledger.instruments[key].currency for key in _held(scope)}
    for currency in sorted(held | {name for name, amount in scope.book.cash.items() if amount}):
        if currency not in first and currency != base and rates.rate(currency, scope.day) is None:
            first[currency] = scope.day
    for currency in sorted(first):
        known = currency in rates.currencies()
        facts = (currency, first[currency] if known else "")
        values: dict[str, object] = {"currency": currency, "base": base, "day": first[currency]}
        yield Found(facts, values, currency=currency, time=midnight(first[currency]))


def _held(scope: SharedScope) -> list[int]:
    """List what is held, with the prices of the day at hand."""
    found = [one.instrument for one in scope.book.holdings.values() if one.quantity]
    scope.ledger.know_prices(found, [scope.day])
    return found
