"""Ticks as feeds send them: rows of named values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from market.domain.tick_files import NAMES, LineFaultError, read_cell
from market.domain.ticks import SIZES, TickFault

_UTC: Final = ZoneInfo("UTC")
_TEXTS: Final = (str, int, Decimal)


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: its place from 0, the field as the feed names it, and why."""

    row: int
    field: str
    fault: TickFault
    about: str = ""


@dataclass(frozen=True, slots=True)
class SentTick:
    """A tick as it was sent, by symbol (`ticker`) or by the instrument's UUID."""

    row: int
    ticker: str
    instrument: UUID | None
    at: datetime
    price: Decimal
    sizes: dict[str, Decimal] = field(default_factory=dict)


def read_ticks(rows: list[Any]) -> tuple[list[SentTick], list[RowFault]]:
    """Read rows; answer those that are ticks, and what is wrong with the others."""
    good, bad = [], []
    for number, row in enumerate(rows):
        try:
            good.append(_tick(number, row))
        except _RowError as error:
            bad.append(error.fault)
    return good, bad


class _RowError(Exception):
    def __init__(self, fault: RowFault) -> None:
        super().__init__(fault.fault)
        self.fault = fault


def _tick(number: int, row: Any) -> SentTick:
    if not isinstance(row, Mapping) or "" in row:
        raise _RowError(RowFault(number, "", TickFault.WRONG_WIDTH))
    told: dict[str, Any] = {}
    names: dict[str, str] = {}
    for key, value in row.items():
        name = "instrument" if key in {"tick_id", "instrument"} else NAMES.get(_bare(key), "")
        if name and value is not None and value != "":
            told[name], names[name] = _cell(number, key, name, value), key
    for name, fault in (("price", TickFault.NO_PRICE), ("at", TickFault.NO_TIME)):
        if name not in told and not (name == "at" and {"date", "time"} <= told.keys()):
            raise _RowError(RowFault(number, names.get(name, _ASKED[name]), fault))
    at = told["at"] if "at" in told else datetime.combine(told["date"], told["time"], UTC)
    sizes: dict[str, Decimal] = {name: told[name] for name in SIZES if name in told}
    return SentTick(number, told.get("ticker", ""), told.get("instrument"), at, told["price"], sizes)


_ASKED: Final = {"price": "ltp", "at": "timestamp"}


def _bare(key: Any) -> str:
    return re.sub(r"[^a-z]", "", str(key).lower())


def _cell(number: int, key: str, name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, _TEXTS):
        raise _RowError(RowFault(number, key, TickFault.NOT_A_NUMBER, str(value)[:40]))
    text = str(value).strip()
    if name == "instrument":
        try:
            return UUID(text)
        except ValueError:
            raise _RowError(RowFault(number, key, TickFault.UNKNOWN_SYMBOL, text[:40])) from None
    try:
        return read_cell(name, text, _UTC)
    except LineFaultError as error:
        raise _RowError(RowFault(number, key, error.fault, error.about)) from error
