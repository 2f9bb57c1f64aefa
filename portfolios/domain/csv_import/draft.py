"""One row on its way from a file to the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from portfolios.domain.csv_import.findings import Finding
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO


@dataclass(slots=True)
class Draft:
    """One row as it would be booked. Amounts are in the major unit of their currencies.

    `time` is UTC, `day` its date in the portfolio's time zone; `day_only` when the file gave no time.
    `currency` is "" where the file names none. `word` is the file's word for the kind, `skipped`
    the code of why the row is none.
    """

    line: int
    cells: list[str]
    skipped: str = ""
    kind: EntryKind | None = None
    word: str = ""
    time: datetime | None = None
    day: date | None = None
    day_only: bool = False
    symbol: str = ""
    isin: str = ""
    name: str = ""
    exchange: str = ""
    instrument: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    currency: str = ""
    fee: Decimal = ZERO
    fee_currency: str = ""
    tax: Decimal = ZERO
    tax_currency: str = ""
    fx_rate: Decimal | None = None
    note: str = ""
    external_id: str = ""
    group: str = ""
    entry: str = ""
    lots: str = ""
    carried: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What the file calls the instrument: its symbol, else ISIN, else name, else id."""
        return self.symbol or self.isin or self.name or self.instrument
