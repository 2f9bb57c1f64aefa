"""Which source is asked for which instrument, and how much of it now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# What was asked a moment earlier than its interval is asked again: ticks come a little early or late.
SLACK: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """When a source was asked for an instrument, and until when it is known not to have it."""

    at: datetime
    lacking_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """Whether an instrument trades, and when it last stopped (with what a delayed price takes to come)."""

    is_open: bool
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The place of a source in the order for an instrument, and what it was asked so far."""

    source: int
    priority: int
    asked: Asked | None = None


def chosen(orders: Iterable[Order], available: Iterable[int], now: datetime) -> Order | None:
    """Choose the first source that is there and not known to lack the instrument; None: there is none."""
    there = set(available)
    able = [
        one
        for one in orders
        if one.source in there
        and not (one.asked and one.asked.lacking_until and one.asked.lacking_until > now)
    ]
    return min(able, key=lambda one: (one.priority, one.source)) if able else None


def is_due(market: Market, asked: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Tell whether an instrument is to be asked for: its interval is over and it trades, or it has closed."""
    if asked is None:
        return True
    if market.is_open:
        return asked <= now - interval + SLACK
    return market.closed_at is not None and asked < market.closed_at <= now


def slice_of(
    due: Mapping[int, datetime | None], share: timedelta, interval: timedelta, wanted: int, at_once: int
) -> list[int]:
    """Choose what to ask for now, the longest waiting first: the requests are spread over the interval.

    Of `wanted` instruments as many as the time since the last call (`share`) is of the interval; a request
    that takes `at_once` of them is filled.
    """
    count = math.ceil(wanted * min(share / interval, 1.0))
    full = at_once * max(1, math.ceil(count / at_once))
    # what was never asked comes first
    return sorted(due, key=lambda one: (_since(due[one]), one))[:full]


def batches(rows: Sequence[int], at_once: int) -> list[Sequence[int]]:
    """Cut a list into requests."""
    return [rows[start : start + at_once] for start in range(0, len(rows), at_once)]


def _since(asked: datetime | None) -> float:
    return asked.timestamp() if asked else 0.0
