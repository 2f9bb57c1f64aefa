"""Budgets: at most so many of something in a window of time, counted for all processes together.

A count is one atomic increment in the shared cache, so that two processes cannot both take
the last place. Windows begin at multiples of their length, so everybody agrees on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache

from core import clock, metrics

UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86_400, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `count` within a window of `seconds`."""

    name: str
    count: int
    seconds: int

    @classmethod
    def parse(cls, name: str, text: str) -> Budget:
        """Read ``600/min``; the unit is one of `UNITS`.

        Raises:
            ValueError: it says something else.
        """
        count, _, unit = text.partition("/")
        if not count.strip().isdecimal() or int(count) < 1 or unit.strip() not in UNITS:
            raise ValueError(f'{name}: "{text}" is no rate; write one such as 600/min')
        return cls(name, int(count), UNITS[unit.strip()])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a budget says to one more: allowed or not, how many are left, and when it begins anew."""

    budget: Budget
    allowed: bool
    remaining: int
    reset: int


def spend(budget: Budget, *who: str) -> Verdict:
    """Count one more for somebody, who is named by the parts of a key."""
    now = int(clock.now().timestamp())
    key = ":".join(("budget", budget.name, str(now // budget.seconds), *who))
    cache.add(key, 0, budget.seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # the cache dropped the counter between the two calls
        cache.set(key, 1, budget.seconds)
        count = 1
    if getattr(cache, "is_down", False):
        metrics.throttle_failures.inc()
    reset = budget.seconds - now % budget.seconds
    return Verdict(budget, count <= budget.count, max(0, budget.count - count), reset)
