"""The user's own trades on a portfolio's chart, and the points of its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portfolios.domain.entries import Entry, EntryKind
from portfolios.selectors.figures import Period
from portfolios.selectors.ledger import Ledger

SIDES = {EntryKind.BUY: "buy", EntryKind.SELL: "sell"}


@dataclass(frozen=True, slots=True)
class Trades:
    """What was bought, or what was sold, on one day."""

    day: date
    side: str
    entries: list[tuple[str, Entry]]


def trades(ledgers: Iterable[Ledger], period: Period) -> list[Trades]:
    """List the trades of a period ``(start, end]`` by day and side, with the symbols, oldest first."""
    found: dict[tuple[date, str], list[tuple[str, Entry]]] = defaultdict(list)
    for ledger in ledgers:
        for entry in ledger.entries:
            side = SIDES.get(entry.kind)
            if side and entry.instrument is not None and period.start < entry.day <= period.end:
                found[entry.day, side].append((ledger.instruments[entry.instrument].symbol, entry))
    return [
        Trades(day, side, entries) for (day, side), entries in sorted(found.items(), key=lambda one: one[0])
    ]
