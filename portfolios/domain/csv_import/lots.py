"""Lots in a cell of our own CSV format.

Chosen for a sale: the rows that opened them, by their `entry`, with the units taken: ``ID:2 ID:0.5``.
Brought by a transfer: ``BASE ACQUIRED:QUANTITY:COST:COST_BASE:CHARGES …``; what is not known is left empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from portfolios.domain.csv_import.export import number
from portfolios.domain.entries import CarriedLot

_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,18})?")
_CURRENCY: Final = re.compile(r"[A-Z][A-Z0-9]{2,11}")
_PARTS: Final = 5


def chosen_told(lots: Iterable[tuple[UUID, Decimal]]) -> str:
    """Write the lots chosen for a sale."""
    return " ".join(f"{key}:{number(quantity)}" for key, quantity in lots)


def chosen_read(text: str) -> list[tuple[str, Decimal]]:
    """Read the lots chosen for a sale: the entries that opened them, each once, with units above 0.

    Raises:
        ValueError: the text says something else.
    """
    found = [_chosen(part) for part in text.split()]
    if len({key for key, _quantity in found}) < len(found) or any(units <= 0 for _key, units in found):
        raise ValueError(text)
    return found


def _chosen(part: str) -> tuple[str, Decimal]:
    key, mark, quantity = part.partition(":")
    if not mark:
        raise ValueError(part)
    return str(UUID(key)), _read(quantity)


def carried_told(base: str, lots: Iterable[CarriedLot]) -> str:
    """Write the lots that a transfer brought along."""
    parts = [
        ":".join(
            (one.acquired.isoformat(), *map(number, (one.quantity, one.cost, one.cost_base, one.charges)))
        )
        for one in lots
    ]
    return " ".join((base, *parts)) if parts else ""


def carried_read(text: str) -> list[CarriedLot]:
    """Read the lots that a transfer brought along; `base` of each is their currency.

    Raises:
        ValueError: the text says something else.
    """
    base, *parts = text.split()
    if not _CURRENCY.fullmatch(base) or not parts:
        raise ValueError(text)
    return [_carried(part.split(":"), base) for part in parts]


def _carried(values: list[str], base: str) -> CarriedLot:
    if len(values) != _PARTS:
        raise ValueError(base)
    acquired, quantity, *amounts = values
    cost, cost_base, charges = (None if one == "" else _read(one) for one in amounts)
    units = _read(quantity)
    if units <= 0:
        raise ValueError(quantity)
    return CarriedLot(date.fromisoformat(acquired), units, cost, cost_base, charges, base)


def _read(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)
