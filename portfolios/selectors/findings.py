"""What a portfolio's figures lack, and where it can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from market.models import Instrument
from portfolios.domain.book import Problem, ProblemKind
from portfolios.domain.prices import TRADE
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.valuation import STALE_AFTER, Valuation


class FindingKind(StrEnum):
    """What is wrong."""

    NO_PRICE = "no-price"
    OWN_PRICE = "own-price"
    OLD_PRICE = "old-price"
    NO_RATE = "no-rate"
    MISSING_ACQUISITION = "missing-acquisition"
    LOTS_NOT_HELD = "lots-not-held"
    UNKNOWN_COST = "unknown-cost"
    INVALID_QUANTITY = "invalid-quantity"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `day`: of the transaction, or of the last price; `quantity`: units that are missing.

    `transaction`: the entry that has it, if one has.
    """

    kind: FindingKind
    instrument: Instrument | None = None
    currency: str = ""
    day: date | None = None
    quantity: Decimal | None = None
    transaction: UUID | None = None


_OF_ENTRIES = {
    ProblemKind.MISSING_ACQUISITION: FindingKind.MISSING_ACQUISITION,
    ProblemKind.LOTS_NOT_HELD: FindingKind.LOTS_NOT_HELD,
    ProblemKind.UNKNOWN_COST: FindingKind.UNKNOWN_COST,
    ProblemKind.INVALID_QUANTITY: FindingKind.INVALID_QUANTITY,
}


def findings(ledger: Ledger, valued: Valuation) -> list[Finding]:
    """List what is wrong, each thing once: rates by currency, prices by instrument, entries one by one.

    That a sample's prices are old is no finding: nobody is to mend them.
    """
    return [*_prices(ledger, valued), *_rates(valued), *_entries(ledger, valued.problems)]


def _prices(ledger: Ledger, valued: Valuation) -> Iterator[Finding]:
    for one in valued.positions:
        if not one.quantity:
            continue
        instrument = ledger.instruments[one.instrument]
        if one.price is None:
            yield Finding(FindingKind.NO_PRICE, instrument)
        elif one.price.source == TRADE:
            yield Finding(FindingKind.OWN_PRICE, instrument, day=one.price.as_of)
        elif not ledger.portfolio.is_sample and valued.day - one.price.as_of > STALE_AFTER:
            yield Finding(FindingKind.OLD_PRICE, instrument, day=one.price.as_of)


def _rates(valued: Valuation) -> Iterator[Finding]:
    lacking = {one.currency for one in valued.positions if one.quantity and one.rate is None}
    lacking |= {one.currency for one in valued.cash if one.value is None}
    entries = {
        one.currency: one.day for one in valued.problems if one.kind is ProblemKind.NO_RATE and one.currency
    }
    for currency in sorted(lacking | set(entries)):
        yield Finding(FindingKind.NO_RATE, currency=currency, day=entries.get(currency))


def _entries(ledger: Ledger, problems: list[Problem]) -> Iterator[Finding]:
    for one in problems:
        if one.kind in _OF_ENTRIES:
            yield Finding(
                _OF_ENTRIES[one.kind],
                None if one.instrument is None else ledger.instruments[one.instrument],
                day=one.day,
                quantity=one.quantity,
                transaction=one.entry_id if isinstance(one.entry_id, UUID) else None,
            )
