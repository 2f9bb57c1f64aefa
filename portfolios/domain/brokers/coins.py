"""What exchanges of coins share: how their files are read, which codes are money, how coins change hands.

Coins are instruments, never currencies: one coin for another is a sale and a purchase for the
value in money that the file prints, linked, so that no cash moves. A file without that value
makes linked transfers at unknown cost. A fee in a coin that changes hands goes with its units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol, TypeVar

from portfolios.domain.brokers.preset import Parsed, book_in_kind, book_units
from portfolios.domain.brokers.table import Record, Table
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import note, warning
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT

# What exchanges of coins keep as money. Not all of ISO 4217: MNT and TOP are coins there.
MONEY: Final = frozenset(
    {
        "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "COP", "CZK", "DKK", "EUR", "GBP", "HKD",
        "HUF", "IDR", "ILS", "INR", "JPY", "KRW", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PLN",
        "RON", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worth:
    """What units are worth in money, at the time, as the file prints it."""

    amount: Decimal
    currency: str


class Recorded(Protocol):
    """A row that was read, and the line of the file that it stands on."""

    @property
    def draft(self) -> Draft:
        """The draft of that line."""


Row = TypeVar("Row", bound=Recorded)


def read_together(
    table: Table,
    read: Callable[[Record], Row | None],
    key: Callable[[Row], str | None],
    alone: Callable[[Row], list[Draft]],
    together: Callable[[list[Row], str], dict[int, list[Draft]]],
) -> Parsed:
    """Read a table whose rows book something alone, or with all others that have their `key` (None: alone).

    `read` answers None for a row that books nothing; `together` the drafts that stand for one, by its id.
    """
    parsed = Parsed(header_line=table.header_line)
    parts: dict[str, list[Row]] = defaultdict(list)
    made: dict[int, list[Draft]] = {}
    for record in table.records():
        parsed.drafts.append(record.draft)
        row = read(record) if record.usable else None
        if row is None:
            continue
        name = key(row)
        if name is None:
            made[id(record.draft)] = alone(row)
        else:
            parts[name].append(row)
    for name, rows in parts.items():
        made.update(together(rows, name))
    parsed.drafts = [one for draft in parsed.drafts for one in made.get(id(draft), [draft])]
    return parsed


def swap(
    out: Draft, into: Draft, *, units: tuple[Decimal, Decimal], worth: Worth | None, fee: Decimal
) -> None:
    """Make two drafts, whose symbols are set, one coin given for another: so many `units` of each.

    `fee` is in the currency of `worth` and part of it: what is left bought the other coin.
    """
    given, taken = units
    if worth is None:
        book_in_kind(out, EntryKind.TRANSFER_OUT, given)
        book_in_kind(into, EntryKind.TRANSFER_IN, taken)
        out.findings.append(warning("coins-without-value", "price"))
        return
    book_units(out, EntryKind.SELL, quantity=given, gross=worth.amount, currency=worth.currency)
    rest = EXACT.subtract(worth.amount, fee)
    book_units(into, EntryKind.BUY, quantity=taken, gross=rest, currency=worth.currency, fee=fee)


def with_coin_fee(draft: Draft, units: Decimal, fee: Decimal, coin: str) -> Decimal:
    """Answer the units that moved, of `units` that came in (positive) or went out (negative).

    A fee in the same coin makes fewer come in and more go out; the draft says so.
    """
    if fee:
        draft.findings.append(note("coin-fee", "fee", text=f"{fee.normalize():f} {coin}"))
    return abs(EXACT.subtract(units, fee))
