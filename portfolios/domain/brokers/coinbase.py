"""Coinbase: the CSV of Statements, Transactions (all its layouts since 2021).

Amounts are in the currency of the price; the sum that changed hands is the total, the fee what
lies between it and the subtotal. ``Convert`` stands on one row, whose note names the other coin, or
on two with one id. Advanced trades against another coin or currency name it in their note. Newer
files count what goes out as negative, older ones do not. Times are UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.coins import MONEY, Worth, read_together, swap
from portfolios.domain.brokers.preset import (
    INTERNAL,
    UTC_ZONE,
    Parsed,
    Preset,
    Setting,
    book_in_kind,
    book_money,
    book_units,
    in_utc,
    place,
    reward,
    twin_of,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import POINT, Record, Table, annotate, currency_of, name_security
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error, note
from portfolios.domain.csv_import.numbers import Number
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ZERO

_HEADER: Final = ("timestamp", "transaction type", "asset", "quantity transacted", "subtotal", "notes")
_TOTAL: Final = ("total inclusive of fees and or spread", "total inclusive of fees")
_FEE: Final = ("fees and or spread", "fees")
_CURRENCY: Final = ("price currency", "spot price currency")
_PRICE: Final = ("price at transaction", "spot price at transaction")
_BUYS: Final = frozenset({"buy", "advanced trade buy"})
_SELLS: Final = frozenset({"sell", "advanced trade sell"})
_REWARDS: Final = re.compile(
    r"reward|staking income|inflation|coinbase earn|airdrop|rebate|incentive|card buy back|interest"
)
_INSIDE: Final = re.compile(
    r"staking transfer|unstaking|eth2 deprecation|vault (deposit|withdrawal)|unwrap|wrap"
)
_IN: Final = frozenset({"receive", "deposit", "exchange withdrawal", "pro withdrawal", "fiat deposit"})
_OUT: Final = frozenset({"send", "withdrawal", "exchange deposit", "pro deposit", "fiat withdrawal"})
_SPENT: Final = frozenset({"card spend", "paid for an order", "order"})
_RENAMED: Final = {"ETH2": "ETH"}
_SWAPPED: Final = re.compile(
    r"converted (?P<sold>[\d.,]+) (?P<coin>[A-Z0-9]+) to (?P<bought>[\d.,]+) (?P<other>[A-Z0-9]+)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"(bought|sold) [\d.,]+ [A-Z0-9]+ for (?P<paid>[\d.,]+) (?P<quote>[A-Z0-9]+) on ", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: units (with the file's sign), what they were worth before and after costs (0 or more)."""

    record: Record
    asset: str
    units: Decimal
    subtotal: Decimal
    total: Decimal
    fee: Decimal
    currency: str

    @property
    def draft(self) -> Draft:
        return self.record.draft


def _recognises(source: Source) -> bool:
    return source.has_header(*_HEADER)


def _read(source: Source, setting: Setting) -> Parsed:
    return read_together(
        Table(source.sheet, *_HEADER),
        lambda record: _row(record, setting),
        _convert_key,
        _single,
        lambda rows, key: _converted(rows, f"coinbase|{key}"),
    )


def _convert_key(row: _Row) -> str | None:
    is_convert = simplify(row.record.text("transaction type")) == "convert"
    return row.draft.external_id or in_utc(row.draft) if is_convert else None


def _row(record: Record, setting: Setting) -> _Row | None:
    draft = record.draft
    place(draft, record.text("timestamp"), setting, zone=UTC_ZONE)
    draft.external_id = record.text("id")
    asset = record.text("asset").upper()
    units = record.number("quantity transacted")
    if not units and not draft.findings:
        draft.findings.append(error("no-quantity", "quantity", column="Quantity Transacted"))
    subtotal, total, fee = _amounts(record, units or ZERO)
    if draft.findings or units is None:
        return None
    asset = _RENAMED.get(asset, asset)
    if asset not in MONEY:
        name_security(draft, symbol=asset)
    annotate(draft, record.text("notes"))
    currency = currency_of(record.text(*_CURRENCY)) or record.currency_beside("subtotal")
    return _Row(record, asset, units, subtotal, total, fee, currency)


def _amounts(record: Record, units: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Answer subtotal, total and fee, all 0 or more, where the file leaves some of them out."""
    before, after = record.number("subtotal"), record.number(*_TOTAL)
    price, printed = record.number(*_PRICE), abs(record.number(*_FEE) or ZERO)
    if before is None:
        before = after if after is not None else EXACT.multiply(units, price or ZERO)
    subtotal = abs(before)
    total = subtotal if after is None else abs(after)
    fee = abs(EXACT.subtract(total, subtotal)) if after is not None else printed
    return subtotal, total, fee


def _single(row: _Row) -> list[Draft]:
    """Book a row that stands alone."""
    word = row.record.text("transaction type")
    action = simplify(word)
    incoming = row.units > 0 and action not in _OUT
    if action in _BUYS | _SELLS and row.asset not in MONEY:
        return _traded(row, EntryKind.BUY if action in _BUYS else EntryKind.SELL)
    if _INSIDE.search(action):
        row.draft.skipped = INTERNAL
    elif action in _SPENT and row.asset not in MONEY:
        return _spent(row)
    elif _REWARDS.search(action):
        return _rewarded(row)
    elif action in _IN | _OUT or action.endswith("asset migration"):
        _moved(row, incoming=incoming)
    else:
        unknown(row.draft, word)
    return [row.draft]


def _traded(row: _Row, kind: EntryKind) -> list[Draft]:
    """Book a purchase or sale; against a coin, or a currency other than the price's, as the note says."""
    draft = row.draft
    quoted = _QUOTED.search(draft.note)
    quote = "" if quoted is None else quoted["quote"].upper()
    paid = None if quoted is None else _number(quoted["paid"])
    if not paid or quote == row.currency:
        _book(draft, kind, row)
        return [draft]
    if quote in MONEY:
        book_units(draft, kind, quantity=abs(row.units), gross=paid, currency=quote)
        draft.findings.append(note("costs-in-price", "fee", text=f"{row.fee.normalize():f} {row.currency}"))
        return [draft]
    draft.group = f"coinbase|{draft.external_id or in_utc(draft)}"
    other = _other(draft, quote)
    units = abs(row.units)
    if kind is EntryKind.BUY:
        swap(other, draft, units=(paid, units), worth=_worth(row), fee=row.fee)
    else:
        swap(draft, other, units=(units, paid), worth=_worth(row), fee=row.fee)
    return [draft, other]


def _book(draft: Draft, kind: EntryKind, row: _Row) -> None:
    """Book for the total that changed hands and the costs in it."""
    bought = kind is EntryKind.BUY
    fee = max(
        ZERO, EXACT.subtract(row.total, row.subtotal) if bought else EXACT.subtract(row.subtotal, row.total)
    )
    gross = EXACT.subtract(row.total, fee) if bought else EXACT.add(row.total, fee)
    book_units(draft, kind, quantity=abs(row.units), gross=gross, currency=row.currency, fee=fee)


def _worth(row: _Row) -> Worth | None:
    """Answer what the coin that goes out is worth: the greater of the sums, which has the costs in it."""
    value = max(row.subtotal, row.total)
    return Worth(value, row.currency) if value else None


def _other(draft: Draft, coin: str) -> Draft:
    """Make the draft of the other coin, with an id of its own."""
    made = twin_of(draft, symbol=coin, group=draft.group, note=draft.note)
    if draft.external_id:
        made.external_id = f"{draft.external_id}:{coin}"
    return made


def _converted(rows: list[_Row], group: str) -> dict[int, list[Draft]]:
    """Book one coin for another: two rows of opposite signs, or each row as its note says."""
    outs = [row for row in rows if row.units < 0]
    ins = [row for row in rows if row.units > 0]
    if len(outs) == len(ins) == 1 and outs[0].asset != ins[0].asset:
        out, into = outs[0], ins[0]
        for row in (out, into):
            row.draft.group = group
            if row.draft.external_id:
                row.draft.external_id = f"{row.draft.external_id}:{row.asset}"
        value = max((_worth(out), _worth(into)), key=lambda one: one.amount if one else ZERO)
        units = abs(out.units), into.units
        swap(out.draft, into.draft, units=units, worth=value, fee=max(out.fee, into.fee))
        return {}
    return {id(row.draft): _by_note(row, group) for row in rows}


def _by_note(row: _Row, group: str) -> list[Draft]:
    draft = row.draft
    found = _SWAPPED.search(draft.note)
    sold, bought = (None, None) if found is None else (_number(found["sold"]), _number(found["bought"]))
    if found is None or not sold or not bought:
        unknown(draft, f"Convert: {draft.note}")
        return [draft]
    coins = [_RENAMED.get(name.upper(), name.upper()) for name in (found["coin"], found["other"])]
    if coins[0] == coins[1]:
        draft.skipped = INTERNAL
        return [draft]
    draft.group = group
    out, into = _other(draft, coins[0]), _other(draft, coins[1])
    swap(out, into, units=(sold, bought), worth=_worth(row), fee=row.fee)
    return [out, into]


def _number(text: str) -> Decimal | None:
    """Read a number of a note: points for decimals, commas for thousands."""
    found = numbers.parse(text, POINT)
    return found.value if isinstance(found, Number) else None


def _rewarded(row: _Row) -> list[Draft]:
    if row.asset in MONEY:
        book_money(row.draft, EntryKind.INTEREST, row.units, row.asset)
        return [row.draft]
    if row.units < 0:
        unknown(row.draft, row.record.text("transaction type"))
        return [row.draft]
    value = row.subtotal or None
    return reward(row.draft, quantity=row.units, value=value, currency=row.currency)


def _moved(row: _Row, *, incoming: bool) -> None:
    """Book what comes from or goes to outside the account."""
    if row.asset in MONEY:
        book_money(
            row.draft, EntryKind.DEPOSIT if incoming else EntryKind.WITHDRAWAL, abs(row.units), row.asset
        )
        return
    book_in_kind(row.draft, EntryKind.TRANSFER_IN if incoming else EntryKind.TRANSFER_OUT, abs(row.units))


def _spent(row: _Row) -> list[Draft]:
    """Book coins that paid for something: a sale, and the money goes out, linked."""
    draft = row.draft
    draft.group = f"coinbase|{draft.external_id or in_utc(draft)}"
    paid = twin_of(draft, group=draft.group, note=draft.note)
    if draft.external_id:
        paid.external_id = f"{draft.external_id}:{row.currency}"
    book_units(
        draft, EntryKind.SELL, quantity=abs(row.units), gross=row.subtotal, currency=row.currency, fee=row.fee
    )
    book_money(paid, EntryKind.WITHDRAWAL, EXACT.subtract(row.subtotal, row.fee), row.currency)
    return [draft, paid]


PRESET: Final = Preset("coinbase", "Coinbase", "CSV", _recognises, _read)
