"""Look at one clause of a rule about an instrument, and at all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from alerts.domain import swings
from alerts.domain.conditions import Step
from alerts.domain.regions import (
    ALWAYS,
    Band,
    Interval,
    Region,
    Verdict,
    band,
    down_from,
    entered,
    state,
    up_from,
)
from alerts.domain.rules import NEEDS, Direction, Kind, Looked
from alerts.domain.swings import Distance, Extremes

_MINUTE: Final = timedelta(minutes=1)
WINDOWS: Final = frozenset({Kind.PERCENT_MINUTES, Kind.AMOUNT_MINUTES})
SWINGS: Final = WINDOWS | {Kind.TRAILING}
PURCHASES: Final = frozenset({Kind.PERCENT_PURCHASE, Kind.AMOUNT_PURCHASE})
_CHANGES: Final = PURCHASES | {Kind.PERCENT_DAYS, Kind.PERCENT_CLOSE, Kind.AMOUNT_DAYS, Kind.AMOUNT_CLOSE}
OF_DAYS: Final = _CHANGES | {Kind.HIGH_OF_DAYS, Kind.LOW_OF_DAYS, Kind.AVERAGE_CROSSED}
OURS: Final = frozenset(kind for kind, need in NEEDS.items() if need.looked in {Looked.MOVE, Looked.BAR})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a clause says; prices in quote units."""

    kind: Kind
    direction: str = ""
    level: Decimal | None = None
    upper: Decimal | None = None
    percent: Decimal | None = None
    minutes: int | None = None
    days: int | None = None
    slow_days: int | None = None

    @property
    def is_state(self) -> bool:
        """Whether it is so for a while, rather than in a moment."""
        return NEEDS[self.kind].is_state

    @property
    def far(self) -> Distance:
        """How far a change is."""
        return Distance(self.percent, self.level)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a clause knows from when it was last looked at; prices in quote units.

    `holds`: it was so. `spent`: it was told, and has to stop being so first. `was`: the price was in each of
    the places whose entering is meant. `reference` is the price that is compared with. `low` and `high` are
    the extremes since it was armed, or of the minute `since` in which it was. `bar` is the last day that was
    looked at, `price` where its instrument stood. `revision` counts the changes of what it was told of days.
    """

    holds: bool = False
    spent: bool = False
    was: tuple[bool, ...] | None = None
    reference: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    since: datetime | None = None
    bar: date | None = None
    price: Decimal | None = None
    revision: int | None = None

    @property
    def extremes(self) -> Extremes | None:
        """The lowest and highest price that it knows of itself."""
        return None if self.low is None or self.high is None else Extremes(self.low, self.high)

    def stored(self) -> dict[str, Any]:
        """Write it as JSON, but for `holds`."""
        texts = {name: getattr(self, name) for name in ("reference", "low", "high", "price")}
        found: dict[str, Any] = {name: f"{one:f}" for name, one in texts.items() if one is not None}
        if self.spent:
            found["spent"] = True
        if self.was is not None:
            found["was"] = list(self.was)
        if self.since is not None:
            found["since"] = self.since.isoformat()
        if self.revision is not None:
            found["revision"] = self.revision
        return found | ({"bar": self.bar.isoformat()} if self.bar else {})

    @classmethod
    def read(cls, found: dict[str, Any], *, holds: bool) -> Memory:
        """Read it back."""
        prices = {
            name: Decimal(found[name]) for name in ("reference", "low", "high", "price") if name in found
        }
        return cls(
            holds=holds,
            spent=bool(found.get("spent")),
            was=tuple(found["was"]) if "was" in found else None,
            since=datetime.fromisoformat(found["since"]) if "since" in found else None,
            bar=date.fromisoformat(found["bar"]) if "bar" in found else None,
            revision=found.get("revision"),
            **prices,
        )


class Daily(NamedTuple):
    """What the bars of the days that are over say to a clause.

    The price it compares with; or, of one that looks at bars: whether it is so now, whether it came to pass
    with a bar that is new, and the last day there is.
    """

    reference: Decimal | None = None
    holds: bool = False
    happened: bool = False
    bar: date | None = None
    revision: int | None = None


class Now(NamedTuple):
    """When a clause is looked at, and what is known then.

    `daily` is new; None: what the clause knows still counts. `window` are the extremes of the minutes that
    count and came after that of its arming, if any.
    """

    at: datetime
    daily: Daily | None = None
    window: Extremes | None = None


class Look(NamedTuple):
    """What a look at a clause found."""

    verdict: Verdict
    memory: Memory


def regions(asked: Asked, reference: Decimal | None) -> tuple[Region, ...]:
    """Tell where the price has to be, or to come to; nowhere without what it is compared with."""
    if asked.kind in OF_DAYS and reference is None:
        return ()
    at = reference if asked.kind in OF_DAYS else asked.level
    if at is None:
        return ()
    return _of_reference(asked, at) if asked.kind in OF_DAYS else _of_level(asked, at)


def _of_level(asked: Asked, level: Decimal) -> tuple[Region, ...]:
    over, under = Region((up_from(level),)), Region((down_from(level),))
    upper = asked.upper
    if asked.kind in {Kind.INSIDE, Kind.ENTERS}:
        return (Region((Interval(level, upper),)),)
    if asked.kind is Kind.LEAVES and upper is not None:
        return (Region((down_from(level, is_open=True), up_from(upper, is_open=True))),)
    if asked.kind is Kind.CROSSES:
        return over, under
    return (over,) if asked.kind in {Kind.ABOVE, Kind.CROSSES_UP} else (under,)


def _of_reference(asked: Asked, at: Decimal) -> tuple[Region, ...]:
    if asked.kind is Kind.HIGH_OF_DAYS:
        return (Region((up_from(at, is_open=True),)),)
    if asked.kind is Kind.LOW_OF_DAYS:
        return (Region((down_from(at, is_open=True),)),)
    crossed = asked.kind is Kind.AVERAGE_CROSSED
    parts = []
    if asked.direction != Direction.DOWN:
        parts.append(up_from(at if crossed else asked.far.over(at)))
    if asked.direction != Direction.UP:
        parts.append(down_from(at if crossed else asked.far.under(at)))
    # a price that jumps from far over to far under crosses, but has been far off all the while
    return tuple(Region((one,)) for one in parts) if crossed else (Region(tuple(parts)),)


def begin(asked: Asked, price: Decimal | None, at: datetime, daily: Daily | None) -> Memory:
    """Make what a clause knows when it is armed: the price of then, None: there is none yet."""
    memory = Memory(price=price)
    if daily is not None:
        memory = replace(memory, reference=daily.reference, bar=daily.bar, revision=daily.revision)
        memory = replace(memory, holds=daily.holds)
    if asked.kind in SWINGS:
        since = at.replace(second=0, microsecond=0) if asked.kind in WINDOWS else None
        return replace(memory, low=price, high=price, since=since)
    if NEEDS[asked.kind].looked is Looked.BAR or price is None:
        return memory
    found = regions(asked, memory.reference)
    if asked.is_state:
        return replace(memory, holds=any(one.has(price) for one in found))
    return replace(memory, was=tuple(one.has(price) for one in found))


def look(asked: Asked, memory: Memory, step: Step, now: Now) -> Look:
    """Hold a move against a clause; the window ends before the move."""
    if now.daily is not None:
        memory = replace(memory, reference=now.daily.reference, revision=now.daily.revision)
    if NEEDS[asked.kind].looked is Looked.BAR:
        return _bar(asked, memory, step, now.daily)
    if asked.kind in SWINGS:
        return _swing(asked, memory, step, now)
    found = regions(asked, memory.reference)
    if asked.is_state:
        # of a day that begins, what held until now is no matter
        verdict = state(found[0], step) if found else Verdict(False, False, True)
        return Look(verdict, replace(memory, holds=verdict.holds, price=step.price))
    before = memory.was
    if before is None or len(before) != len(found):
        # a price that is compared with came up only now
        before = None if step.previous is None else tuple(one.has(step.previous) for one in found)
    happened = any(
        entered(one, step, was=None if before is None else before[place]) for place, one in enumerate(found)
    )
    was = tuple(one.has(step.price) for one in found)
    return Look(Verdict(happened, False, True), replace(memory, was=was, price=step.price))


def _bar(asked: Asked, memory: Memory, step: Step, daily: Daily | None) -> Look:
    before = memory.holds
    holds = before if daily is None else daily.holds
    happened = holds if asked.is_state else daily is not None and daily.happened
    bar = memory.bar if daily is None else daily.bar
    verdict = Verdict(happened, holds, not (holds and before), before)
    return Look(verdict, replace(memory, holds=holds, bar=bar, price=step.price))


def counts(asked: Asked, memory: Memory, at: datetime) -> bool:
    """Tell whether the minute in which a clause was armed is within the minutes that count at an instant."""
    if memory.since is None or asked.minutes is None:
        return True
    return at - memory.since < (asked.minutes + 1) * _MINUTE


def _swing(asked: Asked, memory: Memory, step: Step, now: Now) -> Look:
    verdict = swings.judge(asked.direction, asked.far, _before(asked, memory, now), step)
    memory = replace(memory, holds=verdict.holds, price=step.price)
    if memory.since is None or now.at - memory.since < _MINUTE:
        known = swings.after(memory.extremes, step)
        memory = replace(memory, low=known.low, high=known.high)
    return Look(verdict, memory)


def stands(asked: Asked, memory: Memory, now: Now) -> Look:
    """Look at a clause whose instrument did not move: minutes that went by may have ended what was so."""
    holds = memory.holds
    if asked.kind in WINDOWS and holds and memory.price is not None:
        still = Step(memory.price, memory.price, memory.price, memory.price)
        holds = swings.judge(asked.direction, asked.far, _before(asked, memory, now), still).holds
    return Look(Verdict(False, holds, not holds, memory.holds), replace(memory, holds=holds))


def next_band(asked: Asked, memory: Memory, now: Now) -> Band:
    """Tell between which prices nothing about a clause changes; the window includes the last move."""
    if memory.price is None:
        return ALWAYS
    if NEEDS[asked.kind].looked is Looked.BAR:
        return Band(None, None)
    if asked.kind not in SWINGS:
        return band(regions(asked, memory.reference), memory.price)
    here = Extremes(memory.price, memory.price)
    known = swings.joined(_before(asked, memory, now), here) or here
    if asked.kind is Kind.TRAILING and memory.holds:
        down = asked.direction == Direction.DOWN
        return Band(None, asked.far.under(known.high)) if down else Band(asked.far.over(known.low), None)
    if memory.holds and memory.since is not None and now.at - memory.since < _MINUTE:
        return ALWAYS  # of this minute, it alone knows the extremes
    return swings.band(asked.direction, asked.far, known, memory.price, holds=memory.holds)


def looked_at_next(asked: Asked, memory: Memory, at: datetime) -> datetime | None:
    """Tell when a clause about minutes that holds is to be looked at: a minute may take what it holds by."""
    if asked.kind not in WINDOWS or not memory.holds:
        return None
    return at.replace(second=0, microsecond=0) + _MINUTE


def _before(asked: Asked, memory: Memory, now: Now) -> Extremes | None:
    """Join the extremes that count: of the minute in which it was armed, and of those after."""
    return swings.joined(memory.extremes if counts(asked, memory, now.at) else None, now.window)


class Seen(NamedTuple):
    """One clause of a rule as it was just looked at."""

    is_state: bool
    spent: bool
    verdict: Verdict


class Decision(NamedTuple):
    """Whether a rule comes true, and which of its clauses have to stop being so before they count again."""

    fires: bool
    spent: tuple[bool, ...]


def decide(joined: str, seen: Sequence[Seen]) -> Decision:
    """Tell what looks at all clauses of a rule come to.

    "any": one comes true, or came back after it was told. "all": all that are states are so in the end, and
    all that happen in a moment happened; told, it has to have been otherwise meanwhile.
    """
    if joined == "any":
        fires = any(_comes(one) for one in seen)
        return Decision(fires, tuple(one.spent and not one.verdict.lapsed for one in seen))
    true = all(one.verdict.holds if one.is_state else one.verdict.happened for one in seen)
    spent = all(one.spent for one in seen)
    lapsed = any(one.verdict.lapsed for one in seen)
    still = spent and true and not lapsed
    return Decision(true and not still, tuple(still for _one in seen))


def _comes(one: Seen) -> bool:
    if not one.is_state or not one.spent:
        return one.verdict.happened
    returned = one.verdict.happened and not one.verdict.began
    return returned or (one.verdict.lapsed and one.verdict.holds)


def waits_for_any_move(joined: str, seen: Sequence[tuple[bool, bool, bool]]) -> tuple[bool, ...]:
    """Tell of which clauses the very next move counts, whatever it is: what holds already fires then.

    Of each clause: whether it is a state, whether it holds, whether it is spent.
    """
    if joined == "any":
        return tuple(is_state and holds and not spent for is_state, holds, spent in seen)
    now = all(is_state and holds for is_state, holds, _spent in seen)
    return tuple(now and not all(spent for _s, _h, spent in seen) for _one in seen)
