"""What a check is: a finder of faults with a code, a severity, words, and the page that mends them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise

from core.money import plain
from market.models import Instrument
from portfolios.domain.book import Book
from portfolios.domain.entries import Entry, EntryId
from portfolios.models import Portfolio
from portfolios.selectors.figures import book
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.quality.trades import Trade, unusual

NAMESPACE = UUID("5f0d7d0c-6c58-5f0e-9d5b-3d1b1d5a7a10")


class Severity(StrEnum):
    """How much a fault distorts: the figures are wrong, may be wrong, or lack something small."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Mend(StrEnum):
    """Where a fault is mended: at the entry, the instrument's prices, the rates, or by a new entry."""

    ENTRY = "entry"
    PRICES = "prices"
    RATES = "rates"
    NEW_ENTRY = "new-entry"


@dataclass
class SharedScope:
    """One portfolio's data as all checks share it, as of `day` (its own calendar) and the instant `now`."""

    ledger: Ledger
    day: date
    now: datetime

    @property
    def book(self) -> Book:
        """The book at the end of `day`."""
        return book(self.ledger, self.day)

    def symbol(self, instrument: int | None) -> str:
        """Name an instrument; nothing where there is none."""
        return "" if instrument is None else str(self.ledger.instruments[instrument].symbol)

    def listing(self, instrument: int) -> UUID:
        """Name an instrument as it is named everywhere, in another database too."""
        return self.ledger.instruments[instrument].uuid

    @cached_property
    def by_id(self) -> dict[EntryId, Entry]:
        """The entries by their ids."""
        return {entry.id: entry for entry in self.ledger.entries}

    @cached_property
    def days_of(self) -> dict[int, list[date]]:
        """The days of the entries of each instrument."""
        found: dict[int, list[date]] = defaultdict(list)
        for entry in self.ledger.entries:
            if entry.instrument is not None:
                found[entry.instrument].append(entry.day)
        return found

    @cached_property
    def trades(self) -> list[Trade]:
        """The trades of this ledger that do not fit the market of their day."""
        found = unusual(self.ledger.portfolio, self.ledger.world_id)
        return [one for one in found if one.id in self.by_id]


@dataclass(frozen=True, slots=True)
class Found:
    """One fault before it has a check: `facts` are what it was found in; they make its id.

    `values` fill the check's sentence; `hint` is a further sentence. `time`: of what it is about (UTC).
    """

    facts: tuple[object, ...]
    values: dict[str, object] = field(default_factory=dict)
    entry: UUID | None = None
    instrument: int | None = None
    currency: str = ""
    time: datetime | None = None
    hint: Promise | str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the registry; `sentence` has a place for each of a finding's values."""

    code: str
    severity: Severity
    title: Promise
    sentence: Promise
    mend: Mend
    find: Callable[[SharedScope], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault that a check found in a portfolio.

    `id` depends on the check, the portfolio and the facts only: the same fault has the same id
    at each call, and another one once the facts are other.
    """

    id: UUID
    check: Check
    portfolio: Portfolio
    found: Found
    instrument: Instrument | None

    @property
    def title(self) -> str:
        """The fault in a few words."""
        return str(self.check.title) % _shown(self.found.values)

    @property
    def text(self) -> str:
        """The fault explained."""
        said = str(self.check.sentence) % _shown(self.found.values)
        return f"{said} {self.found.hint}" if self.found.hint else said


def issue_of(check: Check, scope: SharedScope, found: Found) -> Issue:
    """Give a fault its id."""
    portfolio = scope.ledger.portfolio
    facts = "|".join(_fact(one) for one in (check.code, portfolio.pk, *found.facts))
    instrument = None if found.instrument is None else scope.ledger.instruments[found.instrument]
    return Issue(uuid5(NAMESPACE, facts), check, portfolio, found, instrument)


def of_entry(
    scope: SharedScope, entry: Entry, *facts: object, hint: Promise | str = "", **values: Any
) -> Found:
    """Make a finding about one entry; its day and what it is of are among the values."""
    return Found(
        facts=(entry.id, *facts),
        values={"day": entry.day, "symbol": scope.symbol(entry.instrument) or entry.currency, **values},
        entry=entry.id if isinstance(entry.id, UUID) else None,
        instrument=entry.instrument,
        time=entry.time,
        hint=hint,
    )


def midnight(day: date) -> datetime:
    """Tell the first instant of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def _fact(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def _shown(values: dict[str, object]) -> dict[str, Any]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return number_format(plain(value), use_l10n=True)
    if isinstance(value, datetime | date):
        return date_format(value, "DATE_FORMAT")
    return str(value)
