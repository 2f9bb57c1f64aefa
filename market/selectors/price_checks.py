"""Whether the prices around splits are as they were traded, and splits that nobody recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection

from market.domain import jumps
from market.domain.actions import Split
from market.domain.jumps import Across, Jump
from market.domain.prices import CloseSeries
from market.models import CorporateAction, Instrument
from market.selectors import actions, prices

Closes = Mapping[int, Mapping[date, Decimal]]
# Coins and pairs do not split, and move further in a day than shares.
SPLITTING = frozenset({Instrument.Kind.STOCK, Instrument.Kind.ETF, Instrument.Kind.FUND})
_MOVES_PRICES = (
    CorporateAction.Kind.SPIN_OFF, CorporateAction.Kind.MERGER, CorporateAction.Kind.DELISTING,
)  # fmt: skip

_NEAR = """
SELECT DISTINCT bar.instrument_id, bar.date, trim_scale(bar.close)
FROM unnest(%s::int[], %s::date[], %s::date[]) AS wanted (id, first, last)
JOIN market_dailybar bar ON bar.instrument_id = wanted.id AND bar.world_id = %s
    AND bar.date BETWEEN wanted.first AND wanted.last
"""


def contradicted(world_id: int, splits: Sequence[Split], fresh: Closes | None = None) -> list[Across]:
    """List those of the splits that the raw closes around them, in quote units, cannot have gone through.

    In order of instrument and day. `fresh` are closes that are about to be stored, by instrument; they
    come before those of their day.
    """
    if not splits:
        return []
    closes = _near(world_id, splits)
    for instrument, rows in (fresh or {}).items():
        closes[instrument] |= rows
    found = _wrong(closes, splits, {})
    # days on which something else moves the price are looked up only where it matters
    return _wrong(closes, splits, _moved_otherwise(splits)) if found else []


def contradictions(world_id: int, instrument_ids: Iterable[int]) -> list[Across]:
    """List the splits that the stored prices of the instruments cannot have gone through."""
    return contradicted(world_id, actions.splits(instrument_ids))


def public_contradictions(world_id: int) -> list[Across]:
    """List those of all public instruments."""
    public = Instrument.objects.filter(owner=None, corporate_actions__kind__in=actions.SPLITS)
    return contradictions(world_id, public.order_by().distinct().values_list("id", flat=True))


def missed_splits(
    instruments: Iterable[Instrument], closes: Mapping[int, CloseSeries]
) -> dict[int, list[Jump]]:
    """Find moves of the raw closes that look like a split, of each instrument that may have some."""
    ids = [one.id for one in instruments if _splits(one) and one.id in closes]
    moved = [one for one in ids if jumps.missed(closes[one], ())]
    if not moved:
        return {}
    known = defaultdict(list)
    rows = CorporateAction.objects.filter(instrument_id__in=moved)
    for instrument, day in rows.values_list("instrument_id", "ex_date"):
        known[instrument].append(day)
    found = {one: jumps.missed(closes[one], known[one]) for one in moved}
    return {one: some for one, some in found.items() if some}


def missed_splits_of(world_id: int, instrument: Instrument) -> list[Jump]:
    """Find those of one instrument, from its stored bars."""
    if not _splits(instrument):
        return []
    series = prices.close_series(world_id, [instrument.id])
    return missed_splits([instrument], series).get(instrument.id, [])


def _splits(instrument: Instrument) -> bool:
    """Tell whether a jump may be a split: invented prices have all of theirs recorded."""
    return instrument.kind in SPLITTING and not instrument.is_fictional


def _wrong(closes: Closes, splits: Sequence[Split], others: Mapping[int, set[date]]) -> list[Across]:
    by_instrument = defaultdict(list)
    for split in splits:
        by_instrument[split.instrument].append(split)
    return [
        one
        for instrument in sorted(by_instrument)
        for one in jumps.across(
            closes.get(instrument, {}), by_instrument[instrument], others.get(instrument, ())
        )
        if one.is_wrong
    ]


def _near(world_id: int, splits: Sequence[Split]) -> dict[int, dict[date, Decimal]]:
    spans = [jumps.window(one) for one in splits]
    found: dict[int, dict[date, Decimal]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAR,
            [
                [one.instrument for one in splits],
                [first for first, _last in spans],
                [last for _first, last in spans],
                world_id,
            ],
        )
        for instrument, day, close in cursor.fetchall():
            found[instrument][day] = close
    return found


def _moved_otherwise(splits: Iterable[Split]) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    ids = {one.instrument for one in splits}
    rows = CorporateAction.objects.filter(instrument_id__in=ids, kind__in=_MOVES_PRICES)
    for instrument, day in rows.values_list("instrument_id", "ex_date"):
        found[instrument].add(day)
    return found
