"""Write daily bars of an instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, TooLarge, ValidationFailed
from core.models import LIVE_WORLD
from market import locks
from market.domain.bars import PRICES, BarRow, Fault, faults, fits
from market.domain.prices import MANUAL
from market.models import DailyBar
from market.services import texts
from market.services.revisions import prices_changed

MOST_ROWS = 20_000

_UPSERT = """
WITH written AS (
    INSERT INTO market_dailybar AS bar (world_id, instrument_id, date, open, high, low, close, volume, source)
    SELECT %(world)s, %(instrument)s, row.*, %(source)s
    FROM unnest(%(days)s::date[], %(open)s::numeric[], %(high)s::numeric[], %(low)s::numeric[],
                %(close)s::numeric[], %(volume)s::numeric[]) AS row
    ON CONFLICT (instrument_id, world_id, date) DO UPDATE
    SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, source = excluded.source
    WHERE (bar.open, bar.high, bar.low, bar.close, bar.volume)
          IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
    RETURNING 1
)
SELECT count(*) FROM written
"""


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
    world_id: int = LIVE_WORLD,
) -> BarsStored:
    """Store bars of the actor's own instrument (staff: of a public one), all or none.

    A day that has a bar already is replaced. Prices are raw, in quote units.

    Raises:
        NotFound: there is no such instrument, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        ValidationFailed: some rows are wrong; names each row and field.
        TooLarge: more than 20,000 rows at once.
    """
    instrument = locks.instrument(actor, uuid)
    _refuse_bad(rows)
    stored = write(world_id, instrument.id, rows, source)
    audit.record(
        actor=actor,
        verb="bars.stored",
        object_type="instrument",
        object_id=uuid,
        after={"stored": stored.stored, "unchanged": stored.unchanged, "source": source},
    )
    return stored


def write(world_id: int, instrument_id: int, rows: Sequence[BarRow], source: str) -> BarsStored:
    """Upsert checked bars of one instrument, whose row is locked, and count the change."""
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "world": world_id,
                "instrument": instrument_id,
                "source": source,
                "days": [row.day for row in rows],
                **{name: [getattr(row, name) for row in rows] for name in (*PRICES, "volume")},
            },
        )
        (count,) = cursor.fetchone()
    if count:
        prices_changed(world_id, [instrument_id])
    return BarsStored(stored=count, unchanged=len(rows) - count)


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


def _refuse_bad(rows: Sequence[BarRow]) -> None:
    if len(rows) > MOST_ROWS:
        raise TooLarge(_("At most 20,000 rows at once."))
    found = tuple(_wrong(rows))
    if found:
        raise ValidationFailed(_("Some rows are not valid; nothing was stored."), errors=found)


def _wrong(rows: Sequence[BarRow]) -> Iterator[FieldError]:
    today = clock.today("UTC")
    seen: dict[date, int] = {}
    for place, row in enumerate(rows):
        for field, fault in faults(row, today):
            yield FieldError(f"[{place}].{field}", texts.fault(fault), fault.value)
        for field in (*PRICES, "volume"):
            value: Decimal | None = getattr(row, field)
            if value is not None and not fits(value):
                yield FieldError(f"[{place}].{field}", texts.fault(Fault.OUT_OF_RANGE), "out-of-range")
        if seen.setdefault(row.day, place) != place:
            message = _("The same day as row %(row)s.") % {"row": seen[row.day]}
            yield FieldError(f"[{place}].date", message, "twice")
