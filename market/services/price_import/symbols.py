"""Which instrument a file's symbol means."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from numpy.typing import NDArray

from market import locks
from market.domain.bars import Fault
from market.domain.price_files.reader import Batch
from market.errors import AmbiguousSymbol
from market.models import Instrument
from market.selectors.instruments import SymbolBook, symbol_book_among
from market.services.price_import.options import Options

_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9._^=:/\- ]{0,39}")


class Symbols:
    """Look symbols up among one owner's instruments, or the public ones; remember the answers."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rows = Instrument.objects.filter(owner_id=options.owner)
        self._known: dict[str, int] = {}
        self._books: dict[str, SymbolBook] = {}
        self.faults: dict[str, Fault] = {}
        self.created: list[str] = []

    def exists(self, symbol: str) -> bool:
        """Tell whether an instrument has this symbol now."""
        return self._find(symbol_book_among(self._rows, [symbol]), symbol) > 0

    def ids(self, batch: Batch) -> NDArray[np.int32]:
        """Return the instrument of each row, shape (n,); 0 where there is none, said in `faults`."""
        fresh = set(batch.symbols) - self._known.keys()
        if fresh:
            self._learn(sorted(fresh))
        known = self._known
        found = np.array([known[symbol] for symbol in batch.symbols], dtype=np.int32)
        for symbol in self._books.keys() & set(batch.symbols):
            self._by_date(batch, symbol, found)
        return found

    def _learn(self, symbols: list[str]) -> None:
        book = symbol_book_among(self._rows, symbols)
        found = {symbol: self._find(book, symbol) for symbol in symbols}
        missing = [one for one, instrument in found.items() if not instrument and self._may_create(one, book)]
        if missing:
            found |= self._create(missing)
        self._known |= found
        self._books |= {symbol: book for symbol in symbols if book.is_dated(symbol)}

    def _find(self, book: SymbolBook, symbol: str, day: date | None = None) -> int:
        try:
            instrument = book.find(symbol, day)
        except AmbiguousSymbol:
            self.faults[symbol] = Fault.AMBIGUOUS_SYMBOL
            return 0
        if instrument is None:
            self.faults.setdefault(symbol, Fault.UNKNOWN_SYMBOL)
            return 0
        return instrument.id

    def _by_date(self, batch: Batch, symbol: str, found: NDArray[np.int32]) -> None:
        book = self._books[symbol]
        for place, (name, ordinal) in enumerate(zip(batch.symbols, batch.days, strict=True)):
            if name == symbol:
                found[place] = self._find(book, symbol, date.fromordinal(ordinal))

    def _may_create(self, symbol: str, book: SymbolBook) -> bool:
        name = symbol.strip().upper()
        return (
            self._options.create_missing
            and self.faults.get(symbol) is Fault.UNKNOWN_SYMBOL
            and not book.is_dated(symbol)
            and _SYMBOL.fullmatch(name) is not None
        )

    def _create(self, symbols: list[str]) -> dict[str, int]:
        """Make instruments, unless another import that was faster has made them meanwhile."""
        locks.creation_of_instruments()
        names = {symbol.strip().upper() for symbol in symbols}
        there = set(self._rows.filter(symbol__in=names).values_list("symbol", flat=True))
        fresh = sorted(names - there)
        Instrument.objects.bulk_create(
            Instrument(
                owner_id=self._options.owner,
                symbol=name,
                name=name,
                kind=self._options.kind,
                currency=self._options.currency,
            )
            for name in fresh
        )
        self.created += fresh
        for symbol in symbols:
            self.faults.pop(symbol, None)
        book = symbol_book_among(self._rows, symbols)
        return {symbol: self._find(book, symbol) for symbol in symbols}
