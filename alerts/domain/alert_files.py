"""Alerts as lines of a CSV file: what the columns are, and what stands in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from alerts.domain.rules import WHOLE, Kind
from core.cells import unguarded
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.numbers import Number, NumberStyle

# Lines of one `rule`, whatever it is called, are the clauses of one alert; those without are alerts.
COLUMNS: Final = (
    "rule", "joined", "symbol", "portfolio", "condition", "direction", "level", "upper", "percent", "minutes",
    "days", "slow_days", "note", "repeats", "cooldown_minutes", "rearm", "expires_at",
)  # fmt: skip
NEEDED: Final = ("condition",)
_AMOUNTS: Final = ("level", "upper", "percent")
_WHOLE: Final = (*sorted(WHOLE), "cooldown_minutes")
_MOST_DIGITS: Final = 9
_FLAGS: Final = {
    "": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True,
}  # fmt: skip


class CellError(Exception):
    """What stands in a cell, or in the header, makes no sense; `code` says how."""

    def __init__(self, column: str, code: str, text: str = "") -> None:
        super().__init__(column, code, text)
        self.column, self.code, self.text = column, code, text


@dataclass(frozen=True, slots=True)
class AlertLine:
    """A line as it was read: numbers as they are meant, names of what it is about as they stand.

    `values` has an entry for every parameter of a clause; `expires_at` a date is until its end.
    """

    number: int
    rule: str
    joined: str
    symbol: str
    portfolio: str
    kind: Kind
    direction: str
    values: Mapping[str, Any]
    note: str
    repeats: bool
    cooldown_minutes: int | None
    rearm: str
    expires_at: date | datetime | None


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Tell where each column stands, by its name in any case.

    Raises:
        CellError: a name is none of ours, comes twice, or is missing.
    """
    found: dict[str, int] = {}
    for place, text in enumerate(header):
        name = "_".join(text.strip().lower().split())
        if not name:
            continue
        if name not in COLUMNS:
            raise CellError(text.strip(), "no-column")
        if name in found:
            raise CellError(name, "twice")
        found[name] = place
    for name in NEEDED:
        if name not in found:
            raise CellError(name, "missing")
    return found


def styles_of(
    columns: Mapping[str, int], lines: Sequence[Sequence[str]], delimiter: str
) -> dict[str, NumberStyle]:
    """Tell how each column writes its numbers."""
    votes = {
        name: numbers.votes(line[place] for line in lines if place < len(line))
        for name, place in columns.items()
        if name in _AMOUNTS
    }
    whole = numbers.guess_style(votes.values(), delimiter)
    return {name: numbers.column_style(own, whole) for name, own in votes.items()}


def read_line(
    number: int, cells: Sequence[str], columns: Mapping[str, int], styles: Mapping[str, NumberStyle]
) -> AlertLine:
    """Read a line.

    Raises:
        CellError: says which cell makes no sense.
    """
    texts = {name: unguarded(cells[place].strip()) for name, place in columns.items() if place < len(cells)}
    values: dict[str, Any] = {name: _amount(name, texts.get(name, ""), styles.get(name)) for name in _AMOUNTS}
    values |= {name: _whole(name, texts.get(name, "")) for name in _WHOLE}
    return AlertLine(
        number=number,
        rule=texts.get("rule", ""),
        joined=texts.get("joined", "").lower(),
        symbol=texts.get("symbol", ""),
        portfolio=texts.get("portfolio", ""),
        kind=_kind(texts.get("condition", "")),
        direction=texts.get("direction", "").lower(),
        note=texts.get("note", ""),
        repeats=_flag(texts.get("repeats", "")),
        cooldown_minutes=values.pop("cooldown_minutes"),
        rearm=texts.get("rearm", "").lower(),
        expires_at=_end(texts.get("expires_at", "")),
        values=values,
    )


def _kind(text: str) -> Kind:
    name = "_".join(text.lower().split())
    if name not in set(Kind):
        raise CellError("condition", "kind", text)
    return Kind(name)


def _amount(column: str, text: str, style: NumberStyle | None) -> Decimal | None:
    if style is None or numbers.is_blank(text):
        return None
    found = numbers.parse(text.removesuffix("%"), style)
    if not isinstance(found, Number) or found.doubtful:
        raise CellError(column, "number", text)
    return found.value


def _whole(column: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise CellError(column, "whole", text)
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise CellError("repeats", "flag", text)
    return _FLAGS[text.lower()]


def _end(text: str) -> date | datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CellError("expires_at", "time", text) from error
    if found.tzinfo is None:
        raise CellError("expires_at", "offset", text)
    return found
