"""Several ledgers as one: their statements and series added up, without what moved between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from portfolios.domain.arrays import Floats, day_number
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.scopes import Crossing
from portfolios.domain.series import ValueSeries
from portfolios.domain.statement import Lines, Rows, Statement

_DUST = 1e-9
_ADDED = ("value", "cash", "inflow", "outflow")


def summed_series(
    parts: Sequence[ValueSeries], first: int, last: int, crossings: Sequence[Crossing]
) -> ValueSeries:
    """Add series of one currency up over the day numbers `first` to `last`, both included.

    A part that begins later is worth nothing before. Its matrices by instrument are not kept: their
    columns differ from part to part.
    """
    length = last - first + 1
    sums = {name: np.zeros(length) for name in _ADDED}
    incomplete, quoted = np.zeros(length, dtype=bool), np.zeros(length, dtype=bool)
    for part in parts:
        begin = int(part.days[0])
        own = slice(max(first - begin, 0), last - begin + 1)
        at = slice(max(begin - first, 0), max(begin - first, 0) + len(part.days[own]))
        for name, total in sums.items():
            total[at] += getattr(part, name)[own]
        incomplete[at] |= part.incomplete[own]
        quoted[at] |= part.quoted[own]
    for one in crossings:
        row = day_number(one.day) - first
        if 0 <= row < length:
            flow, size = sums["inflow" if one.amount > 0 else "outflow"], abs(float(one.amount))
            flow[row] = _less(flow[row], size)
    nothing: Floats = np.zeros((length, 0))
    return ValueSeries(
        days=np.arange(first, last + 1),
        incomplete=incomplete,
        quoted=quoted,
        values=nothing,
        quantities=nothing,
        price_as_of=np.zeros((length, 0), dtype=np.int64),
        **sums,
    )


def _less(total: float, part: float) -> float:
    """Subtract; the dust of floats is nothing."""
    left = total - part
    return 0.0 if abs(left) <= _DUST * part else left


def summed_statement(
    parts: Sequence[Statement], start: date, end: date, crossings: Sequence[Crossing]
) -> Statement:
    """Add statements of one currency and period up; what moved between them is no flow.

    Should the two ends of a move not be worth the same, the difference was earned or lost on the way:
    by a price if units moved, by a rate if money did. So the lines add up for a group too.
    """
    inside = [one for one in crossings if start < one.day <= end]
    crossed = {(one.entry_id, one.amount) for one in inside}
    with exact():
        came = sum((one.amount for one in inside if one.amount > 0), ZERO)
        went = -sum((one.amount for one in inside if one.amount < 0), ZERO)
        by_price = sum((one.amount for one in inside if one.in_kind), ZERO)
        by_rate = came - went - by_price
        lines = Lines(*(_sum(parts, name) for name in Lines.__slots__))
        lines = replace(
            lines,
            realised=lines.realised + by_price,
            currency_effect=lines.currency_effect + by_rate,
            net_flows=lines.net_flows - came + went,
        )
        return Statement(
            start,
            end,
            lines,
            sum((part.currency_of_unrealised for part in parts), ZERO),
            sum((part.currency_of_realised for part in parts), ZERO),
            sum((part.currency_of_cash for part in parts), ZERO) + by_rate,
            sum((part.inflows for part in parts), ZERO) - came,
            sum((part.outflows for part in parts), ZERO) - went,
            tuple(
                flow for part in parts for flow in part.flows if (flow.entry_id, flow.amount) not in crossed
            ),
            Rows(*(_joined(parts, name) for name in Rows.__slots__)),
            tuple(dict.fromkeys(gap for part in parts for gap in part.left_out)),
        )


def _sum(parts: Sequence[Statement], name: str) -> Decimal:
    return sum((getattr(part.lines, name) for part in parts), ZERO)


def _joined(parts: Sequence[Statement], name: str) -> tuple:  # type: ignore[type-arg]  # rows of any kind
    return tuple(row for part in parts for row in getattr(part.rows, name))
