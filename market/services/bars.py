"""Write daily bars of an instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, TooLarge, ValidationFailed
from core.models import LIVE_WORLD
from market import locks
from market.domain.bars import PRICES, BarRow, Fault, wrong
from market.domain.basis import RAW, AdjustmentBasis
from market.domain.prices import MANUAL
from market.models import DailyBar
from market.selectors import actions
from market.services import adjusted, texts
from market.services.revisions import prices_changed

MOST_ROWS = 20_000

_UPSERT = """
WITH written AS (
    INSERT INTO market_dailybar AS bar (
        world_id, instrument_id, date, open, high, low, close, volume,
        given_open, given_high, given_low, given_close, given_volume, adjusted_as_of, source
    )
    SELECT %(world)s, %(instrument)s, row.*, %(as_of)s, %(source)s
    FROM unnest(%(days)s::date[], %(open)s::numeric[], %(high)s::numeric[], %(low)s::numeric[],
                %(close)s::numeric[], %(volume)s::numeric[], %(given_open)s::numeric[],
                %(given_high)s::numeric[], %(given_low)s::numeric[], %(given_close)s::numeric[],
                %(given_volume)s::numeric[]) AS row
    ON CONFLICT (instrument_id, world_id, date) DO UPDATE
    SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, given_open = excluded.given_open, given_high = excluded.given_high,
        given_low = excluded.given_low, given_close = excluded.given_close,
        given_volume = excluded.given_volume, adjusted_as_of = excluded.adjusted_as_of,
        source = excluded.source
    WHERE (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.given_open, bar.given_high,
           bar.given_low, bar.given_close, bar.given_volume, bar.adjusted_as_of)
          IS DISTINCT FROM
          (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume,
           excluded.given_open, excluded.given_high, excluded.given_low, excluded.given_close,
           excluded.given_volume, excluded.adjusted_as_of)
    RETURNING 1
)
SELECT count(*) FROM written
"""
_FIELDS = (*PRICES, "volume")


@dataclass(frozen=True, slots=True)
class BarsStored:
    """How many bars were new or different, and how many were there already."""

    stored: int
    unchanged: int


@transaction.atomic
def set_bars(
    *,
    actor: Actor,
    uuid: UUID,
    rows: Sequence[BarRow],
    source: str = MANUAL,
    basis: AdjustmentBasis = RAW,
    is_stated: bool = True,
    world_id: int = LIVE_WORLD,
) -> BarsStored:
    """Store bars of the actor's own instrument (staff: of a public one), all or none.

    A day that has a bar already is replaced. Prices are in quote units, on the source's `basis`; what is
    adjusted for splits is kept as given and as it was traded, and never replaces what was given raw.
    `is_stated`: somebody said what the basis is, so prices that clearly are on another are refused; where
    nobody did, they are the actor's word, and the quality checks tell of them.

    Raises:
        NotFound: there is no such instrument, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        ValidationFailed: some rows are wrong, or cannot be on this basis; names each row and field.
        TooLarge: more than 20,000 rows at once.
    """
    instrument = locks.instrument(actor, uuid)
    _refuse_bad(rows, basis)
    splits = actions.splits([instrument.id])
    raw = adjusted.as_traded(rows, basis, splits)
    known = adjusted.known_raw(world_id, instrument.id, rows, basis)
    found = [*adjusted.disagreeing(rows, basis, splits, known)]
    if is_stated:
        found += adjusted.contradicting(world_id, instrument, raw, splits)
    _refuse(tuple(found))
    pairs = [(one, given) for one, given in zip(raw, rows, strict=True) if one.day not in known]
    stored = _write(world_id, instrument.id, pairs, source, basis)
    audit.record(
        actor=actor,
        verb="bars.stored",
        object_type="instrument",
        object_id=uuid,
        after={
            "stored": stored,
            "unchanged": len(rows) - stored,
            "source": source,
            **({} if basis.is_raw else {"adjusted_as_of": str(basis.as_of)}),
        },
    )
    return BarsStored(stored=stored, unchanged=len(rows) - stored)


def write(world_id: int, instrument_id: int, rows: Sequence[BarRow], source: str) -> None:
    """Upsert checked raw bars of one instrument, whose row is locked."""
    _write(world_id, instrument_id, [(row, row) for row in rows], source, RAW)


def _write(
    world_id: int,
    instrument_id: int,
    pairs: Sequence[tuple[BarRow, BarRow]],
    source: str,
    basis: AdjustmentBasis,
) -> int:
    """Upsert bars as (as traded, as given), and count the change."""
    given = [None if basis.is_raw else one for _raw, one in pairs]
    values: dict[str, Any] = {
        "world": world_id,
        "instrument": instrument_id,
        "days": [raw.day for raw, _given in pairs],
        "as_of": basis.as_of,
        "source": source,
        **{name: [getattr(raw, name) for raw, _given in pairs] for name in _FIELDS},
        **{f"given_{name}": [getattr(one, name, None) for one in given] for name in _FIELDS},
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        (count,) = cursor.fetchone()
    if count:
        prices_changed(world_id, [instrument_id])
    return int(count)


@transaction.atomic
def delete_bars(
    *, actor: Actor, uuid: UUID, start: date | None, end: date | None, world_id: int = LIVE_WORLD
) -> int:
    """Delete an instrument's bars from `start` to `end` (both included; None: open), and say how many.

    Raises:
        NotFound: there is no such instrument, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
    """
    instrument = locks.instrument(actor, uuid)
    rows = DailyBar.objects.filter(
        instrument=instrument, world_id=world_id, date__range=(start or date.min, end or date.max)
    )
    count, _per_model = rows.delete()
    if count:
        prices_changed(world_id, [instrument.id])
        audit.record(
            actor=actor,
            verb="bars.deleted",
            object_type="instrument",
            object_id=uuid,
            before={"start": str(start or ""), "end": str(end or ""), "deleted": count},
        )
    return count


def _refuse_bad(rows: Sequence[BarRow], basis: AdjustmentBasis) -> None:
    if len(rows) > MOST_ROWS:
        raise TooLarge(_("At most 20,000 rows at once."))
    today = clock.today("UTC")
    if basis.as_of is not None and basis.as_of > today:
        raise ValidationFailed.of("as_of", texts.fault(Fault.FUTURE_DATE), Fault.FUTURE_DATE.value)
    _refuse(tuple(_wrong(rows, today)) + tuple(adjusted.too_late(rows, basis)))


def _refuse(found: tuple[FieldError, ...]) -> None:
    if found:
        raise ValidationFailed(_("Some rows are not valid; nothing was stored."), errors=found)


def _wrong(rows: Sequence[BarRow], today: date) -> Iterator[FieldError]:
    seen: dict[date, int] = {}
    for place, row in enumerate(rows):
        for field, fault in wrong(row, today):
            yield FieldError(f"[{place}].{field}", texts.fault(fault), fault.value)
        if seen.setdefault(row.day, place) != place:
            message = _("The same day as row %(row)s.") % {"row": seen[row.day]}
            yield FieldError(f"[{place}].date", message, "twice")
