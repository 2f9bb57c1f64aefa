"""What a ledger amounts to: holdings, disposals, income, charges, cash, flows, problems.

Rows that come by the ten thousand are named tuples: a frozen dataclass takes four times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portfolios.domain.entries import CarriedLot, EntryId, EntryKind
from portfolios.domain.exact import ZERO, minus, plus, total, total_of_known
from portfolios.domain.lots import CostMethod, Lot
from portfolios.domain.prices import PriceUsed
from portfolios.domain.rates import RateUsed


class ProblemKind(StrEnum):
    """What is wrong with an entry, or what could not be known."""

    MISSING_ACQUISITION = "missing-acquisition"
    INVALID_QUANTITY = "invalid-quantity"
    LOTS_NOT_HELD = "lots-not-held"
    UNKNOWN_COST = "unknown-cost"
    NO_RATE = "no-rate"
    NO_PRICE = "no-price"


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding, attached to the entry that has it (None: to a day's valuation).

    `quantity`: the units that were sold or moved without having been acquired, or the units of lots
    chosen for a sale that were not there, so that the sale took others.
    `currency`: the one that has no rate on `day`.
    """

    kind: ProblemKind
    day: date
    entry_id: EntryId | None = None
    instrument: int | None = None
    currency: str = ""
    quantity: Decimal | None = None


class Disposal(NamedTuple):
    """A sale of (a part of) one lot.

    `proceeds` and `cost` are in the instrument's currency, what ends in ``_base`` and the two
    gains in the portfolio's; ``price_gain + currency_effect == proceeds_base - cost_base``.
    `acquisition_charges` (base) is the lot's share of the fee and tax of its purchase, `charges` (base)
    the share of those of this sale. They are in neither proceeds nor cost, unless the book was folded
    with fees in the basis: then `cost` holds the former, and `proceeds` lack the sale's fee, not its tax.
    None: unknown.
    Of a short position that a purchase closes, `quantity`, `cost` (what the sale had brought) and
    `proceeds` (what the purchase took) are negative, and `lot_id` and `acquired` those of the sale.
    `missing`: there was no such lot, the cost is 0 and the gain not to be trusted.
    """

    entry_id: EntryId
    instrument: int
    day: date
    quantity: Decimal
    proceeds: Decimal | None
    proceeds_base: Decimal | None
    lot_id: EntryId | None
    acquired: date | None
    cost: Decimal | None
    cost_base: Decimal | None
    price_gain: Decimal | None
    currency_effect: Decimal | None
    acquisition_charges: Decimal | None
    charges: Decimal | None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """Units that came or went in kind: `value_base` at the market, `cost_base` as they were bought.

    `lots` are those that went.
    """

    entry_id: EntryId
    instrument: int
    day: date
    incoming: bool
    quantity: Decimal
    value_base: Decimal | None
    cost_base: Decimal | None
    price_gain: Decimal | None
    currency_effect: Decimal | None
    lots: tuple[Lot, ...] = ()


class Income(NamedTuple):
    """A dividend (gross) or interest in `currency` and in the portfolio's; negative is charged."""

    entry_id: EntryId
    day: date
    instrument: int | None
    kind: EntryKind
    currency: str
    amount: Decimal
    base: Decimal | None


class Charge(NamedTuple):
    """A fee or a tax: positive is paid, negative a refund."""

    entry_id: EntryId
    day: date
    instrument: int | None
    kind: EntryKind
    currency: str
    amount: Decimal
    base: Decimal | None


class Flow(NamedTuple):
    """Value that crosses the portfolio's border: `amount` in its currency, positive comes in.

    What comes in counts from the start of its day, what goes out until the end of it.
    `in_kind`: units instead of money.
    """

    entry_id: EntryId
    day: date
    amount: Decimal | None
    in_kind: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of one instrument: `currency` is the one its costs are kept in.

    `moved_units` came (net) on `moved_on`, the last day with a trade or transfer, in units of that day,
    and `paid` (net, base currency; in kind at market value) went for them.
    """

    instrument: int
    currency: str
    quantity: Decimal
    lots: tuple[Lot, ...]
    own_price: PriceUsed | None
    moved_on: date | None = None
    moved_units: Decimal = ZERO
    paid: Decimal | None = ZERO


@dataclass(slots=True)
class Tally:
    """What one instrument, or none, brought so far, in base currency; None: a part of it is unknown.

    ``realised`` is proceeds less cost. It saves adding up every row of a long ledger for each day's figures.
    """

    realised: Decimal | None = ZERO
    realised_price: Decimal | None = ZERO
    realised_currency: Decimal | None = ZERO
    income: Decimal | None = ZERO
    fees: Decimal | None = ZERO
    taxes: Decimal | None = ZERO

    def copied(self) -> Tally:
        """Return one that goes its own way from here."""
        return Tally(
            self.realised, self.realised_price, self.realised_currency, self.income, self.fees, self.taxes
        )


@dataclass(slots=True)
class Book:
    """Everything that follows from the entries, up to and including the day `until`.

    `cash` per currency; `cash_base` is the sum of its movements, each at the rate it used (None:
    one had no rate). `tallies` sum the rows by instrument. `rates_used` tells the rate of each entry in
    a foreign currency, `given` which lots each spin-off gave, without the fraction that it paid out.
    """

    base: str
    method: CostMethod
    tracks_cash: bool
    until: date | None = None
    holdings: dict[int, Holding] = field(default_factory=dict)
    disposals: list[Disposal] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    incomes: list[Income] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    cash: dict[str, Decimal] = field(default_factory=dict)
    cash_base: dict[str, Decimal | None] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rates_used: dict[EntryId, RateUsed] = field(default_factory=dict)
    given: dict[EntryId, tuple[CarriedLot, ...]] = field(default_factory=dict)
    tallies: dict[int | None, Tally] = field(default_factory=dict)

    def tally(self, instrument: int | None) -> Tally:
        """Return what an instrument brought so far, to add to."""
        found = self.tallies.get(instrument)
        if found is None:
            found = self.tallies[instrument] = Tally()
        return found

    def dispose(self, row: Disposal) -> None:
        """Write down a sale of a lot; within `exact()`, as the next two."""
        self.disposals.append(row)
        tally = self.tally(row.instrument)
        tally.realised = plus(tally.realised, minus(row.proceeds_base, row.cost_base))
        tally.realised_price = plus(tally.realised_price, row.price_gain)
        tally.realised_currency = plus(tally.realised_currency, row.currency_effect)

    def earn(self, row: Income) -> None:
        """Write down a dividend or interest."""
        self.incomes.append(row)
        tally = self.tally(row.instrument)
        tally.income = plus(tally.income, row.base)

    def charge(self, row: Charge) -> None:
        """Write down a fee or a tax."""
        self.charges.append(row)
        tally = self.tally(row.instrument)
        if row.kind is EntryKind.FEE:
            tally.fees = plus(tally.fees, row.base)
        else:
            tally.taxes = plus(tally.taxes, row.base)

    def known_income(self) -> Decimal:
        """Return all income that is known in base currency; within `exact()`, as the next."""
        found = total(one.income for one in self.tallies.values())
        return total_of_known(row.base for row in self.incomes) if found is None else found

    def known_charges(self, kind: EntryKind) -> Decimal:
        """Return all fees, or all taxes, that are known in base currency."""
        taxes = kind is EntryKind.TAX
        found = total(one.taxes if taxes else one.fees for one in self.tallies.values())
        if found is not None:
            return found
        return total_of_known(row.base for row in self.charges if (row.kind is EntryKind.TAX) == taxes)

    def problem(self, kind: ProblemKind) -> list[Problem]:
        """Return the findings of one kind, in booking order."""
        return [found for found in self.problems if found.kind is kind]
