"""Which instrument a row means: by the user's word, the platform's id, the ISIN, the symbol, the name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from market.errors import AmbiguousSymbol
from market.models import Instrument
from market.selectors import instruments
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, error, note, warning
from portfolios.domain.csv_import.venues import spellings

_MIC = 4


@dataclass(frozen=True, slots=True)
class Resolution:
    """The instrument, or what to do instead: create one, leave the row out; or why there is none.

    `choices` are those that it may be; `currency` is that of the one to create, if it was said.
    """

    instrument: Instrument | None = None
    creates: bool = False
    leaves_out: bool = False
    finding: Finding | None = None
    choices: tuple[Instrument, ...] = ()
    currency: str = ""


class Resolver:
    """Looks up the instruments of a whole file; `rows` are those that it may mean."""

    def __init__(
        self, rows: QuerySet[Instrument], drafts: Iterable[Draft], chosen: Mapping[str, Any]
    ) -> None:
        named = [draft for draft in drafts if draft.label]
        self._rows, self._chosen = rows, chosen
        self._book = instruments.symbol_book_among(
            rows,
            {
                text
                for draft in named
                for text in (draft.symbol, draft.isin, *spellings(draft.symbol, draft.exchange))
                if text
            },
        )
        ids = {one for one in chosen.values() if isinstance(one, str)} | {draft.instrument for draft in named}
        self._by_id = self._with_ids(ids)
        names = {draft.name for draft in named if not draft.symbol and not draft.isin}
        self._by_name = self._with_names(names)
        self._known: dict[tuple[Any, ...], Resolution] = {}

    def resolve(self, draft: Draft) -> Resolution:
        """Answer what a row's instrument is; equal rows of one day are looked up once."""
        key = (draft.symbol, draft.isin, draft.exchange, draft.name, draft.instrument, draft.day)
        if key not in self._known:
            self._known[key] = self._found(draft)
        return self._known[key]

    def _found(self, draft: Draft) -> Resolution:
        for label in (draft.label, draft.symbol, draft.isin, draft.name):
            if label and label in self._chosen:
                return self._by_choice(label, self._chosen[label])
        if draft.instrument in self._by_id:
            return Resolution(self._by_id[draft.instrument])
        if draft.isin or draft.symbol:
            return self._by_code(draft)
        return self._by_its_name(draft)

    def _by_choice(self, label: str, choice: Any) -> Resolution:
        if choice == "skip":
            return Resolution(leaves_out=True)
        if isinstance(choice, str):
            instrument = self._by_id.get(choice)
            gone = None if instrument else error("chosen-gone", "symbol", text=label)
            return Resolution(instrument, finding=gone)
        made = note("will-be-created", "symbol", text=label)
        return Resolution(creates=True, finding=made, currency=choice.get("currency") or "")

    def _by_code(self, draft: Draft) -> Resolution:
        """Look up the ISIN, then the symbol; one with another ISIN is another security."""
        if draft.isin:
            found = self._lookup(draft.isin, draft)
            if found is not None:
                return found
        found = self._lookup(draft.symbol, draft) if draft.symbol else None
        if found is None:
            return Resolution(finding=error("unknown-symbol", "symbol", text=draft.label))
        if found.instrument and draft.isin and found.instrument.isin not in {"", draft.isin}:
            return _undecided("other-isin", draft, (found.instrument,))
        return found

    def _lookup(self, code: str, draft: Draft) -> Resolution | None:
        venues = [f"{code}@{draft.exchange}"] if len(draft.exchange) == _MIC else []
        others = spellings(code, draft.exchange) if code == draft.symbol else []
        try:
            for name in (*venues, code, *others):
                found = self._book.find(name, draft.day)
                if found is not None:
                    return Resolution(found)
            return self._by_later_symbol(code, draft.day)
        except AmbiguousSymbol:
            return self._among(code, draft)

    def _by_later_symbol(self, code: str, day: date | None) -> Resolution | None:
        """Look up what has the symbol today: exports often rename the past."""
        found = self._book.find(code) if day else None
        return Resolution(found, finding=warning("symbol-of-today", "symbol", text=code)) if found else None

    def _among(self, code: str, draft: Draft) -> Resolution:
        """Choose the listing with the row's symbol among those of one ISIN, else leave it to the user."""
        rows = self._rows.filter(Q(isin=code.upper()) | Q(symbol__iexact=code))
        choices = tuple(rows.select_related("exchange").order_by("symbol", "id"))
        same = [one for one in choices if draft.symbol and one.symbol == draft.symbol.upper()]
        if len(same) == 1 and code == draft.isin:
            return Resolution(same[0])
        priced = [one for one in same or choices if one.currency == draft.currency]
        if len(priced) == 1:
            return Resolution(priced[0], finding=note("matched-by-currency", "symbol", text=draft.label))
        return _undecided("ambiguous-symbol", draft, choices)

    def _by_its_name(self, draft: Draft) -> Resolution:
        choices = tuple(self._by_name.get(draft.name.casefold(), ()))
        if len(choices) == 1:
            return Resolution(choices[0], finding=note("matched-by-name", "name", text=draft.name))
        if choices:
            return _undecided("ambiguous-symbol", draft, choices)
        return Resolution(finding=error("unknown-symbol", "name", text=draft.label))

    def _with_ids(self, texts: Iterable[str]) -> dict[str, Instrument]:
        ids = [key for text in texts if (key := _uuid(text))]
        rows = self._rows.filter(uuid__in=ids) if ids else ()
        return {str(one.uuid): one for one in rows}

    def _with_names(self, names: Iterable[str]) -> dict[str, list[Instrument]]:
        found: dict[str, list[Instrument]] = defaultdict(list)
        condition = Q()
        for name in names:
            condition |= Q(name__iexact=name)
        rows = self._rows.filter(condition) if condition else ()
        for one in rows:
            found[one.name.casefold()].append(one)
        return found


def described(instrument: Instrument) -> str:
    """Name a listing so that a person can tell it from others: symbol, venue, currency."""
    return " ".join(
        one for one in (instrument.symbol, instrument.exchange_id or "", instrument.currency) if one
    )


def _undecided(code: str, draft: Draft, choices: tuple[Instrument, ...]) -> Resolution:
    listed = ", ".join(described(one) for one in choices)
    return Resolution(finding=error(code, "symbol", text=draft.label, choices=listed), choices=choices)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
