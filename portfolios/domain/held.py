"""What is held at the end of a period, and what it gained in it: by instrument, lot and currency of cash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portfolios.domain.entries import EntryId


class LotGain(NamedTuple):
    """What is left of one lot: the same amounts as of all that is held; see `HeldGain`."""

    lot_id: EntryId
    acquired: date
    quantity: Decimal
    start_value: Decimal
    value: Decimal
    price_gain: Decimal
    currency_effect: Decimal


@dataclass(frozen=True, slots=True)
class HeldGain:
    """What is held of one instrument at the end: what it was worth then and what it gained in the period.

    `price` is per unit in the instrument's currency, `rate` the portfolio's currency for one of that;
    `start_value` is what these units counted from (their value at the start, or what was paid since).
    ``value - start_value == price_gain + currency_effect``, all in the portfolio's currency. `lots` are
    what these four are the sums of.
    """

    instrument: int
    quantity: Decimal
    price: Decimal
    rate: Decimal
    start_value: Decimal
    value: Decimal
    price_gain: Decimal
    currency_effect: Decimal
    lots: tuple[LotGain, ...]


@dataclass(frozen=True, slots=True)
class CashGain:
    """Cash of one currency at the end; all but `amount` and `rate` in the portfolio's currency."""

    currency: str
    amount: Decimal
    rate: Decimal
    value: Decimal
    currency_effect: Decimal
