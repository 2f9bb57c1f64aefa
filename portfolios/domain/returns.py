"""Returns: time-weighted day by day, money-weighted (XIRR), simple; docs/algorithms/returns.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

import numpy as np
import pyxirr

from portfolios.domain.arrays import Bools, Floats
from portfolios.domain.reasons import Figure, Reason

Number = TypeVar("Number", Decimal, float)
DAYS_PER_YEAR = 365
# Below this share of the largest sum so far, a denominator is float dust and not money.
_DUST = 1e-12
# |NPV| of a root, relative to the money that moved.
_ROOT = 1e-9
_STEPS = 30
# Where several roots are looked for: annual rates, dense around zero.
_GRID = np.concatenate(
    [np.linspace(-0.999, -0.5, 60), np.linspace(-0.49, 1.0, 150), np.geomspace(1.02, 1e4, 120)]
)


@dataclass(frozen=True, slots=True)
class Returns:
    """Daily time-weighted returns, as fractions; shape (days,). The first is 0: the opening value.

    `unfounded`: days on which value appeared although nothing was invested; their return is 0.
    `negative`: days that began with less than nothing; no return is defined from there on.
    """

    daily: Floats
    unfounded: Bools
    negative: Bools


def daily_returns(value: Floats, inflow: Floats, outflow: Floats) -> Returns:
    """Return ``(V[d] + out[d]) / (V[d-1] + in[d]) - 1``.

    Money comes at the start of a day and leaves at its end. `value` is of the end of each day, flows
    are positive, all in one currency; shapes (days,). Source: the rule of Portfolio Performance.
    """
    daily = np.zeros(len(value))
    unfounded, negative = np.zeros(len(value), dtype=bool), np.zeros(len(value), dtype=bool)
    if len(value) > 1:
        begin = value[:-1] + inflow[1:]
        end = value[1:] + outflow[1:]
        dust = _DUST * np.maximum.accumulate(np.abs(value[:-1]) + inflow[1:] + np.abs(end))
        invested = begin > dust
        daily[1:] = np.divide(end, begin, out=np.ones(len(begin)), where=invested) - 1.0
        negative[1:] = begin < -dust
        unfounded[1:] = ~invested & ~negative[1:] & (np.abs(end) > dust)
    return Returns(daily, unfounded, negative)


def linked(daily: Floats) -> Floats:
    """Return cumulative returns, ``Π(1 + r) - 1`` up to each day; a missing (NaN) return counts as 0."""
    growth = np.cumprod(1.0 + np.nan_to_num(daily), dtype=np.float64)
    return growth - 1.0


def time_weighted(returns: Returns) -> Figure[float]:
    """Return the time-weighted return of the whole series, as a fraction."""
    if returns.negative.any():
        return Figure(None, Reason.NEGATIVE_VALUE)
    if len(returns.daily) < 2:  # noqa: PLR2004
        return Figure(None, Reason.SHORT_PERIOD)
    return Figure(float(linked(returns.daily)[-1]))


class Stretch(NamedTuple):
    """Days without a flow between them, row `start` to row `end`: ``closing / opening - 1 == growth``.

    `opening` has what came in at the start of the first day, `closing` what left at the end of the last.
    """

    start: int
    end: int
    opening: float
    closing: float
    growth: float


def stretches(value: Floats, inflow: Floats, outflow: Floats, cumulative: Floats) -> list[Stretch]:
    """Return what a time-weighted return is linked from: ``Π(1 + growth) - 1``; shapes (days,)."""
    last = len(value) - 1
    ends = (
        {int(at) - 1 for at in np.flatnonzero(inflow)} | {int(at) for at in np.flatnonzero(outflow)} | {last}
    )
    found, start = [], 0
    for end in sorted(one for one in ends if one > 0):
        growth = (
            (1.0 + cumulative[end]) / (1.0 + cumulative[start]) - 1.0 if cumulative[start] > -1.0 else 0.0
        )
        opening, closing = value[start] + inflow[start + 1], value[end] + outflow[end]
        found.append(Stretch(start, end, float(opening), float(closing), float(growth)))
        start = end
    return found


def annualised(total: float, days: int) -> Figure[float]:
    """Return a total return as a rate a year, ``(1 + r)^(365 / days) - 1``; only from one year on."""
    if days < DAYS_PER_YEAR:
        return Figure(None, Reason.SHORT_PERIOD)
    if total <= -1.0:
        return Figure(-1.0) if total == -1.0 else Figure(None, Reason.TOTAL_LOSS)
    return Figure(float((1.0 + total) ** (DAYS_PER_YEAR / days) - 1.0))


def simple(opening: Number, closing: Number, net_flows: Number) -> Figure[Number]:
    """Return the gain over what was put in, ``(closing - opening - flows) / (opening + flows)``."""
    invested = opening + net_flows
    if invested <= 0:
        return Figure(None, Reason.NEGATIVE_VALUE if invested else Reason.NO_FLOWS)
    return Figure((closing - invested) / invested)


def simple_of_days(value: Floats, inflow: Floats, outflow: Floats) -> Figure[float]:
    """Return the same of daily values, shapes (days,), the first being the opening value.

    `value` is of the end of each day, flows are positive, all in one currency. What remains of flows
    that cancel each other is float dust and no money, however small the currency's unit.
    """
    opening, net = float(value[0]), float((inflow - outflow)[1:].sum())
    moved = abs(opening) + float((inflow + outflow)[1:].sum())
    if abs(opening + net) <= _DUST * moved:
        net = -opening
    return simple(opening, float(value[-1]), net)


def xirr(flows: Sequence[tuple[date, Decimal | float]]) -> Figure[float]:
    """Return the annual rate at which the flows are worth nothing, ``Σ f / (1+r)^(days/365) = 0``.

    Negative is paid in, positive is got back; any order. The root is checked, and is the answer only
    if it is the only one above -100 %.
    """
    dated = [(day, float(amount)) for day, amount in flows if amount]
    if not dated:
        return Figure(None, Reason.NO_FLOWS)
    amounts = np.array([amount for _, amount in dated])
    if not ((amounts > 0).any() and (amounts < 0).any()):
        return Figure(None, Reason.NO_SIGN_CHANGE)
    days = np.array([day.toordinal() for day, _ in dated])
    years = (days - days.min()) / DAYS_PER_YEAR
    if not years.any():
        return Figure(None, Reason.SAME_DAY)
    if _roots(amounts, years) > 1:
        return Figure(None, Reason.SEVERAL_ROOTS)
    found = pyxirr.xirr([day for day, _ in dated], amounts.tolist(), silent=True)
    if found is None or not np.isfinite(found) or found <= -1.0:
        return Figure(None, Reason.NO_CONVERGENCE)
    rate = _polished(float(found), amounts, years)
    return Figure(rate) if _is_root(rate, amounts, years) else Figure(None, Reason.NO_CONVERGENCE)


def _roots(amounts: Floats, years: Floats) -> int:
    """Count the sign changes of the present value over the grid of rates."""
    # a high rate over centuries has no finite value and is left out
    with np.errstate(over="ignore", divide="ignore"):
        present = (amounts / np.power.outer(1.0 + _GRID, years)).sum(axis=1)
    signs = np.sign(present[np.isfinite(present)])
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def _polished(rate: float, amounts: Floats, years: Floats) -> float:
    """Take steps of Newton while they lead nearer to nothing.

    The solver stops at a billionth, which years of compounding enlarge, and beside a double root far off.
    """
    for _ in range(_STEPS):
        discounted = amounts / (1.0 + rate) ** years
        slope = float((years * discounted).sum()) / (1.0 + rate)
        better = rate + float(discounted.sum()) / slope if slope else rate
        if better <= -1.0 or abs((amounts / (1.0 + better) ** years).sum()) >= abs(discounted.sum()):
            break
        rate = better
    return rate


def _is_root(rate: float, amounts: Floats, years: Floats) -> bool:
    discounted = amounts / (1.0 + rate) ** years
    return bool(abs(discounted.sum()) <= _ROOT * np.abs(discounted).sum())
