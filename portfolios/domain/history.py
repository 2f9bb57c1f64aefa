"""A ledger folded once and kept: its book on any day, and what of the fold a change leaves standing.

Along the way states of the fold are kept. A look at a day goes on from the last state before it, and a
ledger that differs from a former one only from some entry on goes on from the last state before that.
Both give exactly what folding from the start gives.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import pairwise
from typing import Final

from portfolios.domain.book import Book
from portfolios.domain.ledger import Ledger, State

# A state costs about as much as booking ten entries and holds its open lots.
STRIDE: Final = 256


class History:
    """The fold of all entries of a ledger; see the module.

    `ledger` has booked nothing yet. `former`: a history from before some entries changed, with the same
    settings, prices, rates and actions.
    """

    def __init__(self, ledger: Ledger, former: History | None = None) -> None:
        entries = ledger.entries
        self._states = [ledger.state()] if former is None else former.states_before(ledger)
        self._ledger = ledger if former is None else ledger.at(self._states[-1], former.rows)
        for stop in [*range(self._states[-1].entry + STRIDE, len(entries), STRIDE), len(entries)]:
            if stop > self._states[-1].entry:
                self._ledger.go(stop)
                self._states.append(self._ledger.state())
        self._days = [entries[one.entry - 1].day if one.entry else date.min for one in self._states]

    @property
    def rows(self) -> Book:
        """The book from whose rows the states take theirs; nobody changes it."""
        return self._ledger.book

    def ledger(self, until: date) -> Ledger:
        """Return a ledger of its own that has booked everything up to and including the day `until`."""
        at = max(bisect_right(self._days, until) - 1, 0)
        found = self._ledger.at(self._states[at], self.rows)
        found.run(until)
        return found

    def book(self, until: date) -> Book:
        """Return the book at the end of day `until`."""
        return self.ledger(until).close(until)

    def states_before(self, ledger: Ledger) -> list[State]:
        """Return the states that hold for another ledger too: those before the first difference."""
        same = self._ledger.entries.shared_with(ledger.entries)
        kept = [
            one
            for one, day in zip(self._states, self._days, strict=True)
            if one.entry <= same and self._ledger.same_events(ledger, one.event, day)
        ]
        # Ledgers that grow by one entry at a time would leave a state at each of them.
        close = {two.entry for one, two in pairwise(kept) if two.entry - one.entry < STRIDE}
        return [one for one in kept if one.entry not in close or one is kept[-1]]
