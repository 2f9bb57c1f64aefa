"""Prices that come adjusted for splits: turned into those as traded, checked, and restated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import FieldError, ValidationFailed
from market.domain.actions import Split
from market.domain.bars import PRICES, BarRow, Fault
from market.domain.basis import AdjustmentBasis, agree, restored_row, unfit
from market.models import DailyBar, Instrument
from market.selectors import actions, price_checks
from market.selectors.price_doubts import contradiction
from market.services import texts

_FIELDS = (*PRICES, "volume")
_RESTATE = """
UPDATE market_dailybar bar
SET open = row.open, high = row.high, low = row.low, close = row.close, volume = row.volume
FROM unnest(%(ids)s::bigint[], %(open)s::numeric[], %(high)s::numeric[], %(low)s::numeric[],
            %(close)s::numeric[], %(volume)s::numeric[]) AS row (id, open, high, low, close, volume)
WHERE bar.id = row.id
"""


def too_late(rows: Sequence[BarRow], basis: AdjustmentBasis) -> Iterator[FieldError]:
    """Name the rows of days after the one as of which the prices are adjusted."""
    for place, row in enumerate(rows):
        if basis.as_of is not None and row.day > basis.as_of:
            yield _error(place, "date", Fault.AFTER_AS_OF, texts.fault(Fault.AFTER_AS_OF))


def as_traded(rows: Sequence[BarRow], basis: AdjustmentBasis, splits: Sequence[Split]) -> list[BarRow]:
    """Turn given bars of one instrument into those as traded.

    Raises:
        ValidationFailed: some would not fit a column; names each row and field.
    """
    raw = [restored_row(row, basis.ratio(splits, row.day)) for row in rows]
    wrong = [
        _error(place, field, Fault.OUT_OF_RANGE, texts.fault(Fault.OUT_OF_RANGE))
        for place, row in enumerate(raw)
        if (field := unfit(row))
    ]
    if wrong:
        raise ValidationFailed(errors=tuple(wrong))
    return raw


def known_raw(
    world_id: int, instrument_id: int, rows: Sequence[BarRow], basis: AdjustmentBasis
) -> dict[date, Decimal]:
    """Tell the closes of the rows' days that are stored raw: what is adjusted does not replace those."""
    if basis.is_raw:
        return {}
    bars = DailyBar.objects.filter(instrument=instrument_id, world=world_id, adjusted_as_of=None)
    return dict(bars.filter(date__in=[row.day for row in rows]).values_list("date", "close"))


def disagreeing(
    rows: Sequence[BarRow],
    basis: AdjustmentBasis,
    splits: Sequence[Split],
    known: Mapping[date, Decimal],
) -> Iterator[FieldError]:
    """Name the adjusted closes that do not turn into the raw ones stored, as both are rounded."""
    for place, row in enumerate(rows):
        if row.day not in known:
            continue
        by = basis.ratio(splits, row.day)
        if not agree(known[row.day], row.close, by):
            raw = restored_row(row, by).close
            message = f"{texts.fault(Fault.RAW_IS_KNOWN)}: {texts.two_closes(row.day, known[row.day], raw)}"
            yield _error(place, "close", Fault.RAW_IS_KNOWN, message)


def contradicting(
    world_id: int, instrument: Instrument, raw: Sequence[BarRow], splits: Sequence[Split]
) -> Iterator[FieldError]:
    """Name the rows that, with the other stored ones, cannot have gone through a known split as traded."""
    places = {row.day: place for place, row in enumerate(raw)}
    fresh = {instrument.id: {row.day: row.close for row in raw}}
    for one in price_checks.contradicted(world_id, splits, fresh):
        place = places.get(one.after_day, places.get(one.before_day))
        if place is not None:
            message = contradiction(one, instrument.symbol)
            yield _error(place, "close", Fault.AGAINST_SPLIT, message)


def restate(instrument_id: int) -> None:
    """Convert anew what was given adjusted, by the splits as they are now; raw bars stay as they are.

    The instrument's row is locked.

    Raises:
        ValidationFailed: with these splits some price would not fit a column.
    """
    bars = DailyBar.objects.filter(instrument=instrument_id, adjusted_as_of__isnull=False)
    given = list(bars.values_list("id", "adjusted_as_of", "date", *(f"given_{one}" for one in _ROW)))
    if not given:
        return
    splits = actions.splits([instrument_id])
    ids = [row[0] for row in given]
    raw = [_converted(AdjustmentBasis(row[1]), BarRow(*row[2:]), splits) for row in given]
    columns = {name: [getattr(row, name) for row in raw] for name in _FIELDS}
    with connection.cursor() as cursor:
        cursor.execute(_RESTATE, {"ids": ids, **columns})


_ROW = ("close", "open", "high", "low", "volume")


def _converted(basis: AdjustmentBasis, given: BarRow, splits: Sequence[Split]) -> BarRow:
    raw = restored_row(given, basis.ratio(splits, given.day))
    if unfit(raw):
        message = _("With this ratio the prices of %(day)s, which came adjusted for splits, would not fit.")
        raise ValidationFailed.of("numerator", message % {"day": given.day.isoformat()})
    return raw


def _error(place: int, field: str, fault: Fault, message: str) -> FieldError:
    return FieldError(f"[{place}].{field}", message, fault.value)
