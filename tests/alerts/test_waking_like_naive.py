"""Looking only at what is woken, however late, finds what looking at everything with every batch finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.domain.clauses import Asked
from alerts.domain.conditions import Step
from alerts.domain.rules import NEEDS, Direction, Kind, Looked, Subject
from alerts.models import Alert, Clause, Trigger
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER, evaluate
from core.models import LIVE_WORLD
from market import locks
from market.domain.bars import BarRow
from market.domain.quotes import Move
from market.models import DailyBar, Quote
from market.services.quotes import store
from market.services.quotes.log import hold_cursor
from tests.alerts.naive import Naive
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db

KINDS = sorted(
    kind
    for kind, need in NEEDS.items()
    if need.looked in {Looked.MOVE, Looked.BAR} and need.subject is Subject.INSTRUMENT
)
# the simple ones often, so that all of several are so at once, and are again
OFTEN = [Kind.ABOVE, Kind.BELOW, Kind.INSIDE, Kind.PERCENT_MINUTES] * 4
PRICES = st.integers(8, 12).map(Decimal)
DAYS = 40
EXAMPLES = 30


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    kind = draw(st.sampled_from(KINDS + OFTEN))
    need = NEEDS[kind]
    level = draw(st.integers(9, 11))
    values: dict[str, Any] = {
        "level": Decimal(level if "change" not in kind else draw(st.integers(1, 2))),
        "upper": Decimal(level + draw(st.integers(1, 2))),
        "percent": Decimal(draw(st.sampled_from([10, 20, 50, 60, 120]))),
        "minutes": draw(st.sampled_from([1, 2, 30])),
        "days": draw(st.integers(2, 4)),
        "slow_days": draw(st.integers(5, 6)),
    }
    direction = draw(st.sampled_from(need.directions)) if need.directions else ""
    if direction == Direction.DOWN and "percent" in need.parameters:
        values["percent"] = Decimal(10)
    return Asked(kind, direction, **{name: values[name] for name in need.parameters})


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[int, dict[int, list[Decimal]], bool]]:
    """Draw batches: the seconds that passed, the prices that each instrument goes through, read or not."""
    found = []
    for _ in range(draw(st.integers(2, 9))):
        passed = draw(st.sampled_from([5, 40, 70, 70, 600, 80_000]))
        moving = draw(st.sampled_from([[0], [0], [1], [0, 1]]))
        paths = {place: draw(st.lists(PRICES, min_size=1, max_size=3)) for place in moving}
        found.append((passed, paths, draw(st.booleans())))
    return found


@pytest.fixture
def bars(share, other, traveller) -> dict[int, list[BarRow]]:
    """Give both a month of bars before the day and some after it, with a price of ten."""
    locks.price_log(LIVE_WORLD)
    store.make_partition(NOON.date())
    found = {}
    for place, one in enumerate((share, other)):
        rows = []
        for at in range(DAYS):
            close = Decimal(8 + (at * 7 + place * 3) % 5)
            day = NOON.date() - timedelta(days=DAYS - 10 - at)
            rows.append(BarRow(day, close, None, close + at % 2, close - at % 3, Decimal(100 + at % 4 * 150)))
        DailyBar.objects.bulk_create(
            DailyBar(
                instrument=one, date=row.day, close=row.close, high=row.high, low=row.low,
                volume=row.volume, source="t",
            )
            for row in rows
        )  # fmt: skip
        found[one.pk] = rows
        Quote.objects.create(
            instrument=one, world_id=LIVE_WORLD, price=10, high=10, low=10, as_of=NOON, day=NOON.date(),
            splits_through=NOON.date(), source="t", quality="live",
        )  # fmt: skip
    return found


def told(course: list[tuple[int, dict[int, list[Decimal]], bool]], keys: list[int]) -> Iterator[Any]:
    """Tell of each batch its time, its steps, where prices stood before it, and whether it is read then."""
    at, prices = NOON, dict.fromkeys(keys, Decimal(10))
    for passed, paths, read in course:
        at += timedelta(seconds=passed)
        before, steps = dict(prices), {}
        for place, path in paths.items():
            start, whole = prices[keys[place]], [prices[keys[place]], *path]
            if any(one != start for one in path):
                steps[keys[place]] = Step(start, path[-1], min(whole), max(whole))
                prices[keys[place]] = path[-1]
        if steps:
            yield at, steps, before, read


def append(at: datetime, steps: dict[int, Step]) -> int:
    for key, step in steps.items():
        Quote.objects.filter(instrument=key).update(
            price=step.price, high=max(step.high, 12), low=min(step.low, 8), as_of=at, day=at.date()
        )
    return store.append(LIVE_WORLD, at, [Move(key, *step) for key, step in steps.items()])


class Scene(NamedTuple):
    """A rule, with the places of its instruments, and what happens."""

    joined: str
    clauses: list[tuple[Asked, int]]
    rests: int | None
    returns: bool
    course: list[tuple[int, dict[int, list[Decimal]], bool]]


SCENES = st.builds(
    Scene,
    st.sampled_from(["all", "any"]),
    st.lists(st.tuples(asked(), st.integers(0, 1)), min_size=1, max_size=3),
    st.sampled_from([None, 1, 15]),
    st.booleans(),
    courses(),
)


def made(scene: Scene, owner: Any, keys: list[int]) -> Alert:
    alert = Alert.objects.create(
        owner=owner,
        joined=scene.joined,
        repeats=scene.rests is not None,
        cooldown_minutes=scene.rests or 1,
        rearm="return" if scene.returns else "holds",
    )
    for number, (one, place) in enumerate(scene.clauses):
        values = {name: getattr(one, name) for name in Asked.__slots__}
        Clause.objects.create(alert=alert, number=number, instrument_id=keys[place], **values)
    arm(alert=alert, after=hold_cursor(CONSUMER, LIVE_WORLD), anew=True)
    return alert


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(scene=SCENES)
def test_waking_finds_what_looking_at_everything_finds(ida, bars, scene):
    keys = list(bars)
    rests = None if scene.rests is None else timedelta(minutes=scene.rests)
    clauses = [(one, keys[place]) for one, place in scene.clauses]
    naive = Naive(scene.joined, clauses, bars, rests, returns=scene.returns)
    with transaction.atomic():
        alert = made(scene, ida, keys)
        naive.arm(dict.fromkeys(keys, Decimal(10)), NOON)
        for at, steps, before, read in told(scene.course, keys):
            naive.batch(append(at, steps), at, steps, before)
            if read:
                evaluate(world_id=LIVE_WORLD)
        evaluate(world_id=LIVE_WORLD)
        found = list(Trigger.objects.filter(alert=alert).order_by("number").values_list("seq", flat=True))
        transaction.set_rollback(True)
    assert found == naive.fired
