"""The live world's history as quotes between two instants, for a world that plays it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from core.models import LIVE_WORLD
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.domain.replay import SOURCE, Grain, StoredBar, path
from market.models import Instrument, Replay
from market.selectors.sessions import sessions_between

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_LAST_INSTANT: Final = timedelta(milliseconds=1)

_TICKS = """
SELECT instrument_id, price, at, nullif(bid, 0), nullif(ask, 0) FROM market_tick
WHERE instrument_id = ANY(%(instruments)s) AND world_id = %(live)s AND at >= %(since)s AND at < %(until)s
ORDER BY at, instrument_id, seq
"""
# What ticks tell more finely is left out; a bar that began before is told as far as it is left.
_MINUTES = """
SELECT bar.instrument_id, bar.at, bar.close, bar.open, bar.high, bar.low FROM market_minutebar bar
WHERE bar.instrument_id = ANY(%(instruments)s) AND bar.world_id = %(live)s
  AND bar.at > %(since)s - interval '1 minute' AND bar.at < %(until)s
  AND NOT (%(ticks)s AND EXISTS (
      SELECT FROM market_tick tick
      WHERE tick.instrument_id = bar.instrument_id AND tick.world_id = bar.world_id
        AND tick.at >= bar.at AND tick.at < bar.at + interval '1 minute'))
ORDER BY bar.at, bar.instrument_id
"""
_DAYS = """
SELECT bar.instrument_id, bar.date, coalesce(exchange.time_zone, 'UTC'), instrument.exchange_id,
       instrument.kind, bar.close, bar.open, bar.high, bar.low, bar.volume
FROM market_dailybar bar
JOIN market_instrument instrument ON instrument.id = bar.instrument_id
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
WHERE bar.instrument_id = ANY(%(instruments)s) AND bar.world_id = %(live)s
  AND bar.date BETWEEN %(first)s AND %(last)s
  AND NOT (%(minutes)s AND EXISTS (
      SELECT FROM market_minutebar minute
      WHERE minute.instrument_id = bar.instrument_id AND minute.world_id = bar.world_id
        AND minute.at >= bar.date::timestamp AT TIME ZONE coalesce(exchange.time_zone, 'UTC')
        AND minute.at < (bar.date + 1)::timestamp AT TIME ZONE coalesce(exchange.time_zone, 'UTC')))
ORDER BY bar.date, bar.instrument_id
"""
_NEXT = """
SELECT least(
    (SELECT min(next.at) FROM unnest(%(instruments)s::int[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT at FROM market_minutebar WHERE instrument_id = wanted.id AND world_id = %(live)s
          AND at >= %(since)s ORDER BY at LIMIT 1) next WHERE %(minutes)s),
    (SELECT min(next.date) FROM unnest(%(instruments)s::int[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT date FROM market_dailybar WHERE instrument_id = wanted.id AND world_id = %(live)s
          AND date >= %(day)s ORDER BY date LIMIT 1) next)::timestamp AT TIME ZONE 'UTC' - interval '1 day')
"""
# a split takes effect at the exchange's midnight: no batch reaches over it
_SPLIT = """
SELECT min(instant) FROM (
    SELECT action.ex_date::timestamp AT TIME ZONE coalesce(exchange.time_zone, 'UTC') AS instant
    FROM market_corporateaction action
    JOIN market_instrument instrument ON instrument.id = action.instrument_id
    LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
    WHERE action.instrument_id = ANY(%(instruments)s) AND action.kind IN ('split', 'stock_dividend')
      AND action.ex_date >= %(day)s
) due WHERE instant > %(since)s
"""


def instruments_of(replay: Replay) -> list[int]:
    """List the instruments that a replay plays."""
    if replay.instruments:
        return list(replay.instruments)
    return list(Instrument.objects.filter(owner=None).order_by("pk").values_list("pk", flat=True))


def history(instruments: Sequence[int], since: datetime, until: datetime, grain: Grain) -> list[NewQuote]:
    """Tell what was quoted from `since` on and before `until`, in order of time.

    Ticks where there are any, else bars of minutes, else the bar of the day, spread over its session.
    """
    given: dict[str, Any] = {
        "instruments": list(instruments),
        "live": LIVE_WORLD,
        "since": since,
        "until": until,
        "ticks": grain is Grain.TICKS,
        "minutes": grain is not Grain.DAYS,
        "first": since.date() - _DAY,
        "last": until.date() + _DAY,
    }
    found = list(_ticks(given)) if grain is Grain.TICKS else []
    bars = [*(_minutes(given) if grain is not Grain.DAYS else ()), *_days(given)]
    found += [one for bar in bars for one in path(bar) if since <= one.at < until]
    return sorted(found, key=lambda one: one.at)


def next_price(instruments: Sequence[int], since: datetime, grain: Grain) -> datetime | None:
    """Tell from which instant on there may be prices, `since` or later; None: there are none any more."""
    given: dict[str, Any] = {
        "instruments": list(instruments),
        "live": LIVE_WORLD,
        "since": since,
        "day": since.date() - _DAY,
        "minutes": grain is not Grain.DAYS,
    }
    found: datetime | None = _rows(_NEXT, given)[0][0]
    return found


def next_split(instruments: Sequence[int], since: datetime) -> datetime | None:
    """Tell when the next split of these instruments takes effect after `since`; None: there is none."""
    given = {"instruments": list(instruments), "since": since, "day": since.date() - _DAY}
    found: datetime | None = _rows(_SPLIT, given)[0][0]
    return found


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _ticks(given: dict[str, Any]) -> Iterator[NewQuote]:
    for instrument, price, at, bid, ask in _rows(_TICKS, given):
        yield NewQuote(instrument, price, at, SOURCE, Quality.REPLAY, bid=bid, ask=ask)


def _minutes(given: dict[str, Any]) -> Iterator[StoredBar]:
    for instrument, at, close, first, high, low in _rows(_MINUTES, given):
        yield StoredBar(instrument, at, at + _MINUTE - _LAST_INSTANT, close, first, high, low)


def _days(given: dict[str, Any]) -> Iterator[StoredBar]:
    hours: dict[Any, tuple[datetime, datetime]] = {}
    for instrument, day, zone, mic, kind, *prices in _rows(_DAYS, given):
        key = day, mic, kind, zone
        if key not in hours:
            hours[key] = _hours(*key)
        yield StoredBar(instrument, *hours[key], *prices)


def _hours(day: Any, mic: str | None, kind: str, zone: str) -> tuple[datetime, datetime]:
    """Tell when trade began and ended on a day; all day long where there are no sessions."""
    found = [] if kind in _ALWAYS else sessions_between(mic, day, day)
    if found:
        return found[0].opens_at, found[0].closes_at
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return start, start + _DAY - _LAST_INSTANT


_ALWAYS: Final = frozenset({Instrument.Kind.CRYPTO, Instrument.Kind.CURRENCY_PAIR})
