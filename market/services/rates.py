"""Write exchange rates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, Forbidden, TooLarge, ValidationFailed
from core.models import LIVE_WORLD
from core.money import SUBUNITS
from market import locks
from market.domain.bars import EARLIEST, fits
from market.domain.prices import MANUAL
from market.models import FxRate
from market.services.revisions import rates_changed

MOST_ROWS = 20_000
_CODE = re.compile(r"[A-Z][A-Z0-9]{2,11}")

_UPSERT = """
WITH written AS (
    INSERT INTO market_fxrate AS known (world_id, owner_id, base, quote, date, rate, source)
    SELECT %(world)s, %(owner)s, row.*, %(source)s
    FROM unnest(%(bases)s::varchar[], %(quotes)s::varchar[], %(days)s::date[], %(rates)s::numeric[]) AS row
    ON CONFLICT (owner_id, world_id, base, quote, date) DO UPDATE
    SET rate = excluded.rate, source = excluded.source WHERE known.rate IS DISTINCT FROM excluded.rate
    RETURNING 1
)
SELECT count(*) FROM written
"""


@dataclass(frozen=True, slots=True)
class RateRow:
    """How many units of `quote` one unit of `base` was worth on `day`."""

    base: str
    quote: str
    day: date
    rate: Decimal


@transaction.atomic
def set_rates(
    *,
    actor: Actor,
    rows: Sequence[RateRow],
    public: bool = False,
    source: str = MANUAL,
    world_id: int = LIVE_WORLD,
) -> int:
    """Store the actor's own rates (or public ones), all or none; say how many were new or different.

    Raises:
        Forbidden: public, and the actor is not staff.
        ValidationFailed: some rows are wrong; names each row and field.
        TooLarge: more than 20,000 rows at once.
    """
    owner = _owner(actor, public)
    if len(rows) > MOST_ROWS:
        raise TooLarge(_("At most 20,000 rows at once."))
    found = tuple(_wrong(rows))
    if found:
        raise ValidationFailed(_("Some rows are not valid; nothing was stored."), errors=found)
    locks.rates(owner)
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "world": world_id,
                "owner": owner,
                "source": source,
                "bases": [row.base for row in rows],
                "quotes": [row.quote for row in rows],
                "days": [row.day for row in rows],
                "rates": [row.rate for row in rows],
            },
        )
        (count,) = cursor.fetchone()
    if count:
        rates_changed(owner)
    audit.record(
        actor=actor, verb="rates.stored", object_type="rates", object_id=owner or "", after={"stored": count}
    )
    return int(count)


@transaction.atomic
def delete_rates(
    *,
    actor: Actor,
    base: str,
    quote: str,
    start: date | None = None,
    end: date | None = None,
    public: bool = False,
) -> int:
    """Delete the actor's own (or public) rates of a pair from `start` to `end`, both included.

    Raises:
        Forbidden: public, and the actor is not staff.
    """
    owner = _owner(actor, public)
    locks.rates(owner)
    rows = FxRate.objects.filter(
        owner_id=owner,
        world=LIVE_WORLD,
        base=base,
        quote=quote,
        date__range=(start or date.min, end or date.max),
    )
    count, _per_model = rows.delete()
    if count:
        rates_changed(owner)
    audit.record(
        actor=actor,
        verb="rates.deleted",
        object_type="rates",
        object_id=owner or "",
        # the pairs that a person has rates of are theirs; the log keeps only those of the public rates
        before={"deleted": count} | ({"pair": f"{base}/{quote}"} if owner is None else {}),
    )
    return count


def _owner(actor: Actor, public: bool) -> UUID | None:
    if public:
        if not actor.may("market.change_fxrate"):
            raise Forbidden(_("Only staff may change public rates."))
        return None
    if actor.user_id is None:
        raise Forbidden(_("Rates of one's own need a user."))
    return actor.user_id


def _wrong(rows: Sequence[RateRow]) -> Iterator[FieldError]:
    today = clock.today("UTC")
    seen: dict[tuple[str, str, date], int] = {}
    for place, row in enumerate(rows):
        yield from _row_errors(f"[{place}]", row, today)
        first = seen.setdefault((row.base, row.quote, row.day), place)
        if first != place:
            message = _("The same pair and day as row %(row)s.") % {"row": first}
            yield FieldError(f"[{place}].date", message, "twice")


def _row_errors(path: str, row: RateRow, today: date) -> Iterator[FieldError]:
    for name in ("base", "quote"):
        if not _CODE.fullmatch(getattr(row, name)):
            yield FieldError(f"{path}.{name}", _("Use a currency code such as EUR or BTC."), "currency")
        elif getattr(row, name) in SUBUNITS:
            major, _unit = SUBUNITS[getattr(row, name)]
            yield FieldError(f"{path}.{name}", _("Give the rate of %(major)s.") % {"major": major}, "subunit")
    if row.base == row.quote:
        yield FieldError(f"{path}.quote", _("The two currencies must differ."), "same-currency")
    if row.rate <= 0:
        yield FieldError(f"{path}.rate", _("The rate must be greater than 0."), "not-positive")
    elif not fits(row.rate):
        yield FieldError(
            f"{path}.rate", _("At most 20 digits before and 18 after the decimal point."), "digits"
        )
    if row.day > today:
        yield FieldError(f"{path}.date", _("The date is in the future."), "future-date")
    elif row.day < EARLIEST:
        yield FieldError(f"{path}.date", _("The date is before 1700."), "too-early")
