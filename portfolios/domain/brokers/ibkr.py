"""Interactive Brokers: what its activity statement and its Flex queries have in common.

Both have trades with proceeds and commission, movements of cash by type, and actions on shares.
Proceeds are the truth (prices are printed rounded, bonds in percent, options per unit of the
underlying). Times are New York's. Cancellations repeat the trade with the opposite sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.preset import (
    CANCELLED,
    Setting,
    Withholding,
    book_dividend,
    book_money,
    book_units,
    exchange,
    take_back,
    twin_of,
    unknown,
)
from portfolios.domain.brokers.table import annotate, major
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO

BROKER: Final = "Interactive Brokers"
# Settled in money day by day: what changes hands is no price for units.
_NOT_UNITS: Final = re.compile(r"^(fut|fop|futures|futures options|options on futures|cfd|cfds|cmdty)$")
_MONEY_PAIRS: Final = frozenset({"cash", "forex"})
_CASH: Final = {
    "deposits withdrawals": EntryKind.DEPOSIT, "deposits": EntryKind.DEPOSIT,
    "withdrawals": EntryKind.DEPOSIT,
    "dividends": EntryKind.DIVIDEND, "dividend": EntryKind.DIVIDEND,
    "payment in lieu of dividends": EntryKind.DIVIDEND,
    "withholding tax": EntryKind.TAX, "871 m withholding": EntryKind.TAX, "transaction fees": EntryKind.TAX,
    "sales tax": EntryKind.TAX,
    "interest": EntryKind.INTEREST, "broker interest paid": EntryKind.INTEREST,
    "broker interest received": EntryKind.INTEREST, "bond interest paid": EntryKind.INTEREST,
    "bond interest received": EntryKind.INTEREST, "bond interest": EntryKind.INTEREST,
    "other income": EntryKind.INTEREST,
    "fees": EntryKind.FEE, "other fees": EntryKind.FEE, "advisor fees": EntryKind.FEE,
    "commission adjustments": EntryKind.FEE, "broker fees": EntryKind.FEE,
}  # fmt: skip
_NAMED: Final = re.compile(r"(?P<symbol>[A-Z0-9][A-Z0-9 .\-]*?)\s*\((?P<isin>[A-Z0-9]*)\)")
VENUES: Final = {
    "NASDAQ": "XNAS", "NYSE": "XNYS", "ARCA": "ARCX", "AMEX": "XASE", "IBIS": "XETR", "IBIS2": "XETR",
    "FWB": "XFRA", "FWB2": "XFRA", "LSE": "XLON", "LSEETF": "XLON", "SBF": "XPAR", "AEB": "XAMS",
    "EBS": "XSWX",
    "BVME": "XMIL", "BVME.ETF": "XMIL", "TSE": "XTSE", "VENTURE": "XTSX", "SEHK": "XHKG", "TSEJ": "XTKS",
    "ASX": "XASX", "BM": "XMAD", "VSE": "XWBO", "SFB": "XSTO", "OSE": "XOSL", "CPH": "XCSE", "HEX": "XHEL",
    "ENEXT.BE": "XBRU", "WSE": "XWAR", "SGX": "XSES",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as the file has it: amounts with its signs, costs negative where they were paid.

    `original` names the trade that this one takes back, by the broker's id, where it is told.
    """

    draft: Draft
    category: str
    pair: str
    quantity: Decimal
    proceeds: Decimal
    currency: str
    commission: Decimal = ZERO
    commission_currency: str = ""
    taxes: Decimal = ZERO
    id: str = ""
    takes_back: bool = False
    original: str = ""


@dataclass(slots=True)
class Account:
    """A statement while it is read. `drafts` are in the order of the file."""

    setting: Setting
    drafts: list[Draft] = field(default_factory=list)
    _withholding: Withholding = field(default_factory=Withholding)
    _reversals: list[Draft] = field(default_factory=list)
    _trades: dict[str, list[Draft]] = field(default_factory=dict)

    def trade(self, trade: Trade) -> None:
        """Book a trade of units or of money."""
        category = simplify(trade.category)
        self.drafts.append(trade.draft)
        if _NOT_UNITS.match(category):
            text = f"{trade.category} {trade.draft.symbol}".strip()
            trade.draft.findings.append(error("settled-in-money", "type", column="type", text=text))
        elif not trade.quantity:
            trade.draft.findings.append(error("no-quantity", "quantity", column="Quantity"))
        elif category in _MONEY_PAIRS:
            self._forex(trade)
        else:
            self._units(trade)

    def _units(self, trade: Trade) -> None:
        draft, fee = trade.draft, -trade.commission
        bought = (trade.quantity > 0) is not trade.takes_back
        kind = EntryKind.BUY if bought else EntryKind.SELL
        gross = abs(trade.proceeds)
        fees = max(fee, ZERO)
        book_units(
            draft, kind, quantity=abs(trade.quantity), gross=gross, currency=trade.currency,
            fee=fees, fee_currency=trade.commission_currency, tax=max(-trade.taxes, ZERO),
        )  # fmt: skip
        if trade.takes_back:
            draft.fee = draft.tax = ZERO
            self._take_back(trade)
            return
        self._trades.setdefault(trade.id, []).append(draft)
        if fee < 0:
            self._rebate(trade, EntryKind.FEE, fee, trade.commission_currency or trade.currency)
        if trade.taxes > 0:
            self._rebate(trade, EntryKind.TAX, -trade.taxes, trade.currency)

    def _rebate(self, trade: Trade, kind: EntryKind, amount: Decimal, currency: str) -> None:
        """Book costs that came back: negative, linked to the trade."""
        draft = trade.draft
        draft.group = draft.group or f"ibkr|{draft.external_id or draft.time}|{draft.label}"
        extra = twin_of(draft, group=draft.group, symbol=draft.symbol, isin=draft.isin, name=draft.name)
        book_money(extra, kind, amount, currency)
        if draft.external_id:
            extra.external_id = f"{draft.external_id}:{kind.value}"
        self.drafts.append(extra)

    def _take_back(self, trade: Trade) -> None:
        """Leave out the trade that this one names, with it; else look for its like at the end."""
        same = (one for one in self._trades.get(trade.original, ()) if not one.skipped)
        found = next((one for one in same if one.quantity == trade.draft.quantity), None)
        if trade.original and found is not None:
            found.skipped = trade.draft.skipped = CANCELLED
        else:
            self._reversals.append(trade.draft)

    def _forex(self, trade: Trade) -> None:
        """Book a pair such as EUR.USD, whose quantity is in the first and proceeds in the second."""
        draft, base = trade.draft, trade.pair.partition(".")[0]
        if trade.takes_back or len(base) != 3:  # noqa: PLR2004  # ISO 4217
            unknown(draft, trade.pair)
            return
        first, second = (abs(trade.quantity), base), (abs(trade.proceeds), trade.currency)
        sold, bought = (second, first) if trade.quantity > 0 else (first, second)
        draft.symbol = draft.isin = draft.name = ""
        group = f"ibkr|{draft.external_id or draft.time}|{trade.pair}|{trade.quantity.normalize():f}"
        legs = exchange(draft, sold=sold, bought=bought, setting=self.setting, group=group)
        code = trade.commission_currency or trade.currency
        payer = next((leg for leg in legs if leg.currency == code), legs[1])
        payer.fee, payer.fee_currency = max(-trade.commission, ZERO), code
        self.drafts[-1:] = legs

    def cash(
        self, draft: Draft, word: str, money: tuple[Decimal, str], *, text: str = "", payment: str = ""
    ) -> None:
        """Book a movement of money of a type; `payment` names the dividend that a tax belongs to."""
        self.drafts.append(draft)
        kind = _CASH.get(simplify(word))
        annotate(draft, text)
        folded, currency = major(*money)
        amount = folded or ZERO
        if kind is None:
            unknown(draft, word)
        elif kind is EntryKind.DIVIDEND:
            book_dividend(draft, gross=abs(amount), currency=currency)
            if amount > 0:
                self._withholding.dividend(payment, draft)
            else:
                self._reversals.append(draft)
        elif kind is EntryKind.TAX:
            book_money(draft, kind, -amount, currency)
            self._withholding.tax(payment, draft)
        elif kind is EntryKind.DEPOSIT:
            draft.symbol = draft.isin = draft.name = ""
            book_money(draft, kind if amount > 0 else EntryKind.WITHDRAWAL, abs(amount), currency)
        else:
            book_money(draft, kind, -amount if kind is EntryKind.FEE else amount, currency)

    def close(self) -> list[Draft]:
        """Put taxes and cancellations where they belong; answer all drafts."""
        take_back(self.drafts, self._reversals)
        self._withholding.settle()
        return self.drafts


def payment_of(draft: Draft, currency: str, action: str = "") -> str:
    """Name the payment that a dividend and its taxes are parts of: its action, else security and day."""
    what = (action,) if action else (draft.isin or draft.symbol, str(draft.day))
    return "|".join(("ibkr", *what, currency))


def named_in(text: str) -> tuple[str, str]:
    """Answer symbol and ISIN that a description begins with, ``MSFT (US5949181045) Cash …``, or ""."""
    found = _NAMED.match(text)
    return ("", "") if found is None else (found["symbol"].strip(), found["isin"])
