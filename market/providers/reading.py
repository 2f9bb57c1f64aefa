"""Reads numbers, instants and rows out of what sources answer, and believes none of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, TypeVar

from django.utils.translation import gettext as _

from core.money import SUBUNITS
from market.domain.bars import PLACES, BarRow
from market.errors import ProviderFailed, ProviderUnknown, ProviderUnreadable

Made = TypeVar("Made")

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_STEP: Final = Decimal(1).scaleb(-PLACES)
_WIDE: Final = Context(prec=60)
# beyond it a number is no price, and an exponent could fill the memory
_LARGEST_EXPONENT: Final = 30
_ONE: Final = Decimal(1)
# seconds, milliseconds, microseconds and nanoseconds since 1970, told apart by their size
_SCALES: Final = ((Decimal("1e11"), 1), (Decimal("1e14"), 10**3), (Decimal("1e17"), 10**6))
# how sources write the hundredth of a currency besides its code
_PENCE: Final = {"GBp": "GBX", "GBPENCE": "GBX", "ZAc": "ZAC", "ILa": "ILA"}


def number(value: object) -> Decimal | None:
    """Read a finite number as sources write it (JSON's or text); None for anything else, such as N/A.

    What is finer than the 18 decimals of a column is rounded to it, half to even.
    """
    if isinstance(value, str):
        text = value.strip()
        value = Decimal(text) if _NUMBER.fullmatch(text) else None
    if not isinstance(value, Decimal) or not value.is_finite() or value.adjusted() > _LARGEST_EXPONENT:
        return None
    exponent = value.as_tuple().exponent
    fine = isinstance(exponent, int) and exponent < -PLACES
    return _WIDE.quantize(value, _STEP) if fine else value


def positive(value: object) -> Decimal | None:
    """Read a number above zero: many sources write 0 for what they do not know."""
    read = number(value)
    return read if read is not None and read > 0 else None


def needed(row: Mapping[str, Any], name: str) -> Decimal:
    """Read a number without which the row says nothing.

    Raises:
        ProviderUnreadable: it is missing or no number; the error names it.
    """
    read = number(row.get(name))
    if read is None:
        raise ProviderUnreadable(_("The answer has no number in “%(field)s”.") % {"field": name})
    return read


def instant(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Read an instant: since 1970 (seconds to nanoseconds), or ISO 8601, in `zone` where it names none."""
    read = number(value)
    if read is not None:
        scale = next((by for below, by in _SCALES if abs(read) < below), 10**9)
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(read * 10**6 / scale))
        except OverflowError:
            return None
    try:
        at = datetime.fromisoformat(str(value).strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC the first and the last days of the calendar may not exist
        return None


def needed_instant(value: object, name: str, zone: tzinfo = UTC) -> datetime:
    """Read an instant after 1970 without which a price says nothing.

    Raises:
        ProviderUnreadable: it is missing or no instant; the error names it.
    """
    at = instant(value, zone)
    if at is None or at.year <= 1970:  # noqa: PLR2004  # 0 and null, as an instant
        raise ProviderUnreadable(_("The answer has no time in “%(field)s”.") % {"field": name})
    return at


def day(value: object) -> date | None:
    """Read the date at the beginning of a text such as 2024-03-28T00:00:00Z."""
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def text(value: object) -> str:
    """Read a text; "" for anything else."""
    return value.strip() if isinstance(value, str) else ""


def table(value: object, name: str = "") -> Mapping[str, Any]:
    """Take a JSON object.

    Raises:
        ProviderUnreadable: it is something else; the error names it.
    """
    if not isinstance(value, Mapping):
        raise ProviderUnreadable(_("The answer has no object “%(field)s”.") % {"field": name or "{}"})
    return value


def rows(value: object, name: str = "") -> list[Mapping[str, Any]]:
    """Take the objects of a JSON list; what is none among them is left out.

    Raises:
        ProviderUnreadable: it is no list; the error names it.
    """
    return [one for one in items(value, name) if isinstance(one, Mapping)]


def items(value: object, name: str = "") -> list[Any]:
    """Take a JSON list.

    Raises:
        ProviderUnreadable: it is something else; the error names it.
    """
    if not isinstance(value, list):
        raise ProviderUnreadable(_("The answer has no list “%(field)s”.") % {"field": name or "[]"})
    return value


def bar(on: date | None, close: object, **others: object) -> BarRow | None:
    """Make a daily bar; None without a day or a close. `others`: open, high, low, volume."""
    price = positive(close)
    if on is None or price is None:
        return None
    volume = number(others.get("volume"))
    return BarRow(
        on,
        price,
        open=positive(others.get("open")),
        high=positive(others.get("high")),
        low=positive(others.get("low")),
        volume=volume if volume is not None and volume >= 0 else None,
    )


def between(found: Iterable[BarRow | None], start: date, end: date) -> list[BarRow]:
    """Sort bars by day, one for each, and leave out what was not asked for."""
    by_day = {row.day: row for row in found if row is not None and start <= row.day <= end}
    return [by_day[on] for on in sorted(by_day)]


def unit_of(code: str) -> tuple[str, Decimal]:
    """Tell the major currency and the part of it that a source's code of a unit means: GBp is (GBP, 0.01)."""
    plain = _PENCE.get(code.strip(), code.strip().upper())
    return SUBUNITS.get(plain, (plain, _ONE))


def quotient(one: Decimal, other: Decimal) -> Decimal:
    """Divide two rates, rounded half to even to the 18 decimals of a column."""
    wide = Context(prec=60, rounding=ROUND_HALF_EVEN)
    return wide.divide(one, other).quantize(_STEP, context=wide)


def gathered(makers: Iterable[Callable[[], Made | None]]) -> list[Made]:
    """Make what can be made; one that cannot be read, or that the source does not know, costs itself only.

    Raises:
        ProviderFailed: nothing was made, and something was not for another reason than being unknown.
    """
    made: list[Made] = []
    failed: ProviderFailed | None = None
    for make in makers:
        try:
            one = make()
        except ProviderUnknown:
            continue
        except ProviderUnreadable as error:
            failed = failed or error
        except ProviderFailed as error:
            failed = error
            break
        else:
            made += [] if one is None else [one]
    if failed is not None and not made:
        raise failed
    return made
