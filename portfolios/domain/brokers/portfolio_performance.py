"""Portfolio Performance: what its CSV exports and its XML files have in common.

The value of a transaction is what moved on the cash account, after fees and taxes, and in that
account's currency whatever the security is quoted in; deliveries carry what the units were worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.preset import book_dividend, book_money, book_units
from portfolios.domain.csv_import.amounts import per_unit
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ZERO

BROKER: Final = "Portfolio Performance"
_TRADES: Final = {"buy": EntryKind.BUY, "sell": EntryKind.SELL}
_DELIVERIES: Final = {
    "delivery inbound": EntryKind.TRANSFER_IN, "delivery outbound": EntryKind.TRANSFER_OUT,
    "transfer in": EntryKind.TRANSFER_IN, "transfer out": EntryKind.TRANSFER_OUT,
}  # fmt: skip
# What each word books, and the sign of the amount in the ledger.
_MONEY: Final = {
    "deposit": (EntryKind.DEPOSIT, 1), "removal": (EntryKind.WITHDRAWAL, 1),
    "transfer in": (EntryKind.DEPOSIT, 1), "transfer out": (EntryKind.WITHDRAWAL, 1),
    "interest": (EntryKind.INTEREST, 1), "interest charge": (EntryKind.INTEREST, -1),
    "fees": (EntryKind.FEE, 1), "fees refund": (EntryKind.FEE, -1),
    "taxes": (EntryKind.TAX, 1), "tax refund": (EntryKind.TAX, -1),
}  # fmt: skip
WORDS: Final = frozenset({*_TRADES, *_DELIVERIES, *_MONEY, "dividends"})


@dataclass(frozen=True, slots=True)
class Moved:
    """A transaction's figures without signs: `value` after costs, in `currency`; `shares` None if untold."""

    value: Decimal
    currency: str
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    shares: Decimal | None = None


def book(draft: Draft, word: str, moved: Moved) -> None:
    """Book a transaction of a kind, one of `WORDS`; the security is set before."""
    costs = EXACT.add(moved.fees, moved.taxes)
    if word in _TRADES or (word in _DELIVERIES and moved.shares):
        _units(draft, word, moved, costs)
    elif word == "dividends":
        gross = EXACT.add(moved.value, costs)
        book_dividend(draft, gross=gross, currency=moved.currency, shares=moved.shares)
        draft.fee, draft.tax = moved.fees, moved.taxes
    elif word in _MONEY:
        kind, sign = _MONEY[word]
        if kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL}:
            draft.symbol = draft.isin = draft.name = ""
        before = EXACT.add(moved.value, costs) if kind is EntryKind.INTEREST else moved.value
        book_money(draft, kind, EXACT.multiply(before, Decimal(sign)), moved.currency)
        if kind is EntryKind.INTEREST:
            draft.fee, draft.tax = moved.fees, moved.taxes
    else:
        draft.findings.append(error("no-quantity", "quantity", column="Shares"))


def _units(draft: Draft, word: str, moved: Moved, costs: Decimal) -> None:
    if not moved.shares:
        draft.findings.append(error("no-quantity", "quantity", column="Shares"))
        return
    kind = _TRADES.get(word) or _DELIVERIES[word]
    incoming = kind in {EntryKind.BUY, EntryKind.TRANSFER_IN}
    gross = EXACT.subtract(moved.value, costs) if incoming else EXACT.add(moved.value, costs)
    book_units(
        draft, kind, quantity=moved.shares, gross=gross, currency=moved.currency,
        fee=moved.fees, tax=moved.taxes,
    )  # fmt: skip
    if kind is EntryKind.TRANSFER_IN:  # no cash moves: costs are part of what the units cost
        draft.price, draft.fee, draft.tax = per_unit(moved.value, moved.shares), ZERO, ZERO
    elif kind is EntryKind.TRANSFER_OUT:
        draft.price, draft.fee, draft.tax = ZERO, ZERO, ZERO
