"""Money: amounts with a currency, minor units of ISO 4217, rounding that adds up.

Amounts are `Decimal` and exact until they are shown. What is shown together is rounded
together, by largest remainder, so that the parts on a page add up to their total.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

from core.errors import ValidationFailed

# ISO 4217, the currencies whose minor unit is not the hundredth; every other code has two decimals.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON "
    "RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
    "UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
MINOR_UNITS: Final[dict[str, int]] = {
    code: places
    for places, codes in ((0, _NONE), (2, _TWO), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
# Prices in a hundredth of a currency: what venues quote and people type.
SUBUNITS: Final = {
    "GBX": ("GBP", Decimal("0.01")),
    "ZAC": ("ZAR", Decimal("0.01")),
    "ILA": ("ILS", Decimal("0.01")),
}
# Coins and other codes outside ISO 4217 are shown with eight decimals, the satoshi's.
OTHER_PLACES: Final = 8
_WIDE: Final = Context(prec=200)
# numeric(38,18): twenty digits before the point, eighteen after it.
_DIGITS_BEFORE: Final = 20
_DIGITS_AFTER: Final = 18
_AMBIGUOUS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


def minor_units(currency: str) -> int:
    """Return how many decimals amounts of a currency have: 2 for EUR, 0 for JPY, 8 for a coin."""
    return MINOR_UNITS.get(currency, OTHER_PLACES)


def round_amount(amount: Decimal, places: int) -> Decimal:
    """Round half-up (away from zero) to `places` decimals."""
    return amount.quantize(_unit(places), rounding=ROUND_HALF_UP, context=_WIDE)


def round_parts(parts: Sequence[Decimal], places: int, total: Decimal | None = None) -> list[Decimal]:
    """Round parts to `places` decimals so that they add up to the rounded `total`.

    Each part ends at its floor or one unit above; the units that are left go to the largest
    remainders, of equal ones to the first. `total` (default: the sum of the parts) is rounded half-up
    and may differ from the sum by the roundings of what it was made of; then the parts with the
    largest remainders take more than one unit, in turn.

    Raises:
        ValueError: there are no parts to carry a total that is not zero.
    """
    with localcontext(_WIDE):
        unit = _unit(places)
        floors = [part.quantize(unit, rounding=ROUND_FLOOR) for part in parts]
        target = round_amount(sum(parts, Decimal(0)) if total is None else total, places)
        units = int((target - sum(floors, Decimal(0))) / unit)
        if not parts:
            if units:
                msg = "a total that is not zero needs parts"
                raise ValueError(msg)
            return []
        order = sorted(range(len(parts)), key=lambda at: floors[at] - parts[at])
        every, extra = divmod(units, len(parts))
        for rank, at in enumerate(order):
            floors[at] += unit * (every + (rank < extra))
        return floors


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the major unit of a currency (ISO 4217, or a coin's code); exact, positive or negative."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        """Add money of the same currency.

        Raises:
            ValueError: the currencies differ.
        """
        return Money(_WIDE.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract money of the same currency.

        Raises:
            ValueError: the currencies differ.
        """
        return Money(_WIDE.subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> Money:
        """Return the opposite amount."""
        return Money(self.amount.copy_negate(), self.currency)

    def rounded(self) -> Money:
        """Round half-up to the currency's minor unit."""
        return Money(round_amount(self.amount, minor_units(self.currency)), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            msg = f"{other.currency} cannot be added to {self.currency}"
            raise ValueError(msg)
        return other.amount


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: 1E+2 is ``100``, 1.50 is ``1.5``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def parse_decimal(text: str, field: str, *, mark: str | None = None) -> Decimal:
    """Read a decimal as people and programs write it: ``1234.5``, ``1,234.50``, ``1.234,50``, ``2e-8``.

    `mark` is the decimal mark where it is known (of a locale, of a file's column); otherwise it is seen
    from the text, and ``1,234``, which can be read both ways, is refused. The number that comes back is
    exact, with at most 20 digits before the point and 18 after it.

    Raises:
        ValidationFailed: `text` is not a number, ambiguous, too large or too fine; it names `field`.
    """
    text = re.sub(r"(?<=\d)[\s'’\u00a0\u202f](?=\d{3}(?!\d))", "", text.strip().replace("−", "-"))
    if mark is None and _AMBIGUOUS.fullmatch(text):
        hint = f"write {text.replace(',', '')} or {text.replace(',', '.')}"
        raise ValidationFailed.of(field, f"{field}: {text} can be read in two ways; {hint}.", "ambiguous")
    ungrouped = _ungrouped(text, mark or _decimal_mark(text))
    if not ungrouped.isascii() or not _DECIMAL.fullmatch(ungrouped):
        raise ValidationFailed.of(field, f"{field}: “{_shown(text)}” is not a number.", "not-a-number")
    number = Decimal(ungrouped)
    if number and number.adjusted() >= _DIGITS_BEFORE:
        raise ValidationFailed.of(field, f"{field}: {_shown(text)} is too large.", "too-large")
    if number != _WIDE.quantize(number, _unit(_DIGITS_AFTER)):
        raise ValidationFailed.of(field, f"{field}: {_shown(text)} has more than 18 decimals.", "too-fine")
    return number


def _decimal_mark(text: str) -> str:
    """Return the mark that separates the fraction: the last one, unless it comes twice."""
    last = "," if text.rfind(",") > text.rfind(".") else "."
    other = "." if last == "," else ","
    return other if text.count(last) > 1 else last


def _ungrouped(text: str, mark: str) -> str:
    """Return the number with a point and without group marks; untouched where the groups are not threes."""
    group = "." if mark == "," else ","
    whole, _, fraction = text.partition(mark)
    if group in whole and not _GROUPED.fullmatch(whole.replace(group, ",")):
        return text
    return whole.replace(group, "") + (f".{fraction}" if fraction else "")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004


def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)
