"""What clauses want to know besides the moves: where prices stood, and what the days that are over say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from alerts.domain.clauses import OF_DAYS, PURCHASES, Asked, Daily
from alerts.domain.history import RSI_BARS, averages_crossed, bars_needed, is_unusual, reference, rsi
from alerts.domain.rules import NEEDS, Kind, Looked
from alerts.models import Clause
from core import clock
from market.domain.actions import factor
from market.domain.bars import BarRow
from market.domain.charts import scaled
from market.domain.quotes import KnownQuote
from market.models import Instrument
from market.selectors import actions
from market.selectors.quotes import known_quotes
from portfolios.models import Portfolio
from portfolios.selectors import portfolios
from portfolios.selectors.holdings import average_cost

# After a batch: what the next move of the log began at; where there is none yet, the quote.
_STANDING = """
SELECT wanted.id, CASE WHEN later.found THEN later.previous ELSE quote.price END
FROM unnest(%(ids)s::int[]) AS wanted (id)
LEFT JOIN market_quote quote ON quote.instrument_id = wanted.id AND quote.world_id = %(world)s
LEFT JOIN LATERAL (
    SELECT true AS found, previous[array_position(instruments, wanted.id)] AS previous
    FROM market_movebatch
    WHERE world_id = %(world)s AND seq > %(seq)s AND wanted.id = ANY(instruments)
    ORDER BY seq LIMIT 1
) later ON true
"""
_BARS = """
SELECT wanted.id, last.date, last.close, last.open, last.high, last.low, last.volume
FROM unnest(%(ids)s::int[], %(days)s::date[], %(counts)s::int[]) AS wanted (id, day, most)
CROSS JOIN LATERAL (
    SELECT * FROM market_dailybar
    WHERE instrument_id = wanted.id AND world_id = %(world)s AND date < wanted.day
    ORDER BY date DESC LIMIT wanted.most
) last
ORDER BY wanted.id, last.date
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clause that asks for the days before an instant; `since` is the last that it looked at."""

    clause: Clause
    asked: Asked
    at: datetime
    since: date | None = None

    @property
    def instrument(self) -> Instrument:
        """What it is about.

        Raises:
            LookupError: it is about no instrument.
        """
        if self.clause.instrument is None:
            raise LookupError(self.clause.pk)
        return self.clause.instrument

    @property
    def day(self) -> date:
        """The exchange's date of the instant."""
        return clock.day_of(self.at, zone_of(self.instrument))


def zone_of(instrument: Instrument) -> str:
    """Tell in which time zone an instrument has its days."""
    return instrument.exchange.time_zone if instrument.exchange else "UTC"


def next_day(instrument: Instrument, at: datetime) -> datetime:
    """Tell when the next day of an instrument begins."""
    zone = zone_of(instrument)
    day = clock.day_of(at, zone) + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def standing(world_id: int, seq: int, instrument_ids: Iterable[int]) -> dict[int, Decimal | None]:
    """Tell where prices stood after a batch of the log, in quote units; None: there was none yet."""
    values: dict[str, Any] = {"world": world_id, "seq": seq, "ids": sorted(set(instrument_ids))}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        return dict(cursor.fetchall())


def revision(clause: Clause) -> int:
    """Count the changes of what the days that are over say to a clause, as they were when it was read."""
    prices = 0 if clause.instrument is None else clause.instrument.price_revision
    return prices + (0 if clause.portfolio is None else clause.portfolio.revision)


def is_daily(asked: Asked) -> bool:
    """Tell whether a clause asks for days that are over, or what hangs on them."""
    return asked.kind in OF_DAYS or NEEDS[asked.kind].looked is Looked.BAR


def daily(world_id: int, wanted: Sequence[Wanted]) -> dict[int, Daily]:
    """Answer what the days that are over say to each clause, by its key; in units of the prices of now."""
    found = _purchases([one for one in wanted if one.asked.kind in PURCHASES])
    rest = [one for one in wanted if one.asked.kind not in PURCHASES]
    if not rest:
        return found
    bars = _bars(world_id, rest)
    quotes = known_quotes(world_id, bars)
    splits = defaultdict(list)
    for split in actions.splits(bars):
        splits[split.instrument].append(split)
    for one in rest:
        key = one.instrument.pk
        rows = _until(bars[key], quotes.get(key), one.day)
        through = quotes[key].splits_through if key in quotes else one.day
        adjusted = [_in_units(row, factor(splits[key], row.day, through)) for row in rows]
        found[one.clause.pk] = said(one.asked, adjusted, one.day, one.since)
    return found


def _bars(world_id: int, wanted: Sequence[Wanted]) -> dict[int, list[BarRow]]:
    days = {one.instrument.pk: one.day for one in wanted}
    counts: dict[int, int] = defaultdict(int)
    for one in wanted:
        key, asked = one.instrument.pk, one.asked
        most = bars_needed(asked.kind, asked.days, asked.slow_days)
        new = 0 if one.since is None else (one.day - one.since).days
        counts[key] = max(counts[key], most + new)
    values: dict[str, Any] = {"world": world_id, "ids": list(days), "days": list(days.values())}
    found: dict[int, list[BarRow]] = {key: [] for key in days}
    with connection.cursor() as cursor:
        cursor.execute(_BARS, values | {"counts": [counts[key] for key in days]})
        for key, *row in cursor.fetchall():
            found[key].append(BarRow(*row))
    return found


def _until(bars: list[BarRow], quote: KnownQuote | None, day: date) -> list[BarRow]:
    """Add the day of the quote, where it is over and no bar tells of it yet."""
    if quote is None or quote.day >= day or (bars and bars[-1].day >= quote.day):
        return bars
    return [*bars, BarRow(quote.day, quote.price, quote.open, quote.high, quote.low, quote.volume)]


def _in_units(row: BarRow, by: Any) -> BarRow:
    if by == 1:
        return row
    high = None if row.high is None else scaled(row.high, by)
    low = None if row.low is None else scaled(row.low, by)
    volume = None if row.volume is None else scaled(row.volume, 1 / by)
    return BarRow(row.day, scaled(row.close, by), None, high, low, volume)


def said(asked: Asked, bars: Sequence[BarRow], day: date, since: date | None) -> Daily:
    """Tell what bars of the days before one say to a clause; those after `since` are new, None: none is."""
    if asked.kind in OF_DAYS:
        return Daily(reference(asked.kind, bars, day, asked.days))
    last = bars[-1].day if bars else None
    if asked.kind in {Kind.RSI_ABOVE, Kind.RSI_BELOW}:
        return Daily(holds=rsi_holds(asked, [bar.close for bar in bars[-RSI_BARS:]]), bar=last)
    ends = [] if since is None else [at + 1 for at, bar in enumerate(bars) if bar.day > since]
    return Daily(happened=any(bar_happened(asked, bars[:end]) for end in ends), bar=last)


def rsi_holds(asked: Asked, closes: Sequence[Decimal]) -> bool:
    """Tell whether the index of the last close is at the bound of a clause, or past it."""
    found, bound = rsi(closes, asked.days or 0), asked.percent or Decimal(0)
    if found is None:
        return False
    return found >= bound if asked.kind is Kind.RSI_ABOVE else found <= bound


def bar_happened(asked: Asked, bars: Sequence[BarRow]) -> bool:
    """Tell whether what a clause waits for came to pass with the last bar."""
    if asked.kind is Kind.VOLUME_UNUSUAL:
        return is_unusual([bar.volume for bar in bars], asked.days or 0, asked.percent or Decimal(0))
    closes = [bar.close for bar in bars]
    return averages_crossed(closes, asked.days or 0, asked.slow_days or 0, asked.direction)


def _purchases(wanted: Sequence[Wanted]) -> dict[int, Daily]:
    """Tell what positions cost per unit, by the clause's key, where the alert's owner may see it."""
    asked: dict[Any, set[Any]] = defaultdict(set)
    for one in wanted:
        asked[one.clause.alert.owner].add(one.clause.portfolio_id)
    seen: dict[tuple[Any, Any], Portfolio] = {
        (owner.pk, portfolio.pk): portfolio
        for owner, keys in asked.items()
        for portfolio in portfolios.visible_to(owner).filter(pk__in=keys - {None})
    }
    costs: dict[tuple[Any, int], Decimal | None] = {}
    found = {}
    for one in wanted:
        portfolio = seen.get((one.clause.alert.owner_id, one.clause.portfolio_id))
        position = (one.clause.portfolio_id, one.instrument.pk)
        if portfolio is not None and position not in costs:
            costs[position] = average_cost(portfolio, one.instrument)
        found[one.clause.pk] = Daily(None if portfolio is None else costs[position])
    return found


def asked_by(clause: Clause) -> Asked:
    """Read what a clause says."""
    names = ("direction", "level", "upper", "percent", "minutes", "days", "slow_days")
    values: Mapping[str, Any] = {name: getattr(clause, name) for name in names}
    return Asked(Kind(clause.kind), **values)
