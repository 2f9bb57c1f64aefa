"""A rule as somebody would watch it who looks at everything with every batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from alerts.domain.clauses import (
    OF_DAYS,
    Asked,
    Daily,
    Look,
    Memory,
    Now,
    Seen,
    begin,
    decide,
    look,
    stands,
)
from alerts.domain.conditions import Step
from alerts.domain.history import reference
from alerts.domain.rules import NEEDS, Kind, Looked
from alerts.domain.swings import Extremes
from alerts.selectors.history import bar_happened, rsi_holds
from market.domain.bars import BarRow


class Naive:
    """It fires at `fired`, the numbers of batches. `bars` are of all days, by instrument; days are UTC's."""

    def __init__(
        self,
        joined: str,
        clauses: Sequence[tuple[Asked, int]],
        bars: Mapping[int, Sequence[BarRow]],
        rests: timedelta | None,
        returns: bool,
    ) -> None:
        self.joined, self.clauses, self.bars = joined, clauses, bars
        self.rests, self.returns = rests, returns
        self.fired: list[int] = []
        self.until: datetime | None = None
        self.done = False

    def arm(self, prices: Mapping[int, Decimal], at: datetime) -> None:
        self.seen: list[tuple[int, datetime, Step]] = []
        self.days = [at.date()] * len(self.clauses)
        self.memories = [
            begin(asked, prices.get(key), at, self.daily(asked, key, at.date(), None))
            for asked, key in self.clauses
        ]
        if self.fired and self.returns:
            held = [
                asked.is_state and one.holds
                for (asked, _key), one in zip(self.clauses, self.memories, strict=True)
            ]
            if self.joined == "all":
                held = [all(held)] * len(held)
            self.memories = [
                replace(one, spent=spent) for one, spent in zip(self.memories, held, strict=True)
            ]

    def batch(self, seq: int, at: datetime, steps: Mapping[int, Step], before: Mapping[int, Decimal]) -> None:
        if self.until is not None and self.until <= at:
            self.until = None
            self.arm(before, at)
        if self.done or self.until is not None:
            return
        if any(key in steps for _asked, key in self.clauses):
            self.look(seq, at, steps)
        self.seen += [(key, at, step) for key, step in steps.items()]

    def look(self, seq: int, at: datetime, steps: Mapping[int, Step]) -> None:
        looks = [self.one(place, at, steps) for place in range(len(self.clauses))]
        decision = decide(
            self.joined,
            [
                Seen(asked.is_state, memory.spent, found.verdict)
                for (asked, _key), memory, found in zip(self.clauses, self.memories, looks, strict=True)
            ],
        )
        self.memories = [
            replace(found.memory, spent=spent) for found, spent in zip(looks, decision.spent, strict=True)
        ]
        if decision.fires:
            self.fired.append(seq)
            self.done = self.rests is None
            self.until = None if self.rests is None else at + self.rests

    def one(self, place: int, at: datetime, steps: Mapping[int, Step]) -> Look:
        (asked, key), memory = self.clauses[place], self.memories[place]
        now = Now(at, None, self.window(asked, key, memory, at))
        if key not in steps:
            return stands(asked, memory, now)
        if self.days[place] != at.date():
            self.days[place] = at.date()
            now = now._replace(daily=self.daily(asked, key, at.date(), memory.bar))
        return look(asked, memory, steps[key], now)

    def window(self, asked: Asked, key: int, memory: Memory, at: datetime) -> Extremes | None:
        minute = at.replace(second=0, microsecond=0)
        if memory.since is None or asked.minutes is None:
            return None
        kept = [
            step
            for other, when, step in self.seen
            if other == key
            and when.replace(second=0, microsecond=0) > memory.since
            and when.replace(second=0, microsecond=0) >= minute - timedelta(minutes=asked.minutes)
        ]
        if not kept:
            return None
        return Extremes(min(one.low for one in kept), max(one.high for one in kept))

    def daily(self, asked: Asked, key: int, day: date, since: date | None) -> Daily | None:
        bars = [bar for bar in self.bars[key] if bar.day < day]
        if asked.kind in OF_DAYS:
            return Daily(reference(asked.kind, bars, day, asked.days))
        if NEEDS[asked.kind].looked is not Looked.BAR:
            return None
        last = bars[-1].day if bars else None
        if asked.kind in {Kind.RSI_ABOVE, Kind.RSI_BELOW}:
            return Daily(holds=rsi_holds(asked, [bar.close for bar in bars]), bar=last)
        new = [place + 1 for place, bar in enumerate(bars) if since is not None and bar.day > since]
        return Daily(happened=any(bar_happened(asked, bars[:end]) for end in new), bar=last)
