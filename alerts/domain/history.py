"""What clauses take from daily bars: closes, extremes, averages, Wilder's RSI, unusual volume.

Bars are of days that are over, ascending, in the units of the day that they are looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from alerts.domain.rules import Direction, Kind
from market.domain.bars import BarRow

RSI_BARS: Final = 250
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)
_BY_DAYS: Final = frozenset({Kind.PERCENT_DAYS, Kind.AMOUNT_DAYS, Kind.HIGH_OF_DAYS, Kind.LOW_OF_DAYS})


def bars_needed(kind: Kind, days: int | None, slow_days: int | None) -> int:
    """Tell how many of the last bars a clause looks at; of several new ones all but the first are more."""
    if kind in {Kind.PERCENT_CLOSE, Kind.AMOUNT_CLOSE}:
        return 1
    if kind in {Kind.RSI_ABOVE, Kind.RSI_BELOW}:
        return RSI_BARS
    if kind is Kind.AVERAGES_CROSSED:
        return (slow_days or 0) + 1
    # a day has at most one bar, so that so many reach back far enough
    return (days or 0) + (1 if kind in _BY_DAYS or kind is Kind.VOLUME_UNUSUAL else 0)


def reference(kind: Kind, bars: Sequence[BarRow], day: date, days: int | None) -> Decimal | None:
    """Tell the price that a clause compares with on a day; None: the bars do not reach back so far."""
    span = days or 0
    if kind in {Kind.PERCENT_CLOSE, Kind.AMOUNT_CLOSE}:
        return bars[-1].close if bars else None
    if kind in {Kind.PERCENT_DAYS, Kind.AMOUNT_DAYS}:
        end = bisect_right(bars, day - timedelta(days=span), key=lambda bar: bar.day)
        return bars[end - 1].close if end else None
    if kind is Kind.AVERAGE_CROSSED:
        return mean([bar.close for bar in bars[-span:]]) if len(bars) >= span else None
    within = bars[bisect_left(bars, day - timedelta(days=span), key=lambda bar: bar.day) :]
    if not within:
        return None
    if kind is Kind.HIGH_OF_DAYS:
        return max(bar.close if bar.high is None else bar.high for bar in within)
    return min(bar.close if bar.low is None else bar.low for bar in within)


def mean(values: Sequence[Decimal]) -> Decimal:
    """Return the mean of some numbers."""
    return sum(values, Decimal(0)) / len(values)


def rsi(closes: Sequence[Decimal], days: int) -> Decimal | None:
    """Return Wilder's relative strength index of the last close, 0 to 100; None with fewer than days + 1.

    The first averages of gains and of losses are plain means of that many changes, each further one
    (days - 1) parts of the last and one of the new. J. Welles Wilder, New Concepts in Technical Trading
    Systems, 1978. Without any change it is 50.
    """
    changes = [after - before for before, after in pairwise(closes)]
    if len(changes) < days:
        return None
    gain = mean([max(one, _NOTHING) for one in changes[:days]])
    loss = mean([max(-one, _NOTHING) for one in changes[:days]])
    kept = days - 1
    for one in changes[days:]:
        gain = (gain * kept + one if one > 0 else gain * kept) / days
        loss = (loss * kept - one if one < 0 else loss * kept) / days
    return _HUNDRED * gain / (gain + loss) if gain + loss else _HUNDRED / 2


def averages_crossed(closes: Sequence[Decimal], fast: int, slow: int, direction: str) -> bool:
    """Tell whether with the last close the fast mean came from under the slow one to it or over, or down."""
    if len(closes) <= slow:
        return False
    before = mean(closes[-fast - 1 : -1]) - mean(closes[-slow - 1 : -1])
    now = mean(closes[-fast:]) - mean(closes[-slow:])
    up, down = before < 0 <= now, before > 0 >= now
    return (up and direction != Direction.DOWN) or (down and direction != Direction.UP)


def is_unusual(volumes: Sequence[Decimal | None], days: int, percent: Decimal) -> bool:
    """Tell whether the last volume is at least so many per cent of the mean of that many before it."""
    last, before = volumes[-1], [one for one in volumes[-days - 1 : -1] if one is not None]
    if last is None or len(before) < days:
        return False
    usual = mean(before)
    return usual > 0 and last * _HUNDRED >= usual * percent
