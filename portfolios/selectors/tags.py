"""What a person tagged: their own words on instruments, which nobody else sees."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from market.models import Instrument
from market.selectors import instruments
from portfolios.models import InstrumentTag, Transaction
from portfolios.selectors.valuation import TAG

# No tag has a comma.
TAG_BREAK = ", "


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and the instruments that have it, by symbol."""

    name: str
    instruments: list[Instrument]


def get_instrument(user: Any, uuid: UUID) -> Instrument:
    """Answer an instrument that the user may see, or meets in a portfolio that is shared with them.

    Raises:
        NotFound: there is none.
    """
    return instruments.get(user, uuid, besides=_met(user))


def _met(user: Any) -> Any:
    rows = Transaction.objects.filter(portfolio__members__user=user, instrument__owner__isnull=False)
    return rows.order_by().values("instrument_id")


def tags_of(user: Any) -> list[Tag]:
    """List a person's tags by name, each with its instruments; none that they may no longer see."""
    seen = instruments.visible_to(user, _met(user)).values("pk")
    rows = InstrumentTag.objects.filter(user=user, instrument__in=seen).select_related("instrument")
    ordered = sorted(rows, key=lambda row: (row.name.casefold(), row.instrument.symbol, row.pk))
    return [
        Tag(same[0].name, [row.instrument for row in same])
        for same in (list(group) for _key, group in groupby(ordered, key=lambda row: row.name.casefold()))
    ]


def names_on(user: Any, instrument: Instrument) -> list[str]:
    """List the tags that a person put on one instrument, by name."""
    rows = InstrumentTag.objects.filter(user=user, instrument=instrument).values_list("name", flat=True)
    return sorted(rows, key=str.casefold)


def labels(user_id: UUID | None, by: str = TAG) -> dict[int, str]:
    """Name the tags of each instrument that a person tagged, by its key: ``Core`` or ``Core, Growth``.

    Nothing where it is not by tag that something is grouped, or where nobody asks.
    """
    if by != TAG or user_id is None:
        return {}
    found: dict[int, list[str]] = defaultdict(list)
    for key, name in InstrumentTag.objects.filter(user_id=user_id).values_list("instrument_id", "name"):
        found[key].append(name)
    return {key: TAG_BREAK.join(sorted(names, key=str.casefold)) for key, names in found.items()}


def tagged(user: Any, name: str) -> frozenset[int]:
    """Tell the keys of the instruments that a person gave a tag, in any case."""
    rows = InstrumentTag.objects.filter(user=user, name__iexact=name.strip())
    return frozenset(rows.values_list("instrument_id", flat=True))
