"""Scopes: a part of a portfolio as a portfolio of its own; docs/algorithms/scopes.md.

The book of a part is the whole one rewritten: what crosses the border of the part becomes a flow.
Fees and taxes that a view leaves out are rewritten alike. So one fold, one statement and one series
serve every scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from portfolios.domain.entries import Entry, EntryId, EntryKind
from portfolios.domain.exact import ONE, ZERO, exact, times
from portfolios.domain.rates import Rates
from portfolios.domain.till import gross

_TRADES: Final = frozenset({EntryKind.BUY, EntryKind.SELL, EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT})
_PAID: Final = {
    EntryKind.BUY: -1,
    EntryKind.SELL: 1,
    EntryKind.DEPOSIT: 1,
    EntryKind.WITHDRAWAL: -1,
    EntryKind.DIVIDEND: 1,
    EntryKind.INTEREST: 1,
    EntryKind.FEE: -1,
    EntryKind.TAX: -1,
}
_OUT: Final = frozenset({EntryKind.WITHDRAWAL, EntryKind.TRANSFER_OUT})
_IN: Final = frozenset({EntryKind.DEPOSIT, EntryKind.TRANSFER_IN})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure is about: all of a portfolio, some `instruments` of it (None: all), its `cash`.

    `fees` and `taxes` False: the view before them. Where cash is inside, they leave it as flows;
    where it is not, they are nobody's.
    """

    instruments: frozenset[int] | None = None
    cash: bool = True
    fees: bool = True
    taxes: bool = True

    @property
    def is_whole(self) -> bool:
        """Tell whether the view is the portfolio itself, as it was booked."""
        return self.instruments is None and self.cash and self.fees and self.taxes


WHOLE: Final = Scope()


def within(entries: Iterable[Entry], scope: Scope, *, tracks_cash: bool) -> list[Entry]:
    """Return the ledger of a scope, in the order of `entries`.

    `tracks_cash` is the portfolio's. The scope's own ledger tracks cash only if it has cash too.
    """
    if scope.is_whole:
        return list(entries)
    inside = tracks_cash and scope.cash
    with exact():
        return [
            kept
            for entry in entries
            for part in _bounded(entry, scope)
            for kept in _charged(part, scope, inside=inside)
        ]


def _bounded(entry: Entry, scope: Scope) -> Iterator[Entry]:
    """Yield what of an entry lies in the scope: itself, nothing, or the money that it moved."""
    chosen = scope.instruments
    if scope.cash if entry.instrument is None else chosen is None or entry.instrument in chosen:
        yield entry
    elif scope.cash and _is_booked(entry):
        yield from _moved(
            entry,
            (entry.currency, _PAID.get(entry.kind, 0) * gross(entry)),
            (entry.fee_currency or entry.currency, -entry.fee),
            (entry.tax_currency or entry.currency, -entry.tax),
        )


def _is_booked(entry: Entry) -> bool:
    """Tell whether the fold books the entry: a trade without units is a finding and nothing else."""
    return entry.kind not in _TRADES or entry.quantity > 0


def _moved(entry: Entry, *amounts: tuple[str, Decimal]) -> Iterator[Entry]:
    """Yield deposits (positive) and withdrawals that move cash as the entry does, at its rates."""
    for currency, amount in amounts:
        if amount:
            yield entry._replace(
                kind=EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL,
                instrument=None,
                quantity=abs(amount),
                price=ONE,
                currency=currency,
                fee=ZERO,
                tax=ZERO,
                fx_rate=entry.fx_rate if currency == entry.currency else None,
            )


def _charged(entry: Entry, scope: Scope, *, inside: bool) -> Iterator[Entry]:
    """Yield an entry without the charges that the view leaves out, and what they took from its cash."""
    taken: list[tuple[str, Decimal]] = []
    if not scope.fees:
        taken.append((entry.fee_currency or entry.currency, -entry.fee))
        entry = entry._replace(fee=ZERO)
    if not scope.taxes:
        taken.append((entry.tax_currency or entry.currency, -entry.tax))
        entry = entry._replace(tax=ZERO)
    if entry.kind in _left_out(scope):
        taken.append((entry.currency, -gross(entry)))
        entry = entry._replace(quantity=ZERO, price=ONE)
    yield entry
    if inside and _is_booked(entry):
        yield from _moved(entry, *taken)


def _left_out(scope: Scope) -> set[EntryKind]:
    return {
        kind for kind, counts in ((EntryKind.FEE, scope.fees), (EntryKind.TAX, scope.taxes)) if not counts
    }


def restated(entries: Iterable[Entry], rates: Rates, base: str, currency: str) -> list[Entry]:
    """Return entries of a portfolio in `base` for a report in `currency`.

    An entry's own rate into `base` is carried on at the day's rate from there (`rates` are into
    `currency`); without that rate the own one is of no use.
    """
    with exact():
        return [
            entry if entry.fx_rate is None else entry._replace(fx_rate=_carried(entry, rates, base, currency))
            for entry in entries
        ]


def _carried(entry: Entry, rates: Rates, base: str, currency: str) -> Decimal | None:
    if entry.currency in {base, currency}:
        return None
    used = rates.rate(base, entry.day)
    return times(entry.fx_rate, used.rate if used else None)


def moves_within(
    ledgers: Sequence[Iterable[Entry]], linked: Mapping[EntryId, UUID] | None = None
) -> list[tuple[EntryId, EntryId]]:
    """Pair what left one ledger of a group with what reached another on the same day.

    A pair is `linked` by hand, or the same amount of a currency or of an instrument. Money that is on
    its way overnight is no pair: it has left the group until it arrives.
    """
    links = linked or {}
    waiting: dict[tuple[object, ...], list[tuple[int, EntryId]]] = defaultdict(list)
    arrivals: list[tuple[int, Entry]] = []
    for number, entries in enumerate(ledgers):
        for entry in entries:
            if entry.kind in _OUT:
                waiting[_key(entry, links)].append((number, entry.id))
            elif entry.kind in _IN:
                arrivals.append((number, entry))
    pairs = []
    for number, entry in arrivals:
        left = waiting.get(_key(entry, links), [])
        at = next((place for place, (other, _) in enumerate(left) if other != number), None)
        if at is not None:
            pairs.append((left.pop(at)[1], entry.id))
    return pairs


def _key(entry: Entry, links: Mapping[EntryId, UUID]) -> tuple[object, ...]:
    if entry.id in links:
        return entry.day, links[entry.id], entry.instrument
    if entry.instrument is not None:
        return entry.day, entry.instrument, entry.quantity
    return entry.day, entry.currency, gross(entry)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A flow of one ledger of a group that stays within the group: base currency, positive came in."""

    entry_id: EntryId
    day: date
    amount: Decimal
    in_kind: bool
