"""Corporate actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from core import clock
from core.errors import NotFound
from market.domain.actions import Action, ActionKind, Dividend, Split
from market.models import CorporateAction, Instrument
from market.selectors import instruments


@dataclass(frozen=True, slots=True)
class Reshaping:
    """The splits (stock dividends are splits too) and the other actions that reshape holdings.

    `instruments`: those asked for, and all that they turn into.
    """

    splits: list[Split]
    actions: list[Action]
    instruments: set[int]


def reshaping(instrument_ids: Iterable[int]) -> Reshaping:
    """Read what reshapes holdings of the instruments, and of what these become, in order of ex-date."""
    found = Reshaping([], [], set())
    fresh = set(instrument_ids)
    while fresh:
        found.instruments.update(fresh)
        rows = CorporateAction.objects.filter(instrument_id__in=fresh, kind__in=_RESHAPING)
        fresh = set()
        for row in rows.order_by("pk"):
            if row.kind in SPLITS:
                found.splits.append(_split(row))
            found.actions.extend(_actions(row))
            if row.target_id is not None and row.target_id not in found.instruments:
                fresh.add(row.target_id)
    found.splits.sort(key=lambda one: (one.ex_date, one.instrument))
    found.actions.sort(key=lambda one: (one.ex_date, one.instrument))
    return found


def related(instrument_ids: Iterable[int]) -> set[int]:
    """Tell the instruments, all that they turn into, and all that turned into one of these."""
    found, fresh = set[int](), set(instrument_ids)
    while fresh:
        found |= fresh
        pairs = CorporateAction.objects.filter(
            Q(instrument_id__in=fresh) | Q(target_id__in=fresh), target__isnull=False
        ).values_list("instrument_id", "target_id")
        fresh = {one for pair in pairs for one in pair if one is not None} - found
    return found


_KIND = CorporateAction.Kind
SPLITS = (_KIND.SPLIT, _KIND.STOCK_DIVIDEND)
_RESHAPING = (*SPLITS, _KIND.SPIN_OFF, _KIND.MERGER, _KIND.DELISTING)
_KINDS = {
    _KIND.SPIN_OFF: ActionKind.SPIN_OFF,
    _KIND.MERGER: ActionKind.MERGER,
    _KIND.DELISTING: ActionKind.DELISTING,
}


def _split(row: CorporateAction) -> Split:
    """Read a split; a stock dividend of 1 for 20 leaves 21 units for 20."""
    numerator, denominator = int(row.numerator or 0), int(row.denominator or 1)
    if row.kind == _KIND.STOCK_DIVIDEND:
        numerator += denominator
    return Split(row.instrument_id, row.ex_date, numerator, denominator)


def _actions(row: CorporateAction) -> Iterator[Action]:
    kind = _KINDS.get(_KIND(row.kind), ActionKind.CASH_IN_LIEU)
    if kind is ActionKind.CASH_IN_LIEU and row.cash_in_lieu is None:
        return
    yield Action(
        id=row.uuid,
        sequence=row.pk,
        kind=kind,
        instrument=row.instrument_id,
        ex_date=row.ex_date,
        target=row.target_id,
        numerator=int(row.numerator or 0),
        denominator=int(row.denominator or 1),
        cash=row.amount,
        currency=row.currency,
        cost_share=row.cost_share,
        cash_in_lieu=row.cash_in_lieu,
        pays_out=row.pays_out,
    )


def splits(instrument_ids: Iterable[int]) -> list[Split]:
    """List the splits and stock dividends of the instruments, in order of ex-date."""
    rows = CorporateAction.objects.filter(instrument_id__in=set(instrument_ids), kind__in=SPLITS)
    return [_split(row) for row in rows.order_by("ex_date", "instrument_id")]


def delisting(rows: Iterable[CorporateAction]) -> CorporateAction | None:
    """Return the delisting that holds today among one's actions, newest first; None: it is listed."""
    today = clock.today("UTC")
    return next((one for one in rows if one.kind == _KIND.DELISTING and one.ex_date <= today), None)


def dividends(instrument_ids: Iterable[int]) -> list[Dividend]:
    """List the dividends per unit of the instruments, in order of ex-date."""
    rows = CorporateAction.objects.filter(
        instrument_id__in=set(instrument_ids), kind=CorporateAction.Kind.DIVIDEND
    ).order_by("ex_date", "instrument_id")
    return [
        Dividend(instrument, ex_date, amount, currency)
        for instrument, ex_date, amount, currency in rows.values_list(
            "instrument_id", "ex_date", "amount", "currency"
        )
        if amount
    ]


def for_instrument(instrument: Instrument) -> QuerySet[CorporateAction]:
    """List an instrument's corporate actions, newest first."""
    return CorporateAction.objects.filter(instrument=instrument).select_related("instrument", "target")


def visible_to(user: object) -> QuerySet[CorporateAction]:
    """List the corporate actions of the instruments that the user may see, newest first."""
    return CorporateAction.objects.filter(instrument__in=instruments.visible_to(user)).select_related(
        "instrument", "target"
    )


def get(user: object, uuid: UUID) -> CorporateAction:
    """Return a corporate action.

    Raises:
        NotFound: there is none, or its instrument is somebody else's.
    """
    found = visible_to(user).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
