"""Numbers as files write them: which mark is the decimal one, and what a cell is worth.

A mark is evidence when it can mean one thing only: ``1.234,50`` and ``1,5`` say comma,
``12.75`` says point, ``1.234`` says nothing. A column is read by its evidence, else by the
other columns', else by the delimiter; then cells that could be read two ways are doubtful.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

LARGEST: Final = Decimal(10) ** 20
PLACES: Final = 18

_PLAIN = re.compile(r"-?\d{1,20}(\.\d{1,18})?")
_SIGN = "[-+−–]"
_UNIT = r"(?:[A-Z]{3,5}|[A-Z]{0,3}[$€£¥₣₿]|kr|zł|Ft|Kč)"
_CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>{_SIGN})?\s*(?P<before>{_UNIT})?\s*(?P<inner>{_SIGN})?\s*"
    r"(?P<body>[\d.,'’\u00a0\u202f\u2009 ]*\d[.,]?(?:[eE][-+]?\d{1,3})?)\s*"
    rf"(?P<after>{_UNIT})?\s*(?P<trail>[-−])?\s*(?P<close>\))?"
)
_SPACES = re.compile(r"(?<=\d)['’\u00a0\u202f\u2009 ](?=\d{3}(?:\D|$))")
_CODES = {
    "€": "EUR", "£": "GBP", "₣": "CHF", "₿": "BTC", "US$": "USD", "C$": "CAD", "CA$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL",
}  # fmt: skip
_EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "nil", "null", "none", "not available"})


class Mark(StrEnum):
    """The decimal mark."""

    POINT = "."
    COMMA = ","


class NumberProblem(StrEnum):
    """Why a cell is not a number."""

    NOT_A_NUMBER = "not-a-number"
    TOO_LARGE = "number-too-large"
    TOO_FINE = "number-too-fine"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a column writes its numbers.

    `doubts`: the marks of which nothing in the file proves what they mean.
    """

    mark: Mark
    doubts: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A cell's value, the currency written beside it, and whether it could be read otherwise."""

    value: Decimal
    currency: str = ""
    doubtful: bool = False


def is_blank(text: str) -> bool:
    """Tell whether a cell holds no number at all."""
    return text.strip().lower() in _EMPTY


def votes(cells: Iterable[str]) -> Counter[Mark]:
    """Count the cells of a column that prove each mark."""
    return Counter(mark for cell in cells if (mark := evidence(cell)))


def guess_style(all_votes: Iterable[Counter[Mark]], delimiter: str) -> NumberStyle:
    """Tell how the file as a whole writes numbers, from the votes of its number columns.

    Where nothing proves it: a file delimited by commas has points (only a comma, in quotes,
    stays doubtful), one by semicolons commas.
    """
    total = sum(all_votes, Counter[Mark]())
    if total:
        return NumberStyle(max(Mark, key=lambda mark: total[mark]))
    if delimiter == ";":
        return NumberStyle(Mark.COMMA, ".,")
    return NumberStyle(Mark.POINT, "," if delimiter == "," else ".,")


def column_style(own_votes: Counter[Mark], whole: NumberStyle) -> NumberStyle:
    """Tell how one column writes numbers: by its own evidence, else as the `whole` file does.

    In a column whose cells contradict each other both marks are doubtful.
    """
    if len(own_votes) == 1:
        return NumberStyle(next(iter(own_votes)))
    return whole if not own_votes else NumberStyle(whole.mark, ".,")


def evidence(text: str) -> Mark | None:
    """Tell which decimal mark a cell proves; None when it could be either or has none."""
    points, commas = text.count("."), text.count(",")
    if not points and not commas:
        return None
    if points and commas:
        return Mark.POINT if text.rfind(".") > text.rfind(",") else Mark.COMMA
    mark, other, count = (".", Mark.COMMA, points) if points else (",", Mark.POINT, commas)
    if count > 1:
        return other
    return None if _either(text, mark) else Mark(mark)


def _either(text: str, mark: str) -> bool:
    """Tell whether one mark may stand for thousands: three digits after it, one to three before."""
    return re.search(rf"(?<![\d{mark}])[1-9]\d{{0,2}}\{mark}\d{{3}}(?!\d)", text) is not None


def parse(text: str, style: NumberStyle) -> Number | NumberProblem:
    """Read a cell that is not blank."""
    if style.mark is Mark.POINT and "." not in style.doubts and _PLAIN.fullmatch(text):
        return Number(Decimal(text))
    match = _CELL.fullmatch(text.strip())
    if match is None or (match["open"] is None) != (match["close"] is None):
        return NumberProblem.NOT_A_NUMBER
    signs = [match[name] for name in ("sign", "inner", "trail") if match[name]]
    units = [match[name] for name in ("before", "after") if match[name]]
    if len(signs) + (match["open"] is not None) > 1 or len(units) > 1:
        return NumberProblem.NOT_A_NUMBER
    negative = match["open"] is not None or (bool(signs) and signs[0] != "+")
    value = _value(match["body"], style.mark)
    if isinstance(value, NumberProblem):
        return value
    doubtful = any(mark in text for mark in style.doubts) and evidence(text) is None
    return Number(value.copy_negate() if negative and value else value, _currency(units), doubtful)


def _value(body: str, mark: Mark) -> Decimal | NumberProblem:
    text = _SPACES.sub("", body.strip())
    group = "," if mark is Mark.POINT else "."
    whole, _, fraction = text.partition(mark)
    if group in whole:
        if not re.fullmatch(rf"[1-9]\d{{0,2}}(\{group}\d{{2,3}})*\{group}\d{{3}}", whole):
            return NumberProblem.NOT_A_NUMBER
        whole = whole.replace(group, "")
    try:
        value = Decimal(f"{whole or '0'}.{fraction}" if fraction else whole)
    except InvalidOperation:
        return NumberProblem.NOT_A_NUMBER
    return _in_range(value)


def _in_range(value: Decimal) -> Decimal | NumberProblem:
    if value and value.adjusted() >= LARGEST.adjusted():
        return NumberProblem.TOO_LARGE
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > PLACES:
        trimmed = value.normalize()
        finest = trimmed.as_tuple().exponent
        return trimmed if isinstance(finest, int) and -finest <= PLACES else NumberProblem.TOO_FINE
    return value


def _currency(units: list[str]) -> str:
    """Read a currency written beside a number; a bare dollar may be any of twenty."""
    if not units:
        return ""
    unit = units[0].strip()
    return _CODES.get(unit, unit if unit.isalpha() and len(unit) == 3 else "")  # noqa: PLR2004
