"""What a quote does to what is known: it moves the price, becomes history, or is held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from market.domain.actions import Split, factor
from market.domain.charts import scaled
from market.domain.plausibility import Doubt, doubt_of_price, doubt_of_time, is_jump
from market.domain.prices import Quality


@dataclass(frozen=True, slots=True)
class NewQuote:
    """A price as a source tells it, raw and in quote units, true at the instant `at`.

    `open`, `high`, `low` and `volume` are of the exchange's day so far, `previous_close` is of the day
    before; None: the source does not say. `currency` is the major currency the source names, "" if none.
    """

    instrument: int
    price: Decimal
    at: datetime
    source: str
    quality: Quality = Quality.LIVE
    currency: str = ""
    bid: Decimal | None = None
    ask: Decimal | None = None
    volume: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    previous_close: Decimal | None = None


@dataclass(slots=True)
class KnownQuote:
    """The newest quote of an instrument, as the table has it; see `market.models.Quote`."""

    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    volume: Decimal | None
    open: Decimal | None
    high: Decimal
    low: Decimal
    previous_close: Decimal | None
    at: datetime
    day: date
    splits_through: date
    source: str
    quality: str


@dataclass(slots=True)
class Listing:
    """What is known of an instrument before a batch. `closes` are raw, in quote units, by day."""

    instrument: int
    currency: str
    zone: ZoneInfo
    is_fictional: bool
    quote: KnownQuote | None
    closes: dict[date, Decimal] = field(default_factory=dict)
    splits: Sequence[Split] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """How a price moved; `previous` is None for the first one and in the units of `price`."""

    instrument: int
    previous: Decimal | None
    price: Decimal
    low: Decimal
    high: Decimal


@dataclass(slots=True)
class DayBar:
    """What quotes tell of a day that is over. `closes`: its last quote is among them, not only late ones."""

    day: date
    close: Decimal
    high: Decimal
    low: Decimal
    source: str
    open: Decimal | None = None
    volume: Decimal | None = None
    closes: bool = False


@dataclass(slots=True)
class Outcome:
    """What a batch does to one instrument; `quote` is the newest one now, if it is another."""

    quote: KnownQuote | None = None
    move: Move | None = None
    bars: dict[date, DayBar] = field(default_factory=dict)
    held: list[tuple[NewQuote, Doubt, Decimal | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a world asks of quotes: its time `now`, and whether invented prices are for real instruments too.

    `trusted`: somebody looked at the quotes and takes them as they are.
    """

    now: datetime
    invents_all: bool = False
    trusted: bool = False


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Tell the date of an instant at an exchange."""
    return at.astimezone(zone).date()


def fold(listing: Listing, quotes: Sequence[NewQuote], rules: Rules) -> Outcome:
    """Take the quotes of one instrument in the order in which they were true."""
    known, outcome = listing.quote, Outcome()
    for new in quotes if len(quotes) == 1 else sorted(quotes, key=lambda one: one.at):
        day = day_of(new.at, listing.zone)
        previous = _previous(listing, known, day)
        doubt = _doubt(listing, new, previous, rules, waits=_waits(listing.splits, known, day))
        if doubt is not None:
            outcome.held.append((new, doubt, previous))
        elif known is not None and new.at < known.at:
            _keep_late(outcome, known, new, day)
        elif known is None or new.at > known.at or new.price != known.price:
            if known is not None and known.day < day:
                _join(outcome.bars, closed(known))
            _move(outcome, new, previous)
            known = outcome.quote = _next(listing, known, new, day)
    return outcome


def closed(known: KnownQuote) -> DayBar:
    """Make the bar of a quote's day, once that is over."""
    return DayBar(
        known.day, known.price, known.high, known.low, known.source, known.open, known.volume, closes=True
    )


def last_known(listing: Listing, at: datetime) -> Decimal | None:
    """Return the newest price before the instant, in the units of its day."""
    day = day_of(at, listing.zone)
    quote = listing.quote
    return quote.price if quote is not None and quote.day >= day else _last_close(listing, quote, day)


def _previous(listing: Listing, known: KnownQuote | None, day: date) -> Decimal | None:
    """Return the price that a quote of `day` moves from, in the units of that day."""
    if known is None:
        return _last_close(listing, None, day)
    return known.price if known.day >= day else _carried(listing, known.day, known.price, day)


def _last_close(listing: Listing, known: KnownQuote | None, day: date) -> Decimal | None:
    """Return the last close before `day` in the units of that day; a quote's own where no bar is as new."""
    candidates = {} if known is None else {known.day: known.price}
    candidates |= {on: close for on, close in listing.closes.items() if on < day}
    if not candidates:
        return None
    last = max(candidates)
    return _carried(listing, last, candidates[last], day)


def _carried(listing: Listing, since: date, price: Decimal, day: date) -> Decimal:
    return scaled(price, factor(listing.splits, since, day))


def _doubt(
    listing: Listing, new: NewQuote, previous: Decimal | None, rules: Rules, *, waits: bool
) -> Doubt | None:
    doubt = doubt_of_price(new.price, new.low, new.high)
    if doubt is None and new.quality is Quality.SIMULATED and not (rules.invents_all or listing.is_fictional):
        doubt = Doubt.NOT_FICTIONAL
    if doubt is None and not rules.trusted:
        doubt = doubt_of_time(new.at, new.quality, rules.now)
    if doubt is None and not rules.trusted and new.currency and new.currency != listing.currency:
        doubt = Doubt.CURRENCY
    if doubt is None and waits:
        doubt = Doubt.SPLIT
    if doubt is None and not rules.trusted and previous is not None and is_jump(new.price, previous):
        doubt = Doubt.JUMP
    return doubt


def _waits(splits: Sequence[Split], known: KnownQuote | None, day: date) -> bool:
    if known is None or not splits:
        return False
    return any(known.splits_through < split.ex_date <= day for split in splits)


def _keep_late(outcome: Outcome, known: KnownQuote, new: NewQuote, day: date) -> None:
    """Let a late quote widen its day: that of the newest quote, or one that is over."""
    if day < known.day:
        _join(outcome.bars, DayBar(day, new.price, new.price, new.price, new.source))
    elif not known.low <= new.price <= known.high:
        known.low, known.high = min(known.low, new.price), max(known.high, new.price)
        outcome.quote = known


def _join(bars: dict[date, DayBar], bar: DayBar) -> None:
    before = bars.get(bar.day)
    if before is None:
        bars[bar.day] = bar
        return
    last = bar if bar.closes or not before.closes else before
    bars[bar.day] = replace(last, high=max(before.high, bar.high), low=min(before.low, bar.low))


def _move(outcome: Outcome, new: NewQuote, previous: Decimal | None) -> None:
    """Join a change to those that the batch had already; a price that stands is no move."""
    before = outcome.move
    if before is None and previous == new.price:
        return
    start = new.price if previous is None else previous
    low, high = min(start, new.price), max(start, new.price)
    if before is not None:
        previous, low, high = before.previous, min(before.low, low), max(before.high, high)
    outcome.move = Move(new.instrument, previous, new.price, low, high)


def _next(listing: Listing, known: KnownQuote | None, new: NewQuote, day: date) -> KnownQuote:
    """Make the newest quote; what the source does not say of the day goes on from what is known of it."""
    today = known if known is not None and known.day == day else None
    before = today.previous_close if today else _last_close(listing, known, day)
    high, low = new.price, new.price
    if today is not None:
        high, low = max(high, today.high), min(low, today.low)
    return KnownQuote(
        price=new.price,
        bid=new.bid,
        ask=new.ask,
        volume=(today.volume if today else None) if new.volume is None else new.volume,
        open=new.open or (today.open if today else new.price),
        high=high if new.high is None else max(high, new.high),
        low=low if new.low is None else min(low, new.low),
        previous_close=before if new.previous_close is None else new.previous_close,
        at=new.at,
        day=day,
        splits_through=day if known is None else max(day, known.splits_through),
        source=new.source,
        quality=new.quality,
    )
