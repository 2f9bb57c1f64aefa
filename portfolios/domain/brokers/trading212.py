"""Trading 212: the CSV of History, Export.

Cash settles in the currency of ``Total``, whatever the price is in, so trades are booked in that
currency, from the total less costs; price and rate as printed stay in the note. Times are UTC.
Prices of dividends are after withholding, which has a column of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.money import round_amount
from portfolios.domain.brokers.preset import (
    UTC_ZONE,
    Parsed,
    Preset,
    Setting,
    book_dividend,
    book_in_kind,
    book_money,
    book_units,
    corporate_action,
    exchange,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import Record, Table, annotate, currency_of, major, name_security
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error, warning
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ZERO

_HEADER: Final = ("action", "isin", "ticker", "no of shares", "total")
_FEES: Final = ("currency conversion fee", "deposit fee", "transaction fee", "finra fee", "ptm levy")
_TAXES: Final = ("stamp duty", "stamp duty reserve tax", "french transaction tax")
_MONEY: Final = {
    "deposit": EntryKind.DEPOSIT, "withdrawal": EntryKind.WITHDRAWAL, "card debit": EntryKind.WITHDRAWAL,
    "card credit": EntryKind.DEPOSIT, "new card cost": EntryKind.FEE, "spending cashback": EntryKind.INTEREST,
    "interest on cash": EntryKind.INTEREST, "lending interest": EntryKind.INTEREST,
    "share lending interest": EntryKind.INTEREST,
}  # fmt: skip


def _recognises(source: Source) -> bool:
    return source.has_header(*_HEADER)


def _read(source: Source, setting: Setting) -> Parsed:
    table = Table(source.sheet, *_HEADER)
    parsed = Parsed(header_line=table.header_line)
    for record in table.records():
        parsed.drafts += _row(record, setting) if record.usable else [record.draft]
    return parsed


def _row(record: Record, setting: Setting) -> list[Draft]:
    draft, word = record.draft, record.text("action")
    place(draft, record.text("time", "time utc"), setting, zone=UTC_ZONE)
    name_security(draft, symbol=record.text("ticker"), isin=record.text("isin"), name=record.text("name"))
    draft.external_id, action = record.text("id"), simplify(word)
    if action == "currency conversion":
        return _conversion(record, setting)
    total, currency = major(record.number("total"), record.currency("currency total", "total currency"))
    if action.startswith("stock split"):
        corporate_action(draft, word)
    elif total is None:
        draft.findings.append(error("no-amount", "amount", column="Total"))
    elif action.endswith((" buy", " sell")):
        _trade(record, EntryKind.BUY if action.endswith("buy") else EntryKind.SELL, total, currency)
    elif action.startswith("dividend"):
        _dividend(record, total, currency)
    elif action in {"stock distribution", "free share"}:
        book_in_kind(draft, EntryKind.TRANSFER_IN, record.number("no of shares") or ZERO, currency)
    elif action in _MONEY:
        _money(record, _MONEY[action], total, currency)
    else:
        unknown(draft, word)
    return [draft]


def _money(record: Record, kind: EntryKind, total: Decimal, currency: str) -> None:
    draft = record.draft
    draft.symbol = draft.isin = draft.name = ""
    annotate(draft, record.text("notes"))
    outgoing = kind in {EntryKind.WITHDRAWAL, EntryKind.FEE}
    book_money(draft, kind, abs(total) if outgoing else total, currency)


def _trade(record: Record, kind: EntryKind, total: Decimal, currency: str) -> None:
    draft, quantity = record.draft, record.number("no of shares")
    if not quantity:
        draft.findings.append(error("no-quantity", "quantity", column="No. of shares"))
        return
    fee, tax = _costs(record, _FEES, currency), _costs(record, _TAXES, currency)
    costs = EXACT.add(fee, tax)
    gross = EXACT.subtract(total, costs) if kind is EntryKind.BUY else EXACT.add(total, costs)
    book_units(draft, kind, quantity=quantity, gross=gross, currency=currency, fee=fee, tax=tax)
    if quantity < 0 or total < 0:
        draft.findings.append(error("cancellation", "quantity", column="No. of shares"))
    annotate(draft, record.text("notes"), _printed(record, currency))


def _costs(record: Record, names: tuple[str, ...], currency: str) -> Decimal:
    """Add up the costs; each is in the account's currency, so that another one is an error."""
    found = ZERO
    for name in names:
        amount, code = major(record.number(name), record.currency(f"currency {name}") or currency)
        if amount and code != currency:
            record.draft.findings.append(
                error("cost-currency", "fee", column=name, currency=code, expected=currency)
            )
        found = EXACT.add(found, abs(amount or ZERO))
    return found


def _printed(record: Record, currency: str) -> str:
    """Keep the price that the file prints where the trade is booked in another currency."""
    code = record.text("currency price share")
    if not code or code == currency:
        return ""
    rate = record.text("exchange rate")
    return f"{record.text('price share')} {code}" + (f" @ {rate}" if rate[:1].isdigit() else "")


def _dividend(record: Record, total: Decimal, currency: str) -> None:
    draft, shares = record.draft, record.number("no of shares")
    draft.external_id = ""  # dividends have none, or one that changes
    tax = _withheld(record, total, currency)
    book_dividend(draft, gross=EXACT.add(total, tax), currency=currency, shares=shares)
    draft.tax = tax
    annotate(draft, record.text("notes"), _printed(record, currency))


def _withheld(record: Record, total: Decimal, currency: str) -> Decimal:
    """Answer the tax in the account's currency, at the rate that the row itself implies."""
    tax, code = major(
        record.number("withholding tax"), record.currency("currency withholding tax") or currency
    )
    if not tax or code == currency:
        return abs(tax or ZERO)
    price, unit = major(record.number("price share"), currency_of(record.text("currency price share")))
    net = EXACT.multiply(price or ZERO, record.number("no of shares") or ZERO)
    if code != unit or not net:
        record.draft.findings.append(warning("tax-left-out", "tax", text=f"{tax} {code}"))
        return ZERO
    converted = round_amount(EXACT.divide(EXACT.multiply(abs(tax), total), net), 2)
    record.draft.findings.append(warning("tax-converted", "tax", text=f"{tax} {code}"))
    return converted


def _conversion(record: Record, setting: Setting) -> list[Draft]:
    stem = "currency conversion"
    sold = major(record.number(f"{stem} from amount"), record.currency(f"currency {stem} from amount"))
    bought = major(record.number(f"{stem} to amount"), record.currency(f"currency {stem} to amount"))
    if sold[0] is None or bought[0] is None:
        record.draft.findings.append(error("no-amount", "amount", column="Currency conversion"))
        return [record.draft]
    draft = record.draft
    group = draft.external_id or f"t212|{draft.time}|{sold}"
    legs = exchange(
        draft, sold=(abs(sold[0]), sold[1]), bought=(abs(bought[0]), bought[1]), setting=setting, group=group
    )
    fee = _costs(record, ("currency conversion fee",), legs[1].currency)
    legs[1].fee = fee
    return legs


PRESET: Final = Preset("trading212", "Trading 212", "CSV", _recognises, _read)
