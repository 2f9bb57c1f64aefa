"""Which rows of a file are already in a portfolio.

A row is the same as another when it has the same id at the broker, or, without one, the same
time, kind, instrument, quantity, price, costs and currencies. The note does not count, since
brokers and people reword it, nor the exchange rate, which may have been turned. Equal rows in
one file are twins: they are numbered, so both enter, and a second import of the file finds both.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from portfolios.domain.csv_import.export import number

_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What makes a transaction the one it is. `time` is UTC; `day_only` when only `day` is known."""

    kind: str
    time: datetime
    day: date
    day_only: bool
    instrument: str
    quantity: Decimal
    price: Decimal | None
    currency: str
    fee: Decimal
    fee_currency: str
    tax: Decimal
    tax_currency: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Known:
    """A live transaction of the portfolio."""

    id: UUID
    fingerprint: str
    facts: Facts


class Likeness(StrEnum):
    """How a row and a transaction are alike.

    `DIFFERS`: the same one, with other figures by now. `SIMILAR`: another hour of the same day;
    nobody can tell whether it is the same.
    """

    SAME = "same"
    DIFFERS = "differs"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Match:
    """The transaction that a row is, or looks like."""

    id: UUID
    likeness: Likeness


def fingerprints(rows: Sequence[Facts]) -> list[str]:
    """Name each row of a file by SHA-256 of what it is and its turn among its equals, from 0."""
    seen: Counter[str] = Counter()
    names = []
    for row in rows:
        key = f"id|{row.external_id}" if row.external_id else f"row|{content_key(row)}"
        names.append(hashlib.sha256(f"{_VERSION}|{key}|{seen[key]}".encode()).hexdigest())
        seen[key] += 1
    return names


def content_key(facts: Facts, *, by_day: bool | None = None) -> str:
    """Write a row's content as one text; `by_day` (default: what the row knows) leaves the hour out."""
    day = facts.day_only if by_day is None else by_day
    when = facts.day.isoformat() if day else facts.time.astimezone(UTC).isoformat()
    return "|".join(
        (
            facts.kind,
            when,
            facts.instrument,
            number(facts.quantity),
            number(facts.price),
            facts.currency,
            number(facts.fee),
            facts.fee_currency if facts.fee else "",
            number(facts.tax),
            facts.tax_currency if facts.tax else "",
        )
    )


def matches(rows: Sequence[Facts], names: Sequence[str], known: Iterable[Known]) -> list[Match | None]:
    """Pair rows of a file with transactions that are there already; None for a row that is new.

    First by fingerprint, then by the broker's id, then by content, then by what happened on that
    day; each transaction is one row only, so of two twins the second is new when only one is there.
    """
    there = list(known)
    named = {one.fingerprint: one for one in there if one.fingerprint}
    found = [
        _match(row, named[name]) if name in named else None for row, name in zip(rows, names, strict=True)
    ]
    if None not in found:
        return found
    taken = {match.id for match in found if match is not None}
    pool = _Pool([one for one in there if one.id not in taken])
    found = [one or pool.by_content(row) for row, one in zip(rows, found, strict=True)]
    return [one or pool.by_day(row) for row, one in zip(rows, found, strict=True)]


def _match(row: Facts, one: Known) -> Match:
    same = content_key(row) == content_key(one.facts, by_day=row.day_only)
    return Match(one.id, Likeness.SAME if same else Likeness.DIFFERS)


class _Pool:
    """The transactions that no row has been paired with yet."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._ids: dict[str, list[Known]] = defaultdict(list)
        self._instants: dict[str, list[Known]] = defaultdict(list)
        self._days: dict[str, list[Known]] = defaultdict(list)
        self._taken: set[UUID] = set()
        for one in known:
            if one.facts.external_id:
                self._ids[one.facts.external_id].append(one)
            self._instants[content_key(one.facts, by_day=False)].append(one)
            self._days[content_key(one.facts, by_day=True)].append(one)

    def by_content(self, row: Facts) -> Match | None:
        """Take one with the same id, else one with equal content."""
        candidates = self._ids.get(row.external_id, ()) if row.external_id else ()
        equal = (self._days if row.day_only else self._instants).get(content_key(row), ())
        free = self._take(row, [*candidates, *equal])
        return None if free is None else _match(row, free)

    def by_day(self, row: Facts) -> Match | None:
        """Take one that differs by the hour alone."""
        free = self._take(row, self._days.get(content_key(row, by_day=True), ()))
        return None if free is None else Match(free.id, Likeness.SIMILAR)

    def _take(self, row: Facts, candidates: Iterable[Known]) -> Known | None:
        """Take the first that is free; two different ids are two transactions."""
        for one in candidates:
            ids = {one.facts.external_id, row.external_id} - {""}
            if one.id not in self._taken and len(ids) < 2:  # noqa: PLR2004
                self._taken.add(one.id)
                return one
        return None


def group_ids(texts: Iterable[str], namespace: UUID) -> Mapping[str, UUID]:
    """Give each group of legs a UUID: its own where the file has one, else one made of its name."""
    return {text: _group_id(text, namespace) for text in set(texts) if text}


def _group_id(text: str, namespace: UUID) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        digest = hashlib.sha256(namespace.bytes + text.encode()).digest()
        return UUID(bytes=digest[:16], version=5)
