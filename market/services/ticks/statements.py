"""The statements that bring ticks in; `store` runs them, and tells what their tables are."""

# ruff: noqa: S608  # whatever is put in is a name of this module
from __future__ import annotations

from typing import Final

from market.domain.ticks import SIZES

POSTED: Final = "tick_posted"
VALUES: Final = ("price", *SIZES)
_LISTED: Final = ", ".join(VALUES)
_ROWS: Final = ", ".join(f"row.{name}" for name in VALUES)

SYMBOLS = """
CREATE TEMP TABLE IF NOT EXISTS tick_symbol (
    ticker text NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL,
    instrument_id integer, fault text)
"""
POSTED_TABLE = f"""
CREATE TEMP TABLE IF NOT EXISTS {POSTED} (
    ticker text, at timestamptz, {", ".join(f"{name} numeric" for name in VALUES)})
"""
COPY: Final = f"COPY {POSTED} (ticker, at, {_LISTED}) FROM STDIN"
KNOWN_INSTANTS = """
CREATE TEMP TABLE IF NOT EXISTS tick_instant (
    instrument_id integer NOT NULL, at timestamptz NOT NULL, next integer NOT NULL)
"""
KNOWN = "CREATE TEMP TABLE IF NOT EXISTS tick_known (place tid NOT NULL)"
# what is asked besides where some ticks are not newer than all that are stored
NEXT = "coalesce(instant.next, 0)"
INSTANTS_OF = (
    "LEFT JOIN tick_instant instant ON instant.instrument_id = symbol.instrument_id AND instant.at = row.at"
)
UNKNOWN = "WHERE NOT EXISTS (SELECT FROM tick_known known WHERE known.place = row.ctid)"
MINUTES = """
CREATE TEMP TABLE IF NOT EXISTS tick_minute (
    instrument_id integer, at timestamptz, open numeric, high numeric, low numeric, close numeric,
    volume numeric, count integer, first_at timestamptz, last_at timestamptz)
"""

_FROM = """FROM {incoming} row JOIN tick_symbol symbol
    ON symbol.ticker = row.ticker AND row.at >= symbol.since AND row.at < symbol.until
    AND symbol.fault IS NULL"""
DATED = """
SELECT symbol.instrument_id, symbol.fault, count(*), min(row.at), max(row.at)
FROM {incoming} row JOIN tick_symbol symbol
    ON symbol.ticker = row.ticker AND row.at >= symbol.since AND row.at < symbol.until
WHERE row.ticker = ANY(%s) GROUP BY symbol.instrument_id, symbol.fault
"""

LOCK = """
INSERT INTO market_ticker AS ticker (world_id, instrument_id)
SELECT %s, id FROM unnest(%s::int[]) AS id ORDER BY id
ON CONFLICT (instrument_id, world_id) DO UPDATE SET at = ticker.at
RETURNING instrument_id, at
"""
INSTANTS = """
INSERT INTO tick_instant
SELECT instrument_id, at, max(seq) + 1 FROM market_tick
WHERE world_id = %s AND instrument_id = ANY(%s) AND at BETWEEN %s AND %s
GROUP BY instrument_id, at
"""
# Of ticks that are alike, as many are new as there are more of them than are stored.
REPEATED = f"""
INSERT INTO tick_known
    SELECT fresh.place FROM (
        SELECT row.ctid AS place, symbol.instrument_id, row.at, {_ROWS},
               row_number() OVER (PARTITION BY symbol.instrument_id, row.at, {_ROWS} ORDER BY row.ctid) AS nth
        {_FROM} WHERE symbol.instrument_id = ANY(%(overlapping)s)
    ) fresh
    JOIN (
        SELECT instrument_id, at, {_LISTED}, count(*) AS times FROM market_tick
        WHERE world_id = %(world)s AND instrument_id = ANY(%(overlapping)s)
          AND at BETWEEN %(first)s AND %(last)s
        GROUP BY instrument_id, at, {_LISTED}
    ) known ON known.instrument_id = fresh.instrument_id AND known.at = fresh.at AND known.price = fresh.price
       AND {" AND ".join(f"coalesce(known.{one}, -1) = coalesce(fresh.{one}, -1)" for one in SIZES)}
    WHERE fresh.nth <= known.times
"""
INSERT = f"""
INSERT INTO market_tick (world_id, instrument_id, at, seq, {_LISTED})
SELECT %(world)s, symbol.instrument_id, row.at, {{next}} - 1
       + row_number() OVER (PARTITION BY symbol.instrument_id, row.at ORDER BY row.ctid), {_ROWS}
{_FROM}
{{instants}} {{unknown}}
ORDER BY symbol.instrument_id, row.at, row.ctid
"""
FOLD_MINUTES = f"""
INSERT INTO tick_minute
SELECT instrument_id, minute, prices[1], high, low, prices[count], volume, count, first_at, last_at
FROM (
    SELECT symbol.instrument_id, date_bin('1 minute', row.at, '2000-01-01 00:00+00') AS minute,
           array_agg(row.price ORDER BY row.at, row.ctid) AS prices, max(row.price) AS high,
           min(row.price) AS low, sum(row.quantity) AS volume, count(*)::integer AS count,
           min(row.at) AS first_at, max(row.at) AS last_at
    {_FROM} {{unknown}} GROUP BY 1, 2
) folded
"""
# A tick of the same instant as the close came after it: the later one closes.
_JOIN_BARS = """
SET open = CASE WHEN excluded.first_at < bar.first_at THEN excluded.open ELSE bar.open END,
    close = CASE WHEN excluded.last_at >= bar.last_at THEN excluded.close ELSE bar.close END,
    high = greatest(bar.high, excluded.high), low = least(bar.low, excluded.low),
    volume = coalesce(bar.volume + excluded.volume, bar.volume, excluded.volume),
    count = bar.count + excluded.count, first_at = least(bar.first_at, excluded.first_at),
    last_at = greatest(bar.last_at, excluded.last_at)
"""
_COLUMNS: Final = "open, high, low, close, volume, count, first_at, last_at"
MINUTE_BARS: Final = f"""
INSERT INTO market_minutebar AS bar (world_id, instrument_id, at, {_COLUMNS})
SELECT %(world)s, instrument_id, at, {_COLUMNS} FROM {{minutes}} ORDER BY instrument_id, at
ON CONFLICT (instrument_id, world_id, at) DO UPDATE {_JOIN_BARS}
"""
QUOTED_MINUTES = """
WITH told AS (
    SELECT instrument AS instrument_id, minute AS at, prices[1] AS open, high, low,
           prices[count] AS close, NULL::numeric AS volume, count, first_at, last_at
    FROM (
        SELECT instrument, date_bin('1 minute', at, '2000-01-01 00:00+00') AS minute,
               array_agg(price ORDER BY at, place) AS prices, max(price) AS high, min(price) AS low,
               count(*)::integer AS count, min(at) AS first_at, max(at) AS last_at
        FROM unnest(%(instruments)s::int[], %(instants)s::timestamptz[], %(prices)s::numeric[])
            WITH ORDINALITY AS row (instrument, at, price, place)
        GROUP BY 1, 2
    ) folded
)
""" + MINUTE_BARS.format(minutes="told")
DAYS = f"""
INSERT INTO market_tickday AS bar (world_id, instrument_id, day, {_COLUMNS})
SELECT %(world)s, instrument_id, day, opens[1], high, low, closes[cardinality(closes)], volume, count,
       first_at, last_at
FROM (
    SELECT minute.instrument_id, (minute.at AT TIME ZONE coalesce(exchange.time_zone, 'UTC'))::date AS day,
           array_agg(open ORDER BY at) AS opens, max(high) AS high, min(low) AS low,
           array_agg(close ORDER BY at) AS closes, sum(volume) AS volume, sum(count) AS count,
           min(first_at) AS first_at, max(last_at) AS last_at
    FROM tick_minute minute
    JOIN market_instrument instrument ON instrument.id = minute.instrument_id
    LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
    GROUP BY 1, 2
) folded
ORDER BY instrument_id, day
ON CONFLICT (instrument_id, world_id, day) DO UPDATE {_JOIN_BARS}
RETURNING instrument_id, day, volume
"""
NEWEST = f"""
UPDATE market_ticker AS ticker
SET (at, seq, {_LISTED}) = (
    SELECT at, seq, {_LISTED} FROM market_tick tick
    WHERE tick.instrument_id = ticker.instrument_id AND tick.world_id = ticker.world_id
    ORDER BY tick.at DESC, tick.seq DESC LIMIT 1)
WHERE ticker.world_id = %s AND ticker.instrument_id = ANY(%s)
"""
SURVEY = "SELECT ticker, count(*), min(at), max(at) FROM {incoming} GROUP BY ticker"
DAYS_OF = """
SELECT DISTINCT ticker, (at AT TIME ZONE 'UTC')::date FROM {incoming} WHERE ticker = ANY(%s)
"""
