"""What an archive carries of the market: instruments, their prices and corporate actions, venues, rates.

Instruments and actions come in the order of their keys, which decides between equals in some figures;
whoever makes them anew in that order gets the same figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from market.models import CorporateAction, Exchange, Instrument, SymbolSpan
from market.selectors.actions import reshaping

CHUNK = 5000
_BARS = """
SELECT json_strip_nulls(row_to_json(line))::text FROM (
    SELECT i.uuid AS instrument, b.date, trim_scale(b.open)::text AS open, trim_scale(b.high)::text AS high,
           trim_scale(b.low)::text AS low, trim_scale(b.close)::text AS close,
           trim_scale(b.volume)::text AS volume, b.source, b.adjusted_as_of,
           trim_scale(b.given_open)::text AS given_open, trim_scale(b.given_high)::text AS given_high,
           trim_scale(b.given_low)::text AS given_low, trim_scale(b.given_close)::text AS given_close,
           trim_scale(b.given_volume)::text AS given_volume
    FROM market_dailybar b JOIN market_instrument i ON i.id = b.instrument_id
    WHERE b.instrument_id = ANY(%s) AND b.world_id = %s
    ORDER BY b.instrument_id, b.date
) line
"""
# What `rate_table` reads of these currencies.
_RATES = """
WITH own AS (
    SELECT DISTINCT base, quote FROM market_fxrate WHERE world_id = %(world)s AND owner_id = %(user)s
), wanted AS (
    SELECT unnest(%(currencies)s::varchar[]) AS code UNION SELECT base FROM own UNION SELECT quote FROM own
)
SELECT json_strip_nulls(row_to_json(line))::text FROM (
    SELECT CASE WHEN owner_id IS NOT NULL THEN true END AS own, base, quote, date,
           trim_scale(rate)::text AS rate, source
    FROM market_fxrate
    WHERE world_id = %(world)s
      AND ((owner_id IS NULL AND base IN (SELECT code FROM wanted) AND quote IN (SELECT code FROM wanted))
           OR owner_id = %(user)s)
    ORDER BY owner_id IS NOT NULL, base, quote, date
) line
"""


def with_what_they_become(instrument_ids: Iterable[int]) -> list[int]:
    """List instruments and all that corporate actions turn them into, by their keys."""
    return sorted(reshaping(instrument_ids).instruments)


def exchanges(instrument_ids: list[int]) -> Iterator[dict[str, Any]]:
    """Tell the venues of instruments."""
    used = Instrument.objects.filter(id__in=instrument_ids).values("exchange_id")
    for one in Exchange.objects.filter(mic__in=used).order_by("mic"):
        yield {"mic": one.mic, "name": one.name, "time_zone": one.time_zone, "country": one.country}


def instruments(instrument_ids: list[int]) -> Iterator[dict[str, Any]]:
    """Tell instruments; whose the private ones are is not told."""
    spans: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for span in SymbolSpan.objects.filter(instrument_id__in=instrument_ids).order_by("valid_from"):
        told = {"symbol": span.symbol, "from": span.valid_from, "to": span.valid_to}
        spans[span.instrument_id].append({name: value for name, value in told.items() if value})
    for one in Instrument.objects.filter(id__in=instrument_ids).order_by("id"):
        yield {
            "id": one.uuid,
            "own": True if one.owner_id else None,
            "kind": one.kind,
            "symbol": one.symbol,
            "name": one.name,
            "isin": one.isin,
            "exchange": one.exchange_id,
            "currency": one.currency,
            "quote_unit": one.quote_unit,
            "sector": one.sector,
            "country": one.country,
            "coin_id": one.coin_id,
            "fictional": one.is_fictional or None,
            "symbols": spans.get(one.id),
        }


def actions(instrument_ids: list[int]) -> Iterator[dict[str, Any]]:
    """Tell the corporate actions of instruments, of all kinds."""
    rows = CorporateAction.objects.filter(instrument_id__in=instrument_ids).order_by("id")
    for one in rows.select_related("instrument", "target"):
        yield {
            "id": one.uuid,
            "instrument": one.instrument.uuid,
            "kind": one.kind,
            "ex_date": one.ex_date,
            "pay_date": one.pay_date,
            "target": one.target.uuid if one.target else None,
            "numerator": one.numerator,
            "denominator": one.denominator,
            "amount": one.amount,
            "currency": one.currency,
            "cost_share": one.cost_share,
            "cash_in_lieu": one.cash_in_lieu,
            "pays_out": one.pays_out or None,
            "old_symbol": one.old_symbol,
            "new_symbol": one.new_symbol,
            "source": one.source,
        }


def bars(instrument_ids: list[int], world_id: int) -> Iterator[bytes]:
    """Tell all prices of instruments in a world, each as a line of JSON."""
    return _streamed(_BARS, [instrument_ids, world_id])


def rates(owner_id: UUID | None, world_id: int, currencies: Iterable[str]) -> Iterator[bytes]:
    """Tell the public rates between currencies and an owner's own rates, each as a line of JSON."""
    wanted = sorted({*currencies, "EUR"})
    return _streamed(_RATES, {"world": world_id, "user": owner_id, "currencies": wanted})


def _streamed(query: str, values: list[Any] | Mapping[str, Any]) -> Iterator[bytes]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(CHUNK):
            for (line,) in rows:
                yield line.encode()


def paid_in(instrument_ids: list[int]) -> set[str]:
    """Tell the currencies that corporate actions of instruments pay in."""
    rows = CorporateAction.objects.filter(instrument_id__in=instrument_ids).exclude(currency="")
    return set(rows.values_list("currency", flat=True))
